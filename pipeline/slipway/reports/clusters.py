"""The evidence page of a week's clusters: where the posts went, what the clusters are about, why."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from slipway.domain.cluster import Cluster
from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.domain.in_words import counted
from slipway.domain.verdict import Verdict
from slipway.evaluation.clusters import Move, counts
from slipway.reports import evidence
from slipway.reports.figures import WIDTH, drawn
from slipway.reports.ink import CANDIDATE, CHAMPION, INK, LIMIT
from slipway.reports.page import Figure, Row, Table
from slipway.reports.review.brief import Brief, EffectBeside, Findings
from slipway.reports.review.comparisons import losers_first
from slipway.stats.proportion import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN_MOVES = 20
SHOWN_WORDS = 8

GAP = 0.012
"""Room between two bars of the diagram, as a fraction of all posts."""
LABEL = 0.034
"""Room that a label needs, as a fraction of the diagram."""


def write(
    folder: Path,
    *,
    title: str,
    brief: Brief,
    facts: Mapping[str, str],
    measured: ClusterMeasurements,
    clusters: Sequence[Cluster],
    moved: Sequence[Move],
    names: Mapping[int, str],
    verdicts: Sequence[Verdict],
) -> tuple[Figure, ...]:
    """Write page, verdicts, measurements, clusters, moves and pictures of a week's clusters.

    ``names`` are those of last week's clusters, by id.
    """
    figures = [sizes(measured, clusters)]
    if measured.flows:
        figures.insert(0, flows(measured, clusters, names))
    kept = f"{measured.kept / measured.common:.1%}" if measured.common else "none to compare"
    found = Findings(
        lead=f"{counted(measured.posts, 'post')} in {counted(len(clusters), 'cluster')}; kept their cluster: {kept}.",
        verdicts=verdicts,
        segments=_kept(measured, names, brief.line.policy.alpha),
        figures=figures,
        tables=(_clusters(measured, clusters, names), *_moves(moved)),
        facts=facts,
        untested=(
            "Whether the clusters' names say what is in them: they are made of words alone.",
        ),
        users=_changed(measured),
        hardest=_hardest(measured, names),
        rules="a line of topics has none: how tight fresh fits would be is what it is held against",
    )
    drawn = evidence.write(folder, title, brief, found, measured.to_dict())
    moves = json.dumps([move._asdict() for move in moved], indent=1, sort_keys=True)
    (folder / "moves.json").write_text(moves)
    return drawn


def _kept(
    m: ClusterMeasurements, names: Mapping[int, str], alpha: float
) -> tuple[EffectBeside, ...]:
    """Last week's clusters by the share of their posts that they lose."""
    held, kept = Counter[int](), Counter[int]()
    for before, after, posts in m.flows:
        held[before] += posts
        kept[before] += posts * (before == after)
    found = []
    for number, posts in held.items():
        bounds = wilson(kept[number], posts, alpha)
        share = kept[number] / posts
        name = f"{number}: {names.get(number, 'unnamed')}"
        found.append(EffectBeside(name, "last week's posts", share - 1, bounds.lower - 1, bounds.upper - 1,
                              group="posts kept by", rows=posts))  # fmt: skip
    return losers_first(found)


def _hardest(m: ClusterMeasurements, names: Mapping[int, str]) -> str:
    """The cluster of last week that most posts left; "" where none left."""
    left, held = Counter[int](), Counter[int]()
    for before, after, posts in m.flows:
        held[before] += posts
        left[before] += posts * (before != after)
    if not any(left.values()):
        return ""
    number, gone = max(left.items(), key=lambda item: (item[1], -item[0]))
    name = f"“{number}: {names.get(number, 'unnamed')}”"
    return (
        f"cluster {name}, of whose {counted(held[number], 'post')} {gone} are found in another one"
    )


def _changed(m: ClusterMeasurements) -> str:
    if not m.common:
        return "There are no clusters of last week to compare with: everything is new."
    new, gone = len(m.born) + len(m.split_off), len(m.merged) + len(m.retired)
    return (
        f"Of {m.common:,} posts of last week {1 - m.kept / m.common:.1%} are found in another cluster; "
        f"{counted(new, 'cluster')} came, {counted(gone, 'cluster')} went."
    )


def flows(m: ClusterMeasurements, clusters: Sequence[Cluster], names: Mapping[int, str]) -> Figure:
    """Last week's clusters on the left, this week's on the right, bands for the posts between."""
    now = {cluster.id: cluster.name for cluster in clusters}
    came = max(*names, *now) + 1  # stands below all clusters
    bands = [*sorted(m.flows), *_arrivals(m, came)]
    sides = (sorted({before for before, _, _ in bands}), sorted(now))
    fresh = {*m.born, *m.split_off}
    texts = (
        {i: _label(i, name) for i, name in names.items()} | {came: "came this week"},
        {i: _label(i, name) + " (new)" * (i in fresh) for i, name in now.items()},
    )

    def draw(axes: "Axes") -> None:
        tops = [_bars(axes, bands, side, ids) for side, ids in enumerate(sides)]
        for side, (ids, words) in enumerate(zip(sides, texts, strict=True)):
            _labels(axes, side, {i: sum(tops[side][i]) / 2 for i in ids}, words, m.posts)
        at = [{i: top for i, (top, _) in side.items()} for side in tops]
        for before, after, posts in bands:
            a, b = at[0][before], at[1][after]
            colour, solid = _colour(before, after, came, fresh)
            x, bend = _bend(a, b)
            axes.fill_between(x, bend, bend + posts, color=colour, alpha=solid, linewidth=0)
            at[0][before], at[1][after] = a + posts, b + posts
        axes.invert_yaxis()
        axes.set_axis_off()
        axes.set_xlim(-0.75, 1.75)

    caption = (
        f"{m.kept} of {m.common} posts kept their cluster (grey); blue went to clusters that are "
        "new, red to others; posts that came this week are pale. Left: last week's clusters; right: "
        "this week's."
    )
    return drawn("transition", caption, draw, (WIDTH + 1, max(4.0, 0.36 * max(map(len, sides)))))


