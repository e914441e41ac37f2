"""Freeze the training table of one data interval, as of its cut."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from slipway import lines
from slipway.data import snapshot as frozen
from slipway.domain.run import Run, SnapshotRecord
from slipway.settings import settings
from slipway.steps import clusters, context


def snapshot(
    line_name: str, start: str, end: str, recipe: Mapping[str, Any], run_key: str
) -> Run[Any]:
    """Freeze the interval [start, end) (ISO times, UTC): the run that every later step takes.

    ``recipe`` overrides the line's; ``run_key`` is the scheduler's name of the run. Raises BadConfig
    for a wrong recipe, LogIncomplete where rows of the interval are still on their way, and BadInput
    for a week that cannot be trained on.
    """
    if line_name in lines.cluster_names():
        return clusters.snapshot(line_name, start, end, recipe, run_key)
    line = context.line_of(line_name)
    chosen = line.recipe_with(recipe)
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    table = frozen.freeze(
        settings().home,
        line,
        first,
        last,
        now=context.now(),
        recipe=chosen,
    )
    kept = SnapshotRecord(table.path, table.digest, table.rows)
    work = context.run_folder(line_name, run_key)
    return Run(line_name, run_key, first, last, chosen, work, kept)
