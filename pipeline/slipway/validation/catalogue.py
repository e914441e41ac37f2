"""Every check by the name that a suite calls it."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from slipway.domain.errors import BadConfig
from slipway.validation import checks, input_checks, key_checks, proofs, split_checks, time_checks
from slipway.validation.checks import Check

KNOWN: tuple[type[Check], ...] = (
    checks.TableToHaveRows,
    checks.ValuesToBeKnown,
    checks.ValuesToBeBetween,
    checks.ValuesToBeInSet,
    checks.MeanToBeBetween,
    key_checks.RowsToBeUnique,
    input_checks.ModelInputsToBeAvailableAtInference,
    input_checks.NoInputToBeThePlaceInTheList,
    time_checks.TimesToFollow,
    time_checks.ColumnToBeKnownBefore,
    time_checks.ColumnToBeRecent,
    time_checks.LabelsToHaveMatured,
    split_checks.SplitsToFollowInTime,
    split_checks.GroupsToStayApart,
    split_checks.RowsNotToRepeatAcrossSplits,
    proofs.ProofToHold,
)


def name_of(check: type[Check]) -> str:
    """The type that a suite's JSON gives it.

    >>> name_of(checks.ValuesToBeKnown)
    'expect_values_to_be_known'
    """
    return "expect" + re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), check.__name__)


CHECKS = {name_of(check): check for check in KNOWN}


def make(kind: str, arguments: Mapping[str, Any], where: str) -> Check:
    """The check of a suite's expectation; raises BadConfig for what nobody knows."""
    if kind not in CHECKS:
        raise _bad(where, kind, f"one of {', '.join(CHECKS)}")
    known = {f.name for f in fields(CHECKS[kind])}
    unknown = sorted(set(arguments) - known - {"shown"})
    if unknown:
        raise _bad(f"{where} {kind}", ", ".join(unknown), f"one of {', '.join(sorted(known))}")
    return CHECKS[kind](
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in arguments.items()
            if name in known
        }
    )


def _bad(what: str, found: object, expected: str) -> BadConfig:
    return BadConfig(
        what,
        found=found,
        expected=expected,
        next_step="correct the suite; an expectation that is not run promises nothing",
    )
