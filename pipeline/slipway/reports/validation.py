"""What the checkpoints found, as one page that also works without a network."""

import json
from collections.abc import Sequence
from pathlib import Path

from slipway.audit.finding import Audit
from slipway.domain.in_words import counted
from slipway.domain.verdict import Conclusion
from slipway.reports import audit
from slipway.reports.page import Row, Table, render
from slipway.validation.result import ValidationResult


def write_page(
    results: Sequence[ValidationResult], folder: Path, suspected: Audit | None = None
) -> Path:
    """Write ``validation.html`` and ``validation.json`` into ``folder``; returns the page.

    The audit of the training table, where there is one, has a page and JSON of its own beside it.
    """
    met = bool(results) and all(result.success for result in results)
    failures = sum(len(result.failures) for result in results)
    page = render(
        title=f"{results[0].line if results else ''}: data and inputs before training",
        lead=_lead(met=met, failures=failures),
        conclusion=Conclusion.PASS if met else Conclusion.FAIL,
        facts={f"{r.kind}, rows": f"{r.rows:,}" for r in results}
        | {f"{r.kind}, Data Docs": r.docs for r in results},
        tables=[
            *(_table(result) for result in sorted(results, key=lambda r: r.success)),
            *([audit.table(suspected)] if suspected else []),
        ],
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "validation.json").write_text(
        json.dumps([result.to_dict() for result in results], indent=1, sort_keys=True)
    )
    if suspected:
        audit.write(suspected, "training table", folder)
    path = folder / "validation.html"
    path.write_text(page)
    return path


def _lead(*, met: bool, failures: int) -> str:
    if met:
        return "every expectation is met"
    return f"{counted(failures, 'expectation')} {'is' if failures == 1 else 'are'} not met"


def _table(result: ValidationResult) -> Table:
    ranked = sorted(result.findings, key=lambda finding: finding.success)
    rows = (
        Row(
            finding.column or "table",
            "PASS" if finding.success else "FAIL",
            finding.expectation,
            (finding.observed,),
        )
        for finding in ranked
    )
    return Table(result.kind, "column", tuple(rows))
