"""Metrics behind the own expectations: one number or mapping each, computed once per table."""

from itertools import pairwise
from typing import Any

import numpy as np
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from pipeline.stats.places import list_codes, place_share


def _frame(engine: Any, domain: dict[str, Any]) -> Any:  # noqa: ANN401 - GX is untyped
    frame, _, _ = engine.get_compute_domain(domain, domain_type="table")
    return frame


class PlaceShares(TableMetricProvider):
    """Per column of ``columns``: the share of lists in which it counts the items."""

    metric_name = "table.place_shares"
    value_keys = ("columns", "list_column")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805 - GX calls it on the class
        execution_engine: Any,  # noqa: ANN401 - GX is untyped
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: Any,  # noqa: ANN401 - GX passes more than is needed
    ) -> dict[str, float]:
        frame = _frame(execution_engine, metric_domain_kwargs)
        lists = list_codes(frame[metric_value_kwargs["list_column"]])
        numbers = frame.select_dtypes("number").columns
        return {
            name: place_share(frame[name], lists)
            for name in metric_value_kwargs["columns"]
            if name in numbers
        }


class RowsNotBefore(TableMetricProvider):
    """Rows in which ``earlier`` is missing, ``later`` is missing, or ``earlier`` is the later."""

    metric_name = "table.rows_not_before"
    value_keys = ("earlier", "later", "strictly")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805 - GX calls it on the class
        execution_engine: Any,  # noqa: ANN401 - GX is untyped
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: Any,  # noqa: ANN401 - GX passes more than is needed
    ) -> dict[str, int]:
        frame = _frame(execution_engine, metric_domain_kwargs)
        earlier = frame[metric_value_kwargs["earlier"]]
        later = frame[metric_value_kwargs["later"]]
        fine = earlier < later if metric_value_kwargs["strictly"] else earlier <= later
        return {"rows": len(frame), "wrong": int(np.count_nonzero(~fine.to_numpy(dtype=bool)))}


class SplitsMixed(TableMetricProvider):
    """Lists in more than one split, and pairs of splits that overlap in time."""

    metric_name = "table.splits_mixed"
    value_keys = ("split_column", "time_column", "list_column", "order")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805 - GX calls it on the class
        execution_engine: Any,  # noqa: ANN401 - GX is untyped
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: Any,  # noqa: ANN401 - GX passes more than is needed
    ) -> dict[str, Any]:
        frame = _frame(execution_engine, metric_domain_kwargs)
        by_split = frame.groupby(metric_value_kwargs["split_column"], observed=True)
        times = by_split[metric_value_kwargs["time_column"]].agg(["min", "max"])
        parts = by_split[metric_value_kwargs["list_column"]].unique()
        wanted = metric_value_kwargs["order"]
        order = [name for name in wanted if name in times.index]
        mixed = late = 0
        for before, after in pairwise(order):
            late += int(not times.loc[before, "max"] < times.loc[after, "min"])
            mixed += len(set(parts[before]) & set(parts[after]))
        return {"missing": sorted(set(wanted) - set(order)), "mixed": mixed, "late": late}
