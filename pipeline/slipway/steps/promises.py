"""What releases of a line promised, judged at each look of the watch and kept: one file of the line."""

from dataclasses import asdict
from datetime import datetime

from slipway.data import json_file
from slipway.domain.comparison_id import PRIMARY
from slipway.domain.errors import BadInput
from slipway.domain.line import Line
from slipway.domain.live import LiveMeasurements
from slipway.domain.release import LineState, Transition
from slipway.domain.stage import Stage
from slipway.evidence import comparisons
from slipway.gates import verdict_parts
from slipway.monitoring.promises import Promise, PromiseHistory, effect_of, promise_of, seen_on
from slipway.stats.eprocess import Effect
from slipway.steps import context, drift

FILE = "promises.json"
"""Where the promises of a line lie, in its folder of the watch."""


def history(line_name: str) -> PromiseHistory:
    """The promises of a line's releases, the oldest first; none where no watch has looked yet."""
    path = context.folder(line_name, "watch") / FILE
    if not path.is_file():
        return PromiseHistory(())
    return PromiseHistory(tuple(map(Promise.from_dict, json_file.read(path)["promises"])))


def look(
    line: Line,
    live: LiveMeasurements,
    state: LineState,
    past: tuple[Transition, ...],
    now: datetime,
    *,
    returned: bool,
) -> PromiseHistory:
    """Judge the promise of the champion whom ``live`` measures, and keep what was found.

    Raises BadInput where the ledger does not say when the champion was promoted.
    """
    promotion = next(
        (
            t
            for t in reversed(past)
            if t.candidate.version == live.version
            and t.to_stage is Stage.CHAMPION
            and t.candidate.stage_since == live.stage_since
            and t.from_stage is not Stage.CHAMPION
        ),
        None,
    )
    if promotion is None:
        raise BadInput(
            f"promotion of {line.name} version {live.version}",
            found="none in the ledger",
            expected="the row that made it champion",
            next_step="see `slipway ledger verify`",
        )
    known = {(each.version, each.since): each for each in history(line.name).promises}
    made = promise_of(past, promotion, drift.policy_of(line.name).estimate_level)
    own = known.get((made.version, made.since), made)
    over = returned or not state.previous_share
    known[made.version, made.since] = (
        own
        if over and own.days and not live.held_back and not returned
        else seen_on(own, f"{now:%Y-%m-%d}", _effect(line, live), over=over, returned=returned)
    )
    found = PromiseHistory(tuple(known.values()))
    json_file.write(
        context.folder(line.name, "watch") / FILE,
        {"promises": [asdict(each) for each in found.promises]},
    )
    return found


def _effect(line: Line, live: LiveMeasurements) -> Effect | None:
    """Since the promotion, beside the hold-back; None without one: the rules promise nothing of this."""
    if not live.held_back:
        return None
    clicks = comparisons.compared(live)
    if verdict_parts.waiting(PRIMARY.label, live, clicks):
        return None
    design_effect = comparisons.design_effect(live)
    return effect_of(verdict_parts.effect(PRIMARY, clicks, line.policy, design_effect))
