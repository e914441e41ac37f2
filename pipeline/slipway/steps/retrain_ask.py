"""Ask for a retrain where the watch found a reason, and keep what weeks of waiting cost."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from filelock import FileLock

from slipway.data import json_file
from slipway.domain.errors import NotEligible
from slipway.domain.held_out import HeldOutMeasurements
from slipway.domain.run import TrainedRun
from slipway.monitoring.promises import Word
from slipway.monitoring.retrain import DAY, Ask, Fresher, Stale, ask, staleness
from slipway.steps import context, drift
from slipway.steps.promises import history
from slipway.steps.relation import FILE as RELATION
from slipway.steps.relation import RelationReport

ASKS, FRESHER = "retrains.json", "staleness.json"
"""Where the asks of a line lie, and what each week's model was beside its champion; in its folder of the watch."""


class RetrainFacts(NamedTuple):
    """What is known of retrains: the asks, the oldest first, why the last look asked or not, and the curve."""

    asks: tuple[Ask, ...]
    why: str
    curve: tuple[Stale, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is said of it, one line each."""
        told = [f"retrain: {self.why}"] if self.why else []
        told += [f"staleness: {each.words}" for each in self.curve]
        return tuple(told)


def facts(line_name: str) -> RetrainFacts:
    """What was asked for and what waiting costs, as far as anybody looked."""
    raw, weeks = (_read(line_name, file) for file in (ASKS, FRESHER))
    asks = tuple(
        Ask(at, tuple(ids), tuple(words), *look) for at, ids, words, *look in raw.get("asks", ())
    )
    return RetrainFacts(
        asks, raw.get("why", ""), staleness([Fresher(*each) for each in weeks.get("weeks", ())])
    )


def ask_retrain(line_name: str, look: str) -> dict[str, object]:
    """Ask for a retrain, once for each reason: the task's success is the asset event that says so.

    Returns what the event carries: by what, and the interval to train on. The same ``look`` that is tried
    again says the same: a task that died after it wrote the ask down sent no event.

    Raises NotEligible, which skips the task and sends no event, where nothing asks, in the cool-down, and
    where the budget is used.
    """
    now, policy = context.now(), drift.policy_of(line_name)
    newest = context.ledger().state(line_name).newest_interval_end
    past = facts(line_name).asks
    if past and look == past[-1].look:
        return _said(line_name, past[-1])
    answer = ask(list(_reasons(line_name)), past, newest, now, policy)
    asks = (*past, answer.ask._replace(look=look)) if answer.ask else past
    json_file.write(
        context.folder(line_name, "watch") / ASKS,
        {"asks": [list(a) for a in asks], "why": answer.why},
    )
    if answer.ask is None:
        raise NotEligible(
            f"retrain of {line_name}",
            found=answer.why,
            expected="a reason that stands, beyond cool-down and within budget",
            next_step="nothing; the weekly run comes as scheduled",
        )
    return _said(line_name, answer.ask)


def _said(line_name: str, asked: Ask) -> dict[str, object]:
    start, end = interval_of(line_name, asked)
    interval = {"start": start.isoformat(), "end": end.isoformat()}
    return {"line": line_name, "asked_by": list(asked.words), **interval}


def interval_of(line_name: str, asked: Ask) -> tuple[datetime, datetime]:
    """What the run is to train on: as long as the line's own interval, up to the last midnight before the ask."""
    return context.line_of(line_name).schedule.interval_before(datetime.fromisoformat(asked.at))


def _reasons(line_name: str) -> Iterator[tuple[str, str]]:
    """Relations that changed, and a broken promise of the champion that leads."""
    raw = _read(line_name, RELATION)
    for note in RelationReport.from_dict(raw).weeks.open if raw else ():
        yield (
            f"relation {note.column} {note.segment} {note.since}",
            f"{note.words} since {note.since}",
        )
    for promise in history(line_name).promises[-1:]:
        if promise.word is Word.BROKEN:
            yield f"promise {promise.version} {promise.since}", promise.sentence


def remember(run: TrainedRun[Any], measured: HeldOutMeasurements, champion: str | None) -> None:
    """Keep how the run's model stood to the champion on the same rows, by the champion's age.

    A week that is measured again replaces what was kept; without a champion there is nothing to keep.
    """
    led = next(
        (c for c in context.ledger().state(run.line).champions if c.version == champion), None
    )
    found = getattr(measured, "log_loss_diff_champion", None) or getattr(
        measured, "loss_diff_champion", None
    )
    if led is None or found is None:
        return
    end: datetime = measured.interval_end
    age = round((end - led.interval_end) / (7 * DAY))
    if age < 1:
        return  # a backfill of the champion's own past says nothing of waiting
    path = context.folder(run.line, "watch") / FRESHER
    week = f"{end:%Y-%m-%d}"
    with FileLock(path.with_suffix(".lock")):  # backfills measure several weeks at once
        try:
            before = [each for each in _read(run.line, FRESHER).get("weeks", ()) if each[0] != week]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            logging.getLogger("slipway").warning(
                "what waiting costs %s is not kept: %s cannot be read (%s): mend or remove it",
                run.line,
                path,
                context.in_one_line(error),
            )
            return
        kept = [*before, list(Fresher(week, age, -found.mean, found.se))]
        json_file.write(path, {"weeks": sorted(kept)[-KEPT:]})


KEPT = 104
"""Weeks that are kept."""


def _read(line_name: str, file: str) -> dict[str, Any]:
    path = context.folder(line_name, "watch") / file
    return json_file.read(path) if path.is_file() else {}
