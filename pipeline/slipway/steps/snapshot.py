"""Freeze the training table of one data interval, as of its cut."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from slipway.data import json_file, own_tables
from slipway.domain.line import Line
from slipway.domain.run import Run
from slipway.kinds import kind_of
from slipway.settings import settings
from slipway.steps import context, plan

INTERVAL = "interval.json"
"""Where a run's interval stands in its folder, with what asked for the run."""


def snapshot(
    line_name: str,
    start: str,
    end: str,
    recipe: Mapping[str, Any],
    run_key: str,
    *,
    asked_by: Sequence[str] = (),
) -> Run[Any]:
    """Freeze the interval [start, end) (ISO times, UTC): the run that every later step takes.

    ``recipe`` overrides the line's; ``run_key`` is the scheduler's name of the run; ``asked_by`` are the
    watch's reasons where it asked for the run. Raises BadConfig
    for a wrong recipe or a definition that nobody planned, LogIncomplete where rows of the interval
    are still on their way, and BadInput for a week that cannot be trained on.
    """
    definition = plan.required(line_name)
    line = context.declared(line_name)
    chosen = line.recipe_with(recipe)
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    if isinstance(line, Line):
        own_tables.take_over(settings().home, line, context.now())
    kept = kind_of(line).freeze(settings().home, line, (first, last), chosen, context.now())
    work = context.run_folder(line_name, run_key)
    interval = {"start": first.isoformat(), "end": last.isoformat(), "asked_by": list(asked_by)}
    json_file.write(work / INTERVAL, {**interval, "snapshot": kept.path.name})
    kept = replace(kept, definition=definition)
    return Run(line_name, run_key, first, last, chosen, work, kept)
