"""Suites are JSON files that people read and review: no ids, one sentence per expectation."""

import json
from pathlib import Path
from typing import Any

from pipeline.domain.errors import BadConfig

FIELDS = {"type", "description", "kwargs"}
KINDS = ("exposures", "outcomes", "training")


def read(folder: Path, line: str, kind: str) -> dict[str, Any]:
    """The suite of a line's table ``kind``, as GX takes it.

    Raises BadConfig for an unknown kind, an unreadable file, or an expectation without a sentence.
    """
    if kind not in KINDS:
        raise _bad("kind of table", kind, f"one of {', '.join(KINDS)}")
    path = folder / line / f"{kind}.json"
    where = f"suite {line}/{path.name}"
    try:
        raw = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise _bad(where, str(error), "a JSON file in the folder of suites") from error
    if not isinstance(raw, dict) or not raw.get("expectations"):
        raise _bad(where, "no expectations", "a suite with at least one expectation")
    for item in raw["expectations"]:
        if set(item) != FIELDS or not str(item["description"]).strip():
            raise _bad(where, item, f"expectations of just {', '.join(sorted(FIELDS))}")
    return raw


def _bad(what: str, found: object, expected: str) -> BadConfig:
    return BadConfig(what, found=found, expected=expected, next_step="correct the suite")
