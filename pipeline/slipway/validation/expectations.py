"""The checks as expectations of Great Expectations: one scan feeds them all.

The batch is a manifest of one row that holds the scan; every expectation depends on the one metric
``table.facts``, so that Great Expectations has it computed once. Expectations are registered by
being made here; the arguments in a suite's JSON are the fields of the check.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render import LegacyDiagnosticRendererType, RenderedTableContent
from great_expectations.render.renderer.renderer import renderer

from slipway.validation.catalogue import CHECKS, make
from slipway.validation.checks import Check
from slipway.validation.scan import Scan

SCAN = "scan"
"""The manifest's column."""


class TableFacts(TableMetricProvider):
    """The scan behind the manifest, run when the first expectation asks for it."""

    metric_name = "table.facts"

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805 - GX calls it on the class
        execution_engine: Any,  # GX is untyped
        metric_domain_kwargs: dict[str, Any],
        **_: Any,  # GX passes more than is needed
    ) -> Scan:
        frame, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, domain_type="table")
        scan: Scan = frame[SCAN].iloc[0]
        scan.facts  # noqa: B018 - computed here, inside the metric
        return scan


class Scanned(BatchExpectation):
    """An expectation whose answer comes from the scan; ``shown`` are columns that name a row."""

    shown: list[str] = []  # noqa: RUF012 - pydantic copies it

    metric_dependencies = ("table.facts",)
    domain_keys = ("batch_id", "table")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        scan: Scan = metrics["table.facts"]
        given = self.configuration.kwargs
        arguments = {name: given[name] for name in self.success_keys if name in given}
        check = make(self.expectation_type, arguments, "expectation")
        found = scan.found(check)
        result: dict[str, Any] = {
            "observed_value": found.said,
            "column": found.column or check.subject,
        }
        if not found.success:
            result |= {
                "element_count": found.of,
                "unexpected_count": found.wrong,
                "unexpected_percent": 100 * found.wrong / found.of if found.of else 0.0,
                "partial_unexpected_list": scan.examples(check, arguments.get("shown", ())),
            }
        return {"success": found.success, "result": result}

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_TABLE)
    def _diagnostic_unexpected_table_renderer(
        cls,
        configuration: Any = None,
        result: Any = None,  # GX is untyped
        runtime_configuration: Mapping[str, Any] | None = None,
    ) -> list[Any] | None:
        """Rows that break the promise, as a table of the Data Docs."""
        rows = (result.result or {}).get("partial_unexpected_list") if result else None
        if not rows:
            return None
        table = [[str(value) for value in row.values()] for row in rows]
        look = {"body": {"classes": ["table-bordered", "table-sm", "mt-3"]}}
        return [
            RenderedTableContent(
                content_block_type="table", table=table, header_row=list(rows[0]), styling=look
            )
        ]


def _expectation(check: type[Check]) -> type[Scanned]:
    """The expectation of a check: its fields are the arguments, its docstring the documentation."""
    arguments = {
        field.name: () if field.default is MISSING else field.default for field in fields(check)
    }
    namespace = {
        "__annotations__": dict.fromkeys(arguments, Any),
        "__doc__": check.__doc__,
        "__module__": __name__,
        "success_keys": (*arguments, "shown"),
        **arguments,
    }
    made: type[Scanned] = type(f"Expect{check.__name__}", (Scanned,), namespace)
    return made


REGISTERED = tuple(_expectation(check) for check in CHECKS.values())
