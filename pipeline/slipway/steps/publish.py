"""Show a reviewer the evidence that a step was taken on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from slipway.artifact.digest import sha256_of
from slipway.data import json_file
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.errors import LedgerDamaged
from slipway.domain.release import Transition
from slipway.domain.stage import Stage, label
from slipway.registry.names import ATTESTATION, LIVE_FOLDER
from slipway.steps import context, ledger_check, log_faults, look, review_facts

if TYPE_CHECKING:
    from slipway.reports.page import Figure


POINTS = "points.json"
"""The short form's points, as the page's writer leaves them: its module draws, and is imported late."""


def show(line_name: str, *, at_most: bool = False) -> tuple[str, ...]:
    """Bring the registry in step with the ledger; returns what was changed there.

    ``at_most`` shows no more than stands there, less what the ledger takes away: for a ledger that is
    not sound.
    """
    ledger = context.ledger()
    state, past = ledger.state(line_name), ledger.transitions(line_name)
    return context.registry().project(state, past, at_most=at_most)


def show_return(line_name: str) -> None:
    """Show what the ledger takes away, also where the registry is ahead of it; raises LedgerDamaged then.

    Of a ledger that is not sound nothing else is shown: an edited row promotes nobody by a return.
    """
    ledger_check.show(line_name)
    shown, known = (
        context.registry().release_state(line_name).epoch,
        context.ledger().state(line_name).epoch,
    )
    if shown > known:
        show(line_name, at_most=True)
        raise LedgerDamaged(
            f"epoch of {line_name}",
            found=f"{shown} in the registry, {known} in the ledger",
            expected="no registry ahead of its ledger",
            next_step="one of them was restored from an older copy: see `slipway ledger repair`",
        )


def attach_once(line_name: str, past: Sequence[Transition]) -> None:
    """Attach the evidence of the newest step, unless it was taken on none or that is done already.

    What a review will be bound to is what was attached from here, not what the registry holds by
    then. A promotion adds nothing: it was reviewed with the page of its approval, and a file beside what
    was reviewed would void the approval.
    """
    step = past[-1] if past else None
    if step is None or step.to_stage is Stage.CHAMPION:
        return
    line, _ = context.judged(line_name)
    if step.look is None and not _wants_page(line, step):
        return
    done = _marker(line, step)
    if not done.exists():
        attach_page(line, step, past)
        done.touch()
    if step.to_stage is Stage.APPROVAL:
        version = step.candidate.version
        files = attached(line.name, version)
        context.registry().bind(line.name, version, files, line.policy.reviewers)


def attached(line_name: str, version: str) -> dict[str, str]:
    """Path → SHA-256 of each file that was attached to a version, as this installation remembers.

    What an older Slipway attached is taken as it is in the registry, once.
    """
    known = remembered(line_name, version)
    if known is None:
        known = context.registry().attached(line_name, version)
        json_file.write(_record(line_name, version), known)
    return known


def remembered(line_name: str, version: str) -> dict[str, str] | None:
    """The same where this installation remembers it; the registry is not asked."""
    path = _record(line_name, version)
    return json_file.read(path) if path.is_file() else None


def _record(line_name: str, version: str) -> Path:
    return context.folder(line_name, "attached") / f"{version}.json"


def _wants_page(line: DeclaredLine, step: Transition) -> bool:
    """Whether a step without a look at users has a page: where a reviewer is asked, and nobody has decided."""
    if line.has_traffic or step.to_stage is not Stage.APPROVAL:
        return False
    if _marker(line, step).exists():
        return True
    return ATTESTATION not in context.registry().facts(line.name, step.candidate.version).tags


def _marker(line: DeclaredLine, step: Transition) -> Path:
    """The file that says that the page of a step is attached."""
    if step.look is not None:
        return look.path_of(line.name, step.epoch - 1, step.look).with_suffix(".attached")
    return context.folder(line.name, "looks") / f"{step.epoch:05d}-{step.to_stage.value}.attached"


def attach_page(line: DeclaredLine, step: Transition, past: Sequence[Transition]) -> None:
    """Add the page of a step to the version's run, and its verdicts to the version's description.

    The page stands below ``live/<epoch>``, so that each step keeps the evidence it was taken on.
    """
    version, registry = step.candidate.version, context.registry()
    place = f"{step.epoch:05d}-{step.to_stage.value}"
    faults = log_faults.text(line.name)
    facts = {**_facts(step), **({"log": faults} if faults else {})}
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        figures = _write(folder, line, step, past, facts)
        points = json_file.read(folder / POINTS)
        files = sha256_of(folder)
        known = attached(line.name, version)
        registry.attach(line.name, version, folder, place)
    named = {f"{place}/{name}": sha256 for name, sha256 in files.items()}
    json_file.write(_record(line.name, version), known | named)
    _describe(line, step, facts, points, [figure.name for figure in figures], place)


def _write(
    folder: Path,
    line: DeclaredLine,
    step: Transition,
    past: Sequence[Transition],
    facts: Mapping[str, str],
) -> "tuple[Figure, ...]":
    """The page of a step, of users where the line has some."""
    from slipway.reports import evidence  # only where a step is taken

    brief = review_facts.of_step(line, step, past)
    title = f"{line.name} version {step.candidate.version}: {label(step.to_stage)}"
    if step.look is None:
        return evidence.write_unexposed(
            folder, title=title, brief=brief, facts=facts, verdicts=step.verdicts
        )
    live = look.load(look.path_of(line.name, step.epoch - 1, step.look))
    return evidence.write_live(
        folder, title=title, brief=brief, facts=facts, live=live, verdicts=step.verdicts
    )


def _describe(
    line: DeclaredLine,
    step: Transition,
    facts: Mapping[str, str],
    points: Mapping[str, str],
    figures: Sequence[str],
    place: str,
) -> None:
    """The short form, on the version's page in the registry."""
    from slipway.reports import page  # only where a step is taken

    images = [
        f"get-artifact?path={LIVE_FOLDER}/{place}/{name}.png&run_uuid={{{{run_id}}}}"
        for name in figures[:2]
    ]
    context.registry().describe(
        line.name,
        step.candidate.version,
        page.description(
            lead=f"{step.to_stage.value}: {_short(step.reason)}",
            facts=facts,
            verdicts=step.verdicts,
            points=points,
            images=images,
        ),
    )


def _facts(step: Transition) -> Mapping[str, Any]:
    return {
        "fingerprint": step.candidate.fingerprint,
        "author": step.candidate.author,
        "evidence digest": step.evidence_digest or "none",
        "epoch": str(step.epoch),
        **({"hold-back": f"{step.previous_share:.1%} of users"} if step.previous_share else {}),
    }


def _short(reason: str, longest: int = 300) -> str:
    return reason if len(reason) <= longest else reason[: longest - 1] + "…"
