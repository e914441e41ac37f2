"""Freeze the training table of one data interval, as of its cut."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from slipway import lines
from slipway.data import snapshot as frozen
from slipway.settings import settings
from slipway.steps import clusters, context


def snapshot(
    line_name: str, start: str, end: str, recipe: Mapping[str, Any], run_key: str
) -> dict[str, Any]:
    """Freeze the interval [start, end) (ISO times, UTC) and say where it lies.

    Returns the reference that every later step of the run takes. Raises BadConfig for a wrong
    recipe, LogIncomplete where rows of the interval are still on their way, and BadInput for a week
    that cannot be trained on.
    """
    if line_name in lines.cluster_names():
        return clusters.snapshot(line_name, start, end, recipe, run_key)
    line = context.line_of(line_name)
    chosen = line.recipe_with(recipe)
    table = frozen.freeze(
        settings().home,
        line,
        datetime.fromisoformat(start),
        datetime.fromisoformat(end),
        now=context.now(),
        recipe=chosen,
    )
    key = re.sub(r"[^A-Za-z0-9]+", "-", run_key).strip("-")
    work = context.folder(line_name, key)
    return {
        "line": line_name,
        "start": start,
        "end": end,
        "recipe": dict(recipe),
        "run_key": run_key,
        "work": str(work),
        "snapshot": str(table.path),
        "snapshot_digest": table.digest,
        "rows": table.rows,
    }
