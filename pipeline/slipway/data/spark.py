"""The log's tables on Spark in place of DuckDB, for checks of a log that one machine should not scan.

PySpark is not among the dependencies: the cluster brings the release that it runs. Where its master
is and what it may use is said to Spark itself (``spark-defaults.conf``, ``PYSPARK_SUBMIT_ARGS``).
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import ibis

from slipway.domain.errors import BadConfig


def connect() -> Any:  # Ibis is untyped
    """The Spark session of this process, or a new one; raises BadConfig without PySpark."""
    try:
        from pyspark.sql import SparkSession  # an engine of choice, and heavy
    except ImportError as error:
        raise BadConfig(
            "SLIPWAY_ENGINE",
            found="spark, and no PySpark",
            expected="PySpark of the cluster's release, from 4.0",
            next_step="pip install 'pyspark>=4' beside Slipway, or leave the variable out",
        ) from error
    return ibis.pyspark.connect(SparkSession.builder.appName("slipway").getOrCreate())


def read_parquet(
    con: Any, files: Sequence[str], wanted: Mapping[str, Any]
) -> Any:  # Ibis is untyped
    """The files as one table with the columns of them all, in their ``wanted`` types.

    Spark's times are instants, but Ibis takes them for times without zone.
    """
    read = con._session.read.option("mergeSchema", "true")  # noqa: SLF001 - Ibis reads one path only
    name = ibis.util.gen_name("parts")
    read.parquet(*files).createTempView(name)
    table = con.table(name)
    return table.cast({column: wanted[column] for column in table.columns if column in wanted})


def errors() -> tuple[type[Exception], ...]:
    """What Spark raises; nothing while no Spark is in use."""
    if "pyspark" not in sys.modules:
        return ()
    from py4j.protocol import Py4JError  # only where Spark is set
    from pyspark.errors import PySparkException  # only where Spark is set

    return PySparkException, Py4JError
