"""Own expectations: is every model input known at inference, and is time what it should be?

They are registered with Great Expectations by being imported. Their arguments stand in the suite's
JSON; ``$PARAMETER`` ones are filled from the line and the recipe of the run.
"""

from typing import Any

from great_expectations.core.suite_parameters import SuiteParameterDict
from great_expectations.expectations.expectation import BatchExpectation

from pipeline.domain.line import Availability
from pipeline.validation import metrics as _metrics  # noqa: F401 - importing registers them

MEANING = {
    Availability.REQUEST: "comes with the request",
    Availability.AS_OF: "known from the log before the request",
    Availability.DECISION: "set by the ranking itself",
    Availability.AFTER: "known only after the user acted",
}


class ExpectModelInputsToBeAvailableAtInference(BatchExpectation):
    """Every input of the model is a column that is known before the ranking.

    ``inputs`` are the recipe's inputs, ``availability`` says of each declared column of the line
    when it becomes known. An input that is not in the table, or not declared, fails.
    """

    inputs: list[str] | SuiteParameterDict
    availability: SuiteParameterDict | dict[str, str]

    metric_dependencies = ("table.columns",)
    success_keys = ("inputs", "availability")
    domain_keys = ("batch_id", "table")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - GX's signature
        execution_engine: Any = None,  # noqa: ANN401, ARG002 - GX's signature
    ) -> dict[str, Any]:
        kwargs = self.configuration.kwargs
        known = kwargs["availability"]
        wrong = {}
        for name in kwargs["inputs"]:
            if name not in known:
                wrong[name] = "not declared in the line"
            elif name not in metrics["table.columns"]:
                wrong[name] = "not in the training table"
            elif not Availability(known[name]).may_be_input:
                when = Availability(known[name])
                wrong[name] = f"{MEANING[when]} ({when})"
        said = [f"{name} is {why}" for name, why in wrong.items()]
        return {
            "success": not wrong and bool(kwargs["inputs"]),
            "result": {"observed_value": "; ".join(said) or f"{len(kwargs['inputs'])} inputs"},
        }


class ExpectNoInputToBeThePlaceInTheList(BatchExpectation):
    """No input counts the items of a list, whatever its name and declaration say.

    Fails when a column of ``columns`` is a permutation of 1..k (or 0..k-1, backwards, or 1/place)
    in more than ``max_share`` of the lists.
    """

    columns: list[str] | SuiteParameterDict
    list_column: str
    max_share: float

    metric_dependencies = ("table.place_shares",)
    success_keys = ("columns", "list_column", "max_share")
    domain_keys = ("batch_id", "table")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - GX's signature
        execution_engine: Any = None,  # noqa: ANN401, ARG002 - GX's signature
    ) -> dict[str, Any]:
        shares = metrics["table.place_shares"]
        wrong = {n: s for n, s in shares.items() if s > self.configuration.kwargs["max_share"]}
        said = [f"{n} is the place in the list in {s:.0%} of the lists" for n, s in wrong.items()]
        highest = max(shares.values(), default=0.0)
        return {
            "success": not wrong,
            "result": {"observed_value": "; ".join(said) or f"at most {highest:.1%} of the lists"},
        }


class ExpectColumnToBeKnownBefore(BatchExpectation):
    """``earlier`` lies before ``later`` (``strictly``, or at the same time) in every row.

    A missing time fails on either side: what is not known cannot be proven early enough. ``mostly``
    is the fraction of rows that must be right.
    """

    earlier: str
    later: str
    strictly: bool = False
    mostly: float = 1.0

    metric_dependencies = ("table.rows_not_before",)
    success_keys = ("earlier", "later", "strictly", "mostly")
    domain_keys = ("batch_id", "table")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - GX's signature
        execution_engine: Any = None,  # noqa: ANN401, ARG002 - GX's signature
    ) -> dict[str, Any]:
        found = metrics["table.rows_not_before"]
        allowed = (1 - self.configuration.kwargs.get("mostly", 1.0)) * found["rows"]
        said = f"{found['wrong']} of {found['rows']} rows are not"
        return {
            "success": found["rows"] > 0 and found["wrong"] <= allowed,
            "result": {"observed_value": said},
        }


class ExpectSplitsToFollowInTime(BatchExpectation):
    """Each split of ``order`` is there, ends before the next begins, and shares no list with it."""

    split_column: str
    time_column: str
    list_column: str
    order: list[str]

    metric_dependencies = ("table.splits_mixed",)
    success_keys = ("split_column", "time_column", "list_column", "order")
    domain_keys = ("batch_id", "table")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - GX's signature
        execution_engine: Any = None,  # noqa: ANN401, ARG002 - GX's signature
    ) -> dict[str, Any]:
        found = metrics["table.splits_mixed"]
        said = []
        if found["missing"]:
            said.append(f"no rows of {', '.join(found['missing'])}")
        if found["late"]:
            said.append("they overlap in time")
        if found["mixed"]:
            said.append(f"{found['mixed']} lists are in both")
        return {
            "success": not said,
            "result": {"observed_value": "; ".join(said) or "in order, no list in both"},
        }
