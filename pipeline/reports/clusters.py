"""The evidence page of a week's clusters: where the posts went, what the clusters are about, why."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.domain.clusters import Cluster, ClusterMeasurements
from pipeline.domain.verdict import Verdict, panel_conclusion
from pipeline.evaluation.clusters import Move, counts
from pipeline.reports.figures import CANDIDATE, CHAMPION, LIMIT, drawn
from pipeline.reports.page import Figure, Row, Table, render, verdict_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN_MOVES = 40
SHOWN_WORDS = 8


def write(
    folder: Path,
    *,
    title: str,
    facts: Mapping[str, str],
    measured: ClusterMeasurements,
    clusters: Sequence[Cluster],
    moved: Sequence[Move],
    verdicts: Sequence[Verdict],
) -> tuple[Figure, ...]:
    """Write page, verdicts, measurements, clusters, moves and pictures of a week's clusters."""
    figures = [sizes(measured, clusters)]
    if measured.flows:
        figures.insert(0, flows(measured, clusters))
    kept = f"{measured.kept / measured.common:.1%}" if measured.common else "none to compare"
    page = render(
        title=title,
        lead=f"{measured.posts:,} posts in {len(clusters)} clusters; kept their cluster: {kept}.",
        conclusion=panel_conclusion(verdicts),
        facts=facts,
        tables=[
            verdict_table("Offline gates", verdicts),
            _clusters(measured, clusters),
            _moves(moved),
        ],
        figures=figures,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evidence.html").write_text(page)
    for figure in figures:
        (folder / f"{figure.name}.png").write_bytes(figure.png)
    bodies = {
        "verdicts.json": [verdict.to_dict() for verdict in verdicts],
        "measurements.json": measured.to_dict(),
        "moves.json": [move._asdict() for move in moved],
    }
    for name, body in bodies.items():
        (folder / name).write_text(json.dumps(body, indent=1, sort_keys=True))
    return tuple(figures)


def flows(m: ClusterMeasurements, clusters: Sequence[Cluster]) -> Figure:
    """Last week's clusters on the left, this week's on the right, bands for the posts between."""
    left = sorted({before for before, _, _ in m.flows})
    right = [cluster.id for cluster in clusters]
    names = {cluster.id: cluster.name for cluster in clusters}
    total = sum(posts for _, _, posts in m.flows)
    gap = 0.01 * total

    def draw(axes: "Axes") -> None:
        tops = []
        for side, ids in ((0, left), (1, right)):
            at, top = 0.0, {}
            for number in ids:
                held = sum(n for *ends, n in m.flows if ends[side] == number)
                top[number] = at
                axes.plot([side, side], [at, at + held], color="black", linewidth=3)
                word = (
                    f"{number}  {names.get(number, 'gone')}"
                    if side or number not in right
                    else f"{number}"
                )
                axes.text(
                    side + (0.02 if side else -0.02), at + held / 2, word, fontsize=7,
                    ha="left" if side else "right", va="center",
                )  # fmt: skip
                at += held + gap
            tops.append(top)
        for before, after, posts in m.flows:
            a, b = tops[0][before], tops[1][after]
            colour = CHAMPION if before == after else (CANDIDATE if after in m.born else LIMIT)
            axes.fill_between([0, 1], [a, b], [a + posts, b + posts], color=colour, alpha=0.45)
            tops[0][before], tops[1][after] = a + posts, b + posts
        axes.invert_yaxis()
        axes.set_axis_off()
        axes.set_xlim(-0.1, 1.5)

    caption = (
        f"{m.kept} of {m.common} posts kept their cluster (grey); blue went to clusters that were "
        "born, red to others."
    )
    return drawn("transition", caption, draw, (8, 6))


def sizes(m: ClusterMeasurements, clusters: Sequence[Cluster]) -> Figure:
    """Posts of each cluster; newborn ones stand out."""

    def draw(axes: "Axes") -> None:
        new = {*m.born, *m.split_off}
        colours = [CANDIDATE if cluster.id in new else CHAMPION for cluster in clusters]
        words = [f"{cluster.id}  {cluster.name}" for cluster in clusters]
        axes.barh(range(len(clusters)), [cluster.posts for cluster in clusters], color=colours)
        axes.set_yticks(range(len(clusters)), words, fontsize=7)
        axes.invert_yaxis()
        axes.set_xlabel("posts in the window")

    return drawn("sizes", "Posts of each cluster; blue ones are new this week.", draw, (8, 5))


def _clusters(m: ClusterMeasurements, clusters: Sequence[Cluster]) -> Table:
    rows = []
    for cluster in sorted(clusters, key=lambda c: -c.posts):
        split = f"split off from {cluster.parent}" if cluster.id in m.split_off else "known"
        word = "born" if cluster.id in m.born else split
        terms = ", ".join(term for term, _ in cluster.terms[:SHOWN_WORDS])
        since = f"{cluster.posts} posts, since {cluster.born}"
        rows.append(Row(f"{cluster.id}: {cluster.name}", word, terms, (since,)))
    gone = [Row(str(i), "merged", "its posts went to a neighbour") for i in m.merged]
    gone += [Row(str(i), "retired", "too small, or no new posts") for i in m.retired]
    return Table("Clusters", "cluster", tuple(rows + gone))


def _moves(moved: Sequence[Move]) -> Table:
    rows = [Row(why, str(posts), "posts moved for this reason") for why, posts in counts(moved)]
    rows += [
        Row(move.post, f"{move.before} to {move.after}", move.why) for move in moved[:SHOWN_MOVES]
    ]
    return Table("Posts that moved, and why", "post", tuple(rows))
