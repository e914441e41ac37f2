"""The log on Spark: the same answers as DuckDB's, and one line where Spark is not there."""

import sys
from datetime import timedelta

import pytest
from slipway.data import engine, labels
from slipway.domain.errors import BadConfig, BadInput
from slipway.validation.checks import ValuesToBeBetween, ValuesToBeKnown
from slipway.validation.scan import Scan
from slipway.validation.split_checks import GroupsToStayApart, RowsNotToRepeatAcrossSplits
from slipway.validation.time_checks import ColumnToBeKnownBefore

DAY = timedelta(days=1)
CHECKS = (
    ValuesToBeKnown(column="genre"),
    ValuesToBeBetween(column="position", min_value=1, max_value=2),
    ColumnToBeKnownBefore(earlier="features_as_of", later="requested_at"),
    GroupsToStayApart(group="user", split_column="arm", sides=("control", "candidate")),
    RowsNotToRepeatAcrossSplits(
        columns=("item", "item_ctr"), split_column="arm", sides=("control", "candidate"), digits=3
    ),
)


@pytest.fixture(scope="module")
def spark():
    """A session on this machine; the installation that brings PySpark brings Java."""
    pytest.importorskip(
        "pyspark", reason="PySpark is not among the dependencies: the cluster has it"
    )
    with pytest.MonkeyPatch.context() as environment:
        words = "--master local[2] --conf spark.sql.shuffle.partitions=2 pyspark-shell"
        environment.setenv("PYSPARK_SUBMIT_ARGS", f"--conf spark.ui.enabled=false {words}")
        con = engine.connect("spark")
    yield con
    con.disconnect()


def test_without_pyspark_one_line_says_what_to_install(monkeypatch):
    """Asking for Spark where it is not installed is a wrong setting, not a traceback."""
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(BadConfig, match="SLIPWAY_ENGINE == 'spark, and no PySpark', must be "):
        engine.connect("spark")


def week(con, home, kit):
    """Three exposures of two parts that know their clicks, one of which came too late."""
    window = {"requested_from": kit.T0, "requested_to": kit.T0 + DAY}
    return labels.with_outcomes(
        con, home, kit.LINE, (kit.LINE.primary,), cut=kit.T0 + DAY, **window
    )


@pytest.fixture
def written(home, kit):
    """A log of two parts."""
    shown = [kit.Shown("a"), kit.Shown("b", minute=3)]
    kit.write(home, shown, [kit.Click("a", minute=5), kit.Click("a", minute=6)])
    kit.write(home, [kit.Shown("c", minute=90)], [kit.Click("b", minute=64)], part="later")
    return home


def test_spark_labels_the_same_rows(spark, written, kit):
    """Same columns, types, values and order, whoever asks."""
    one, other = (
        engine.fetch(con, week(con, written, kit).order_by("request_id"), written, kit.LINE)
        for con in (engine.connect(), spark)
    )
    assert other.cast(one.schema).equals(one)
    assert one["clicked"].to_pylist() == [1, 0, 0]


def test_spark_answers_every_question_of_a_scan_alike(spark, written, kit):
    """Counts, times, sides of a split and near duplicates are DuckDB's to the bit."""
    facts = [Scan(week(con, written, kit), CHECKS, con).facts for con in (engine.connect(), spark)]
    assert facts[0] == facts[1]
    assert facts[0]["rows"] == 3


def test_a_corrupt_part_is_named_whoever_reads(spark, written, kit):
    """Spark's own page of text becomes one line with the file."""
    bad = next((written / "log" / "exposures").rglob("later.parquet"))
    bad.write_bytes(b"")
    with pytest.raises(BadInput, match=r"later\.parquet"):
        engine.fetch(spark, week(spark, written, kit), written, kit.LINE)
