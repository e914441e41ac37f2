"""Tables of one key are looked up apart: each has its own rows in its own order."""

from datetime import UTC, datetime

import pyarrow as pa
from slipway.data import catalog, feature_table, features
from slipway.domain.line import Column, Entity, Field, Line, Outcome, Sent, Single

NOW = datetime(2026, 1, 5, tzinfo=UTC)
LINE = Line(
    "twice",
    "Two tables by the store.",
    entities=(
        Entity("shop", {"area": "number"}, "store"),
        Entity("owner", {"age": "number"}, "store"),
    ),
    columns=(
        Column("store", "category", Sent()),
        Column("area", origin=Field("shop.area")),
        Column("age", origin=Field("owner.age")),
    ),
    outcomes=(Outcome("bought"),),
    exposure=Single(),
    rules="none",
)


def test_two_tables_of_one_key_are_not_taken_for_each_other(tmp_path):
    """A store that stands first in one table and last in the other has its own value in both."""
    catalog.write(tmp_path, LINE, pa.table({"shop": ["a", "b"], "area": [1.0, 2.0]}), "shop")
    catalog.write(tmp_path, LINE, pa.table({"owner": ["b", "a"], "age": [20.0, 10.0]}), "owner")
    features.compute(tmp_path, LINE, NOW)
    table = feature_table.load(tmp_path, LINE)
    for store, known in (("a", [1.0, 10.0]), ("b", [2.0, 20.0])):
        row = table.matrix("u", {"store": store}, ["answer"], NOW)[0]
        assert row[1:].tolist() == known
