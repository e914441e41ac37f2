"""Verify a line's ledger at each look; only what promotes waits until it is repaired."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from slipway.data import json_file
from slipway.domain.errors import BadInput, LedgerDamaged, LedgerUnavailable
from slipway.domain.release import Transition
from slipway.release.ledger import Ledger, takes_away
from slipway.release.ledger.check import Head, LedgerFault, LedgerFaultKind, Witness, ledger_faults
from slipway.release.ledger.rows import LedgerRow
from slipway.release.ledger.verified_copy import VerifiedCopy
from slipway.settings import settings
from slipway.steps import context

FOLDER = "ledger"
"""Below the installation's home: the copies of verified rows, and what the last looks found."""
_NAMED = 5  # faults that an error names; all of them are in `slipway ledger verify`


def copy_of(line_name: str) -> VerifiedCopy:
    """The copy of the line's verified rows."""
    return VerifiedCopy(settings().home / FOLDER, line_name)


def find(line_name: str, *, ask_registry: bool = True, whole: bool = False) -> list[LedgerFault]:
    """What is wrong with the line's ledger now; nothing is written.

    ``whole`` reads every body and the whole copy again, too. Raises LedgerUnavailable, and where
    the registry is asked the errors of its reader.
    """
    found, shown = [], None
    if ask_registry:
        try:
            shown = context.registry().release_state(line_name).epoch
        except BadInput as error:  # an epoch that no ledger has, or no state at all
            said = f"{context.in_one_line(error)}; the ledger's own state is shown again"
            found = [LedgerFault(line_name, LedgerFaultKind.TAG, said)]
    ledger = context.ledger()
    return [*_found(ledger, line_name, ledger.rows(line_name), shown, whole=whole), *found]


def _found(
    ledger: Ledger,
    line_name: str,
    rows: Sequence[LedgerRow],
    shown: int | None = None,
    *,
    whole: bool = False,
) -> list[LedgerFault]:
    """The faults of rows, also of such whose columns hold what no ledger has written."""
    try:
        return _compared(ledger, line_name, rows, shown, whole=whole)
    except (TypeError, ValueError, OverflowError) as error:
        said = f"its rows cannot be verified: {type(error).__name__}: {error}"
        return [LedgerFault(line_name, LedgerFaultKind.UNREADABLE, said)]


def _compared(
    ledger: Ledger, line_name: str, rows: Sequence[LedgerRow], shown: int | None, *, whole: bool
) -> list[LedgerFault]:
    repairs, guards = ledger.repairs(line_name), ledger.missing_guards()
    alone = Witness(registry_epoch=shown, repairs=repairs, guards=guards, every_body=whole)
    copy = copy_of(line_name)
    try:
        quick = replace(alone, head=copy.head(), edition=copy.edition)
        found = ledger_faults(line_name, rows, quick)
        if not found and not whole:
            return found
        copied = copy.load()
    except OSError as error:
        found = ledger_faults(line_name, rows, alone)
        return [*found, LedgerFault(line_name, LedgerFaultKind.COPY, f"it cannot be read: {error}")]
    head = Head(copied.rows[-1].epoch, str(copied.rows[-1].digest)) if copied.rows else None
    found = ledger_faults(line_name, rows, replace(quick, head=head, copied=copied.rows))
    if copied.damage:
        found.append(LedgerFault(line_name, LedgerFaultKind.COPY, copied.damage))
    return found


def before_step(line_name: str, step: Transition | None) -> list[LedgerFault]:
    """What is wrong before a step is taken; a step that takes away never waits for the answer.

    Raises the errors of ledger and registry where ``step`` promotes: what is not known is not sound.
    """
    try:
        return find(line_name)
    except Exception as error:
        if step is not None and not takes_away(step):
            raise
        logging.getLogger("slipway").warning(
            "the ledger of %s is not verified: %s", line_name, error
        )
        return []


def may_show(faults: Sequence[LedgerFault]) -> bool:
    """Whether the ledger's own state may be shown: what is wrong is at most what stood there before."""
    return all(fault.kind is LedgerFaultKind.TAG for fault in faults)


def may_append(step: Transition, faults: Sequence[LedgerFault]) -> bool:
    """Whether a step may be taken on a ledger with these faults: only one that takes away."""
    return not faults or takes_away(step)


def show(line_name: str) -> tuple[str, ...]:
    """Bring the registry in step with the ledger: only to take away, where the ledger is not sound.

    Returns what was changed. Raises the errors of ledger and registry.
    """
    ledger = context.ledger()
    state, past = ledger.state(line_name), ledger.transitions(line_name)
    faults = _as_far_as_known(line_name)
    at_most = not may_show(faults)
    changed: tuple[str, ...] = context.registry().project(state, past, at_most=at_most)
    return changed


def check_sound(line_name: str) -> None:
    """Raise LedgerDamaged before anything is offered on a ledger that is not sound.

    The registry is not asked again: what the last look saw there counts.
    """
    if faults := _as_far_as_known(line_name):
        raise _damaged(line_name, faults)


def after_step(line_name: str, faults: Sequence[LedgerFault]) -> None:
    """Copy what was verified, or raise LedgerDamaged with what is wrong; the board shows it, too."""
    ledger = context.ledger()
    rows = ledger.rows(line_name)
    found = list(faults) or _found(ledger, line_name, rows)
    if not found:
        try:
            copy_of(line_name).extend(rows, ledger.repairs(line_name))
        except OSError as error:
            said = f"the verified rows could not be copied: {error}"
            found = [LedgerFault(line_name, LedgerFaultKind.COPY, said)]
    _note(line_name, found)
    if found:
        raise _damaged(line_name, found)


def last_found(line_name: str) -> list[LedgerFault]:
    """What the last look found."""
    try:
        raw = json_file.read(_noted(line_name))["faults"]
        return [LedgerFault(**{**each, "kind": LedgerFaultKind(each["kind"])}) for each in raw]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def on_board(line_name: str) -> list[str]:
    """What a page says is wrong: of the ledger now, and of the registry as the last look saw it."""
    try:
        return [str(fault) for fault in _as_far_as_known(line_name)]
    except LedgerUnavailable as error:
        return [str(error)]


def _as_far_as_known(line_name: str) -> list[LedgerFault]:
    found = find(line_name, ask_registry=False)
    known = {fault.kind for fault in found}
    asked = {LedgerFaultKind.REGISTRY_AHEAD, LedgerFaultKind.GONE} - known
    return [*found, *(fault for fault in last_found(line_name) if fault.kind in asked)]


def _note(line_name: str, found: Sequence[LedgerFault]) -> None:
    try:
        path = _noted(line_name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        json_file.write(path, {"faults": [fault.to_dict() for fault in found]})
    except OSError as error:  # the error that is raised says it, too
        logging.getLogger("slipway").warning("not noted for the board: %s", error)


def _noted(line_name: str) -> Path:
    return copy_of(line_name).path(0).with_suffix(".look.json")


def _damaged(line_name: str, faults: Sequence[LedgerFault]) -> LedgerDamaged:
    more = f"; {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
    return LedgerDamaged(
        f"ledger of {line_name}",
        found="; ".join(map(str, faults[:_NAMED])) + more,
        expected="what was written and verified",
        next_step=f"see `slipway ledger verify {line_name}`, then `slipway ledger repair {line_name}`;"
        " until then returns are taken and nothing is promoted",
    )
