"""What the verdicts compared, turned so that more is better, and sorted so that losers stand first."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from slipway.domain.comparison_id import PRIMARY
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.held_out import Segment
from slipway.domain.line import Line
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.verdict import Evidence, Verdict
from slipway.evidence import comparisons
from slipway.gates import verdict_parts
from slipway.reports.review.brief import HELD_OUT, LIVE, EffectBeside
from slipway.reports.review.words import label, outcome, segment
from slipway.stats import ratio_sums
from slipway.stats.paired import one_sided, with_seeds
from slipway.stats.power import passes_by_now_if_equal, passes_if_equal


class EffectReading(NamedTuple):
    """How the effects of a gate are read: whether more is better, where it was measured, and named how."""

    more_is_better: bool
    where: str
    what: str = ""


_READ: Mapping[str, EffectReading] = {
    "log_loss": EffectReading(False, HELD_OUT, "prediction of {outcome} (log-loss)"),
    "ndcg": EffectReading(True, HELD_OUT, "order of the lists (NDCG)"),
    "offline_loss": EffectReading(False, HELD_OUT, "error of the answers ({name})"),
    "paired_shadow": EffectReading(
        False, "shadow, the same requests", "error of the answers ({name})"
    ),
    "non_inferiority": EffectReading(True, LIVE, "{outcome}"),
    "harm": EffectReading(True, LIVE, "{outcome}"),
    "means": EffectReading(True, LIVE),
}
"""Gates whose effects compare with the champion, the one that says most of an effect first."""


def of_verdicts(
    line: DeclaredLine, verdicts: Sequence[Verdict], floors: Mapping[str, float] | None = None
) -> tuple[EffectBeside, ...]:
    """Effects with bounds against the champion, each once; ``floors`` are noise floors by gate."""
    given = {verdict.gate: verdict for verdict in verdicts}
    found: dict[tuple[str, str], EffectBeside] = {}
    for gate, reading in _READ.items():
        for item in _effects(given.get(gate)):
            one = _compared(line, gate, reading, item, (floors or {}).get(gate))
            found.setdefault((one.what, one.where), one)
    return losers_first(found.values())


def _effects(verdict: Verdict | None) -> Iterator[Evidence]:
    for item in verdict.evidence if verdict else ():
        relative = item.unit in ("relative difference", "relative effect")
        if relative and item.lower is not None and item.upper is not None:
            yield item


def _compared(
    line: DeclaredLine, gate: str, reading: EffectReading, item: Evidence, floor: float | None
) -> EffectBeside:
    name = item.name.removesuffix(" over the champion")
    what = reading.what.format(outcome=outcome(line), name=name) or label(name)
    margin = _margin(line, gate, item)
    lower, upper = _ends(item)
    ends = (lower, upper) if reading.more_is_better else (-upper, -lower)
    effect = item.estimate if reading.more_is_better else -item.estimate
    power = None
    if reading.where == HELD_OUT and margin:
        power = passes_if_equal(effect - ends[0], margin, line.policy.quality_alpha)
    return EffectBeside(what, reading.where, effect, *ends, margin, floor, power)


def _margin(line: DeclaredLine, gate: str, item: Evidence) -> float | None:
    if gate in ("non_inferiority", "harm"):
        return float(line.policy.margin)
    return abs(item.threshold) if item.threshold is not None else None


def of_segments(
    line: Line, segments: Sequence[Segment], seed_spread: float
) -> tuple[EffectBeside, ...]:
    """Held-out segments by name, with the bounds that their gate judges by."""
    filled = [one for one in segments if one.rows]
    alpha, margin = line.policy.quality_alpha / max(1, len(filled)), line.policy.segment_margin
    found = []
    for one in filled:
        group, value = segment(line, one.name)
        bounds = one_sided(one.mean, with_seeds(one.se, seed_spread), alpha)
        power = passes_if_equal(bounds.upper - one.mean, margin, alpha)
        ends = -bounds.upper, -bounds.lower
        found.append(
            EffectBeside(value, HELD_OUT, -one.mean, *ends, margin, None, power, group, one.rows)
        )
    return losers_first(found)


def of_live_segments(line: Line, live: LiveMeasurements) -> tuple[EffectBeside, ...]:
    """Live segments by name, with anytime bounds; those without a defined effect are left out."""
    try:
        design_effect = comparisons.design_effect(live)
    except ValueError:
        return ()  # no control user is known yet
    found = []
    for of in comparisons.segments(live):
        seen = comparisons.compared(live, of)
        for item in verdict_parts.effect(of, seen, line.policy, design_effect):
            group, value = segment(line, of.of)
            ends = _ends(item)
            found.append(
                EffectBeside(value, LIVE, item.estimate, *ends, group=group, rows=seen.exposed)
            )
    return losers_first(found)


def with_live_power(
    line: Line, live: LiveMeasurements, found: Sequence[EffectBeside]
) -> tuple[EffectBeside, ...]:
    """The same, with the power of the primary outcome on live traffic."""
    name = outcome(line)
    return tuple(
        one._replace(power=_live_power(live, one))
        if (one.what, one.where) == (name, LIVE) and one.margin
        else one
        for one in found
    )


def _live_power(live: LiveMeasurements, one: EffectBeside) -> float | None:
    """Of its anytime bound at this look; None where nothing is known of how the effect spreads."""
    assert one.margin is not None
    try:
        seen, divisor = comparisons.compared(live), comparisons.design_effect(live)
        variance = divisor / ratio_sums.information(seen.sums, 1 + one.effect)
    except ValueError:
        return None
    ends = math.log1p(one.effect) - math.log1p(one.lower), -math.log1p(-one.margin)
    return passes_by_now_if_equal(ends[0], math.sqrt(variance), ends[1])


def live_outcome(line: Line, live: LiveMeasurements) -> tuple[EffectBeside, ...]:
    """The primary outcome on live traffic, where no verdict has it."""
    try:
        seen, design_effect = comparisons.compared(live), comparisons.design_effect(live)
    except ValueError:
        return ()
    make = partial(EffectBeside, outcome(line), LIVE, margin=line.policy.margin, rows=seen.exposed)
    effects = verdict_parts.effect(PRIMARY, seen, line.policy, design_effect)
    return tuple(make(e.estimate, *_ends(e)) for e in effects)


def _ends(item: Evidence) -> tuple[float, float]:
    """Its bounds; the estimate where it has none."""
    lower = item.estimate if item.lower is None else item.lower
    return lower, item.estimate if item.upper is None else item.upper


def losers_first(found: Iterable[EffectBeside]) -> tuple[EffectBeside, ...]:
    """From the largest loss to the largest gain, each in units of its own margin."""
    return tuple(sorted(found, key=lambda one: one.effect / (one.margin or 1.0)))


def with_rows(found: Sequence[EffectBeside], rows: int) -> tuple[EffectBeside, ...]:
    """The same with the number of rows that all of them were compared on."""
    return tuple(one._replace(rows=rows) if one.where == HELD_OUT else one for one in found)
