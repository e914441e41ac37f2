"""Suites are JSON files that people read and review: no ids, one sentence per expectation."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.domain.errors import BadConfig
from slipway.domain.json_value import Json
from slipway.validation.catalogue import make
from slipway.validation.checks import Check

FIELDS = {"type", "description", "kwargs"}
KINDS = ("exposures", "outcomes", "training", "proofs")
CLUSTER_KINDS = ("posts",)
PARAMETER = "$PARAMETER"


def read(folder: Path, line: str, kind: str) -> dict[str, Any]:
    """The suite of a line's table ``kind``, as GX takes it.

    Raises BadConfig for an unknown kind, an unreadable file, or an expectation without a sentence.
    """
    if kind not in KINDS + CLUSTER_KINDS:
        raise _bad("kind of table", kind, f"one of {', '.join(KINDS + CLUSTER_KINDS)}")
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


def resolved(suite: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The suite with each ``{"$PARAMETER": name}`` replaced by what the run says.

    Raises BadConfig for a parameter that the run does not give.
    """

    def value(of: Json) -> Json:
        if not isinstance(of, dict) or PARAMETER not in of:
            return of
        if of[PARAMETER] not in parameters:
            raise _bad(f"parameter {of[PARAMETER]}", None, "given by the run")
        return parameters[of[PARAMETER]]

    filled = [
        item | {"kwargs": {name: value(of) for name, of in item["kwargs"].items()}}
        for item in suite["expectations"]
    ]
    return dict(suite) | {"expectations": filled}


def checks_of(suite: Mapping[str, Any], line: str) -> tuple[Check, ...]:
    """The checks of a resolved suite, in its order; raises BadConfig for one nobody knows."""
    where = f"suite {line}/{suite['name']}.json"
    return tuple(make(item["type"], item["kwargs"], where) for item in suite["expectations"])


def _bad(what: str, found: object, expected: str) -> BadConfig:
    return BadConfig(what, found=found, expected=expected, next_step="correct the suite")
