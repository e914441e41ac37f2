"""Whether a line was edited since its definition was planned."""

from pathlib import Path

from slipway import lines
from slipway.domain.errors import SlipwayError
from slipway.lines import store
from slipway.lines.definition import compiled


def unplanned(home: Path, name: str) -> str:
    """A sentence where the declared line is not the one in use; "" where it is, or none can be read.

    It is for whoever answers for the line: an answer outranks an edit that nobody planned.
    """
    try:
        used, declared = store.in_use(home, name), compiled(lines.declared(name))
    except SlipwayError:  # no definition, or a damaged one, keeps the line from nothing
        return ""
    if used is None or used.digest == declared.digest:
        return ""
    found = f"served as declared ({declared.short}), which is not in use ({used.short})"
    return f"line {name}: {found}: slipway plan {name}"