def _arrivals(m: ClusterMeasurements, came: int) -> list[tuple[int, int, int]]:
    """Bands of the posts that came this week, from the bar ``came``."""
    known = Counter[int]()
    for _, after, posts in m.flows:
        known[after] += posts
    found = [(came, int(i), size - known[int(i)]) for i, size in m.sizes.items()]
    return sorted(band for band in found if band[-1])


def _colour(before: int, after: int, came: int, fresh: set[int]) -> tuple[str, float]:
    """A band's colour and how solid it is."""
    if before == came:
        return CHAMPION, 0.15
    if before == after:
        return CHAMPION, 0.4
    return (CANDIDATE if after in fresh else LIMIT), 0.75


def _bars(
    axes: "Axes", bands: Sequence[tuple[int, int, int]], side: int, ids: Sequence[int]
) -> dict[int, tuple[float, float]]:
    """Draw the clusters of one side as bars; top and bottom of each."""
    at, found = 0.0, {}
    for number in ids:
        held = sum(n for *ends, n in bands if ends[side] == number)
        axes.plot([side, side], [at, at + held], color=INK, linewidth=3, solid_capstyle="butt")
        found[number] = (at, at + held)
        at += held + GAP * sum(n for *_, n in bands)
    return found


def _label(number: int, name: str) -> str:
    """A cluster's id with its name, if the pictures' font has all its signs; tables show the others."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties()))
    known = all(font.get_char_index(ord(sign)) for sign in name)
    return f"{number}  {name}" if known else f"{number}"


def _labels(
    axes: "Axes", side: int, middles: Mapping[int, float], words: Mapping[int, str], total: int
) -> None:
    """Write ``words`` beside the bars, far enough apart to be read."""
    least, low = LABEL * total * (1 + GAP * len(middles)), -float("inf")
    x, align = (1.03, "left") if side else (-0.03, "right")
    for number, middle in sorted(middles.items(), key=lambda item: item[1]):
        low = max(middle, low + least)
        axes.text(x, low, words[number], fontsize=8, ha=align, va="center")


def _bend(a: float, b: float) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """A smooth line from height ``a`` on the left to ``b`` on the right."""
    x = np.linspace(0, 1, 40)
    return x, a + (b - a) * x * x * (3 - 2 * x)


def sizes(m: ClusterMeasurements, clusters: Sequence[Cluster]) -> Figure:
    """Posts of each cluster; newborn ones stand out."""

    def draw(axes: "Axes") -> None:
        new = {*m.born, *m.split_off}
        colours = [CANDIDATE if cluster.id in new else CHAMPION for cluster in clusters]
        words = [_label(cluster.id, cluster.name) for cluster in clusters]
        axes.barh(range(len(clusters)), [cluster.posts for cluster in clusters], color=colours)
        axes.set_yticks(range(len(clusters)), words, fontsize=7)
        axes.invert_yaxis()
        axes.set_xlabel("posts in the window")

    caption = "Posts of each cluster; blue ones are new this week."
    return drawn("sizes", caption, draw, (WIDTH, 0.9 + 0.2 * max(4, len(clusters))))


def _clusters(
    m: ClusterMeasurements, clusters: Sequence[Cluster], names: Mapping[int, str]
) -> Table:
    rows = []
    for cluster in sorted(clusters, key=lambda c: -c.posts):
        split = f"split off from {cluster.parent}" if cluster.id in m.split_off else "known"
        word = "born" if cluster.id in m.born else split
        terms = ", ".join(term for term, _ in cluster.terms[:SHOWN_WORDS])
        rows.append(Row(f"{cluster.id}: {cluster.name}", word, terms, _past(m, cluster, names)))
    ends = {
        "merged": (m.merged, "its posts went to a neighbour"),
        "retired": (m.retired, "too small, or no new posts"),
    }
    gone = [Row(f"{i}: {names[i]}", word, said) for word, (ids, said) in ends.items() for i in ids]
    return Table("Clusters", "cluster", tuple(rows + gone), last="heaviest words")


def _past(m: ClusterMeasurements, cluster: Cluster, names: Mapping[int, str]) -> tuple[str, ...]:
    """Size, age and kept share of a cluster, and its name of last week where that was another."""
    held = sum(posts for before, _, posts in m.flows if before == cluster.id)
    kept = sum(posts for *ends, posts in m.flows if ends == [cluster.id] * 2)
    share = f"; kept {kept} of last week's {held} posts ({kept / held:.0%})" if held else ""
    said = f"{counted(cluster.posts, 'post')}, since {cluster.born}{share}"
    was = names.get(cluster.id, cluster.name)
    return (said,) if was == cluster.name else (said, f"last week it was called: {was}")


def _moves(moved: Sequence[Move]) -> tuple[Table, ...]:
    share = [Row(why, str(posts), f"{posts / len(moved):.0%}") for why, posts in counts(moved)]
    rows = [
        Row(move.post, f"{move.before} to {move.after}", move.why, (move.said,))
        for move in moved[:SHOWN_MOVES]
    ]
    if (more := len(moved) - SHOWN_MOVES) > 0:
        rows.append(Row("more", str(more), "the others are in moves.json"))
    found = Table("Posts that moved, and why", "post", tuple(rows), empty="No post moved.")
    why = Table("Why posts moved", "reason", tuple(share), last="of those that moved")
    return (why, found) if moved else (found,)
