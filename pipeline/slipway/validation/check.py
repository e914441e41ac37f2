"""Check a table against its suite: met, not met, or not computable; never a guess."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slipway.data.ibis_types import Backend
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.errors import NotComputable, ValidationFailed
from slipway.validation import suite as suites
from slipway.validation.checks import Check
from slipway.validation.result import ExpectationResult, ValidationResult
from slipway.validation.scan import Scan

if TYPE_CHECKING:
    from slipway.validation.checkpoint import Checkpoints

SHOWN_EXAMPLES = 3


def check(
    kind: str,
    table: Any,  # an Ibis expression, or rows in memory
    line: DeclaredLine,
    recipe: Any,  # of the line's kind
    suites_dir: Path,
    docs: "Path | Checkpoints",
    *,
    run: str = "by hand",
    con: Backend = None,
    **parameters: Any,  # whatever the suite asks for
) -> ValidationResult:
    """Run the checkpoint of table ``kind`` (one of ``suite.KINDS``) on ``table``.

    ``con`` is the engine that holds an Ibis expression. ``run`` names the run in the Data Docs:
    ``docs`` is their folder, or checkpoints that several tables share and that build their pages in
    the end. ``parameters`` fill the suite's placeholders beside the line's and recipe's own.

    Raises BadConfig for an input that the line does not declare or a wrong suite, and NotComputable
    where an expectation could not be evaluated (a missing column, times without zone).
    """
    from slipway.validation import checkpoint  # loads Great Expectations

    for name in recipe.inputs:
        line.column(name)
    suite = suites.resolved(
        suites.read(suites_dir, line.name, kind), _parameters(line, recipe) | parameters
    )
    checks = suites.checks_of(suite, line.name)
    scan = Scan(table, checks, con)
    scan.facts  # noqa: B018 - an error is raised here, before Great Expectations could swallow it
    one = checkpoint.checkpoints(docs, line.name) if isinstance(docs, Path) else nullcontext(docs)
    with one as shared:
        found, address = shared.run(suite, scan, run)
    findings = tuple(
        _finding(item, check, kind)
        for item, check in zip(_in_order(found, suite), checks, strict=True)
    )
    success = bool(found.success) and bool(findings)
    return ValidationResult(kind, line.name, run, scan.facts["rows"], success, findings, address)


def _parameters(line: DeclaredLine, recipe: Any) -> dict[str, Any]:  # whatever the suite asks for
    return {
        "inputs": list(recipe.inputs),
        "availability": {column.name: str(column.available) for column in line.all_columns},
    }


def stop(results: Sequence[ValidationResult], *, read: str = "") -> None:
    """Raise ValidationFailed where a result is not met: column, kind and next step of the worst."""
    failed = [(r, finding) for r in results for finding in r.findings if not finding.success]
    if not failed:
        return
    failed.sort(key=lambda pair: not pair[1].leak)  # a leak first: it spoils more than it breaks
    result, worst = failed[0]
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    where = f"column {worst.column}" if worst.column else "the table"
    kind = f", {worst.leak}" if worst.leak else ""
    raise ValidationFailed(
        f"{where} of {result.line} {result.kind}{kind}",
        found=_short(worst.observed) + more,
        expected=worst.expectation,
        next_step=f"{worst.next_step}; nothing was trained; read {read or result.docs}",
    )


def _short(text: str, longest: int = 240) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _in_order(found: Any, suite: Mapping[str, Any]) -> list[Any]:  # GX is untyped
    """GX's results in the order of the suite; it groups them by column."""
    by_text = {str(item.expectation_config.description): item for item in found.results}
    return [by_text[item["description"]] for item in suite["expectations"]]


def _finding(item: Any, check: Check, kind: str) -> ExpectationResult:  # GX is untyped
    config = item.expectation_config
    said = str(config.description)
    problem = _problem(item.exception_info)
    if problem or not item.result:
        raise NotComputable(
            f"{kind}: {said}",
            found=problem or "no result",
            expected="evaluated on every row",
            next_step="look for a missing column or values of another type; nothing was trained",
        )
    return ExpectationResult(
        said,
        str(config.type),
        str(item.result.get("column", "")),
        bool(item.success),
        _observed(item.result),
        leak=check.leak_kind,
        next_step=check.next_step,
    )


def _problem(info: Mapping[str, Any] | None) -> str:
    """The first exception that GX swallowed, "" if there was none."""
    parts = [info or {}, *(part for part in (info or {}).values() if isinstance(part, Mapping))]
    for part in parts:
        if part.get("raised_exception"):
            return str(part.get("exception_message", "unknown")).strip().splitlines()[0]
    return ""


def _observed(result: Mapping[str, Any]) -> str:
    rows = result.get("partial_unexpected_list") or ()
    shown = [" ".join(f"{k}={v}" for k, v in row.items()) for row in rows[:SHOWN_EXAMPLES]]
    return f"{result['observed_value']}" + (f", for example {'; '.join(shown)}" if shown else "")
