"""``slipway ledger``: is it what was written, what mends it, and the version of its tables."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from slipway import lines
from slipway.cli.app import DONE, FOUND, AsJson, EveryLine, LineName, app, out, print_json
from slipway.cli.release import open_ledger
from slipway.domain.errors import NotEligible
from slipway.domain.in_words import counted
from slipway.settings import settings

if TYPE_CHECKING:
    from slipway.release.ledger.repair import RepairProposal

ledger = typer.Typer(no_args_is_help=True, help="The ledger itself: verify, repair, migrate.")
app.add_typer(ledger, name="ledger")

AskRegistry = Annotated[bool, typer.Option("--registry/--no-registry", help="Ask what it shows.")]


@ledger.command()
def verify(
    line: EveryLine = None,
    *,
    registry: AskRegistry = True,
    file: Annotated[Path | None, typer.Option(help="Verify an exported file instead.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read every row again; exit code 1 and one line for each fault where it is not sound."""
    from slipway.release.ledger import event_log
    from slipway.steps import ledger_check

    faults = []
    if file is not None:
        faults = event_log.faults(
            event_log.read(file.read_bytes().decode("utf-8", "replace"), str(file))
        )
    for name in () if file else (line,) if line else lines.wanted_names(settings().home):
        rows = len(open_ledger(name).rows(name))
        if rows and not as_json:
            out.print(f"{name}: reading {counted(rows, 'row')} and their copy")
        faults += ledger_check.find(name, ask_registry=registry, whole=True)
    if as_json:
        print_json([fault.to_dict() for fault in faults])
    else:
        for fault in faults:
            out.print(f"[red]{escape(str(fault))}[/]")
        out.print(f"{len(faults)} faults; see `slipway ledger repair`" if faults else "sound")
    raise typer.Exit(FOUND if faults else DONE)


@ledger.command()
def export(
    line: LineName,
    *,
    to: Annotated[Path | None, typer.Option(help="A new file; else standard output.")] = None,
) -> None:
    """Every row with its digest as JSON lines; `slipway ledger verify --file` proves the file."""
    from slipway.release.ledger import event_log

    held = open_ledger(line)
    text = "".join(
        f"{each}\n" for each in event_log.json_lines(held.rows(line), held.repairs(line))
    )
    if to is None:
        typer.echo(text, nl=False)
        return
    with to.open("x", encoding="utf-8") as file:
        file.write(text)
    out.print(f"{counted(text.count(chr(10)) - 1, 'row')} in {escape(str(to))}")


@ledger.command()
def repair(
    line: LineName,
    *,
    registry: AskRegistry = True,
    apply: Annotated[Path | None, typer.Option(help="The proposal that is to stand.")] = None,
    name: Annotated[str, typer.Option(help="Who decides; it stands in the ledger.")] = "",
    reason: Annotated[str, typer.Option(help="Why; it stands in the ledger.")] = "",
    as_json: AsJson = False,
) -> None:
    """Propose what would mend the ledger, or with --apply let a proposal stand.

    Nothing is deleted: what is replaced is kept in the record of the repair.
    """
    from slipway.steps import ledger_repair

    open_ledger(line)
    if apply is not None:
        found = ledger_repair.read(apply)
        _check_line(line, found.line)
        ledger_repair.apply(found, name=name, reason=reason)
        if as_json:
            print_json(_repair_as_json(line, found, applied=True))
        else:
            out.print(f"the ledger of {line} stands as proposed, and is sound")
        return
    proposal = ledger_repair.proposal(line, ask_registry=registry)
    if as_json:
        path = ledger_repair.write(proposal) if proposal else None
        print_json(_repair_as_json(line, proposal, path))
    elif proposal is None:
        out.print(f"the ledger of {line} is sound: there is nothing to repair")
    else:
        _say_proposal(line, proposal, ledger_repair.write(proposal))


def _repair_as_json(
    line: str, proposal: "RepairProposal | None", path: Path | None = None, *, applied: bool = False
) -> dict[str, object]:
    """What would be done, or was; the file is the one that ``--apply`` takes."""
    return {
        "line": line,
        "faults": list(proposal.faults) if proposal else [],
        "steps": list(proposal.words) if proposal else [],
        "file": str(path) if path else None,
        "applied": applied,
    }


def _say_proposal(line: str, proposal: "RepairProposal", path: Path) -> None:
    for fault in proposal.faults:
        out.print(f"[red]{escape(fault)}[/]")
    out.print("would be done:" if proposal.words else "nothing that is known would mend it")
    for word in proposal.words:
        out.print(f"  {escape(word)}")
    out.print(f"to let it stand: slipway ledger repair {line} --apply {path} --name … --reason …")


def _check_line(line: str, found: str) -> None:
    if line != found:
        raise NotEligible(
            "line of the proposal", found=found, expected=line, next_step="name its own line"
        )


@ledger.command()
def migrate(
    *,
    down: Annotated[bool, typer.Option(help="One version down, for an older Slipway.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the ledger's tables to this Slipway's version; it does so by itself when it opens them.

    Stop the stack before going down: what opens the ledger next brings it up again.
    """
    from slipway.release.ledger.database import HEAD, REVISIONS, LedgerDatabase

    database = LedgerDatabase(settings().ledger_url)
    found = database.revision()
    if found is not None and found not in REVISIONS:
        raise NotEligible(
            "version of the ledger's tables",
            found=found,
            expected=f"at most {HEAD}",
            next_step="migrate it with the Slipway that made it",
        )
    place = REVISIONS.index(found) if found else 0
    wanted = REVISIONS[max(0, place - 1)] if down else HEAD
    database.migrate(wanted)
    if as_json:
        print_json({"before": found, "after": wanted})
        return
    out.print(f"the ledger's tables are at version {wanted}; they were at {found or 'none'}")
