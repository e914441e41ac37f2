"""Propose what would mend a line's ledger, and let it stand when a person has decided so."""

import getpass
from pathlib import Path

from slipway.data import json_file
from slipway.domain.errors import BadInput
from slipway.release.ledger.repair import RepairProposal, propose
from slipway.release.ledger.shown_rows import ShownRelease
from slipway.steps import context, ledger_check


def proposal(line_name: str, *, ask_registry: bool = True) -> RepairProposal | None:
    """What would mend the ledger; ``None`` where it is sound.

    Raises the errors of the registry's reader where it is asked and away.
    """
    faults = ledger_check.find(line_name, ask_registry=ask_registry, whole=True)
    if not faults:
        return None
    ledger = context.ledger()
    return propose(
        line_name,
        ledger.rows(line_name),
        ledger.repairs(line_name),
        faults=faults,
        copied=ledger_check.copy_of(line_name).load(),
        shown=_shown(line_name) if ask_registry else None,
        now=context.now(),
    )


def path_of(line_name: str) -> Path:
    """Where a proposal is written."""
    return ledger_check.copy_of(line_name).path(0).with_suffix(".proposal.json")


def write(found: RepairProposal) -> Path:
    """Write a proposal as a file that a person can read, pass on and decide on."""
    path = path_of(found.line)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return json_file.write(path, found.to_dict())


def read(path: Path) -> RepairProposal:
    """Read a proposal; raises BadInput for a file that is none."""
    try:
        raw = json_file.read(path)
    except (OSError, ValueError) as error:
        raise BadInput(
            str(path),
            found=str(error),
            expected="a proposal of `slipway ledger repair`",
            next_step="propose again",
        ) from error
    return RepairProposal.from_dict(raw)


def apply(found: RepairProposal, *, name: str, reason: str) -> None:
    """Let the proposed rows stand, and begin their copy; who decided and why stands in the ledger.

    Raises BadInput without a name or a reason, LedgerConflict where the ledger changed meanwhile, and
    LedgerDamaged where it is not sound afterwards.
    """
    for word, value in (("name", name), ("reason", reason)):
        if not value.strip():
            raise BadInput(
                word, found=value, expected="yours", next_step="it stands in the ledger for good"
            )
    actor = f"{name} ({getpass.getuser()})"
    context.ledger().repair(found, at=context.now(), actor=actor, reason=reason)
    ledger_check.after_step(found.line, ())


def _shown(line_name: str) -> ShownRelease:
    registry = context.registry()
    state = registry.release_state(line_name)
    return ShownRelease(
        line=line_name,
        epoch=state.epoch,
        champion=state.champion,
        previous_champion=state.previous_champion,
        previous_share=state.previous_share,
        versions=registry.all_tags(line_name) if state.epoch else {},
    )
