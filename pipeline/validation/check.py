"""Check a table against its suite: met, not met, or not computable; never a guess."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.domain.errors import NotComputable, ValidationFailed
from pipeline.domain.line import Line, Recipe
from pipeline.validation import suite as suites
from pipeline.validation.result import Finding, ValidationResult

if TYPE_CHECKING:
    import pandas as pd

TRAINING_KEYS = ("request_id", "item", "requested_at", "split")
SHOWN_EXAMPLES = 3


def check(  # noqa: PLR0917 - what, by which declaration, by which suite, told where
    kind: str,
    frame: "pd.DataFrame",
    line: Line,
    recipe: Recipe,
    suites_dir: Path,
    docs_dir: Path,
    *,
    run: str = "by hand",
) -> ValidationResult:
    """Run the checkpoint of table ``kind`` ("exposures", "outcomes", "training") on ``frame``.

    Of a snapshot only what the model may see is checked: keys, features, the recipe's inputs, the
    label. ``run`` names the run in the Data Docs below ``docs_dir``.

    Raises BadConfig for an input that the line does not declare or a wrong suite, and NotComputable
    where an expectation could not be evaluated (a missing column, times of different kinds).
    """
    from pipeline.validation import checkpoint  # noqa: PLC0415 - loads Great Expectations

    suite = suites.read(suites_dir, line.name, kind)
    for name in recipe.inputs:
        line.column(name)
    table = training_table(frame, line, recipe) if kind == "training" else frame
    parameters = {
        "inputs": list(recipe.inputs),
        "availability": {column.name: str(column.available) for column in line.columns},
    }
    found, address = checkpoint.run(
        suite, table, line=line.name, run_name=run, parameters=parameters, docs=docs_dir
    )
    findings = tuple(_finding(item, kind) for item in found.results)
    success = bool(found.success) and bool(findings)
    return ValidationResult(kind, line.name, run, len(table), success, findings, address)


def training_table(frame: "pd.DataFrame", line: Line, recipe: Recipe) -> "pd.DataFrame":
    """The columns of a snapshot that training reads, each once, as far as they are there."""
    features = (column.name for column in line.features)
    wanted = dict.fromkeys((*TRAINING_KEYS, *features, *recipe.inputs, "clicked"))
    return frame[[name for name in wanted if name in frame.columns]]


def require(result: ValidationResult) -> ValidationResult:
    """``result`` itself; raises ValidationFailed with every failure where it is not met."""
    if result.success:
        return result
    raise ValidationFailed(
        f"{result.line} {result.kind}",
        found="; ".join(result.failures),
        expected="as its expectations say",
        next_step=f"nothing was trained; read {result.docs}",
    )


def _finding(item: Any, kind: str) -> Finding:  # noqa: ANN401 - GX is untyped
    config = item.expectation_config
    column = str(config.kwargs.get("column", ""))
    said = str(config.description)
    problem = _problem(item.exception_info)
    if problem or not item.result:
        raise NotComputable(
            f"{kind}: {said}",
            found=problem or "no result",
            expected="evaluated on every row",
            next_step="look for a missing column or values of another type; nothing was trained",
        )
    return Finding(said, str(config.type), column, bool(item.success), _observed(item.result))


def _problem(info: Mapping[str, Any] | None) -> str:
    """The first exception that GX swallowed, "" if there was none."""
    parts = [info or {}, *(part for part in (info or {}).values() if isinstance(part, Mapping))]
    for part in parts:
        if part.get("raised_exception"):
            return str(part.get("exception_message", "unknown")).strip().splitlines()[0]
    return ""


def _observed(result: Mapping[str, Any]) -> str:
    if "unexpected_count" in result:
        shown = list(dict.fromkeys(map(str, result.get("partial_unexpected_list", ()))))
        examples = f", for example {', '.join(shown[:SHOWN_EXAMPLES])}" if shown else ""
        percent = result.get("unexpected_percent") or 0.0
        return f"{result['unexpected_count']} rows ({percent:.3g} %) are not{examples}"
    value = result.get("observed_value")
    return f"{value:.6g}" if isinstance(value, float) else str(value)
