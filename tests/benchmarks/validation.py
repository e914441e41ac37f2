"""A suite of 27 expectations over 5 M rows of 20 columns: pushed down, on pandas, and one bare scan.

``python tests/benchmarks/validation.py [--rows 5000000] [--peer pandera=/path/to/its/python]``

Every contender runs in a process of its own and asks the same 27 questions of the same Parquet file,
reading included: our suite inside Great Expectations (Data Docs left out for all), plain Great
Expectations on pandas, one hand-written DuckDB query with the same aggregates, and pandera where it
can be imported (by this Python, or by that of another environment). CPU seconds, because machines are
busy; the peak of memory is that of the whole process.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
THREADS = 2
NUMBERS = [f"x{k}" for k in range(12)]
CODES = ["c0", "c1", "c2"]
GOAL_SCAN, GOAL_PANDAS, GOAL_MB = 1.5, 5.0, 2048


PLAIN = {
    "table_to_have_rows": ("table_row_count_to_be_between", dict),
    "values_to_be_between": ("column_values_to_be_between", dict),
    "values_to_be_in_set": ("column_values_to_be_in_set", dict),
    "values_to_be_known": ("column_values_to_not_be_null", dict),
    "mean_to_be_between": ("column_mean_to_be_between", dict),
    "rows_to_be_unique": (
        "compound_columns_to_be_unique",
        lambda words: {"column_list": words["columns"]},
    ),
    "column_to_be_known_before": (
        "column_pair_values_a_to_be_greater_than_b",
        lambda words: {"column_A": words["later"], "column_B": words["earlier"], "or_equal": True},
    ),
}
"""Our words for a check, and Great Expectations' own with their arguments."""


def make(path: str, rows: int) -> None:
    """Write the table: 12 numbers, 3 codes, two words, two times and a label."""
    import duckdb

    numbers = ", ".join(
        f"(hash(i + {7 * k}) % 1000003) / 1000003.0 AS {n}" for k, n in enumerate(NUMBERS)
    )
    codes = ", ".join(f"(hash(i * {k + 3}) % {10 + k})::BIGINT AS {c}" for k, c in enumerate(CODES))
    duckdb.sql(
        f"""COPY (SELECT 'r' || (i // 10) AS request_id, 'film-' || (i % 10) AS item, {numbers},
        {codes}, TIMESTAMPTZ '2026-01-05 00:00:00+00' + INTERVAL (i // 10) MILLISECOND AS known_at,
        TIMESTAMPTZ '2026-01-05 00:00:01+00' + INTERVAL (i // 10) MILLISECOND AS requested_at,
        (hash(i) % 10 = 0)::TINYINT AS clicked FROM range({rows}) t(i)) TO '{path}'"""
    )


def questions() -> list[tuple[str, dict]]:
    """The 27 expectations by our words."""
    asked = [("table_to_have_rows", {"min_value": 1})]
    asked += [
        ("values_to_be_between", {"column": n, "min_value": 0, "max_value": 1}) for n in NUMBERS
    ]
    asked += [("values_to_be_in_set", {"column": c, "value_set": list(range(12))}) for c in CODES]
    asked += [("values_to_be_known", {"column": n}) for n in (*NUMBERS[:3], *CODES, "clicked")]
    asked += [
        ("mean_to_be_between", {"column": n, "min_value": 0, "max_value": 1})
        for n in ("x0", "clicked")
    ]
    asked += [("rows_to_be_unique", {"columns": ["request_id", "item"]})]
    asked += [("column_to_be_known_before", {"earlier": "known_at", "later": "requested_at"})]
    return asked


def ours(path: str) -> int:
    """The suite on the scan, inside Great Expectations; reading is part of it."""
    import great_expectations as gx
    import pandas as pd
    from slipway.data import engine
    from slipway.validation.catalogue import make as check_of
    from slipway.validation.expectations import SCAN
    from slipway.validation.scan import Scan

    begun = start()
    con = engine.connect(threads=THREADS)
    checks = [check_of(f"expect_{kind}", words, "benchmark") for kind, words in questions()]
    scan = Scan(con.read_parquet(path), checks, con)
    items = [
        {"type": f"expect_{kind}", "kwargs": words, "description": f"{place}"}
        for place, (kind, words) in enumerate(questions())
    ]
    met = in_gx(gx, pd.DataFrame({SCAN: [scan]}), items)
    return report(begun, met)


def plain(path: str) -> int:
    """The same on pandas with Great Expectations' own expectations."""
    import great_expectations as gx
    import pandas as pd

    begun = start()
    items = [
        {
            "type": f"expect_{PLAIN[kind][0]}",
            "kwargs": PLAIN[kind][1](words),
            "description": f"{place}",
        }
        for place, (kind, words) in enumerate(questions())
    ]
    return report(begun, in_gx(gx, pd.read_parquet(path), items))


def in_gx(gx, frame, items) -> bool:
    """Validate ``frame`` in an ephemeral context, without Data Docs."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("bench").add_dataframe_asset("table")
    whole = asset.add_batch_definition_whole_dataframe("whole")
    suite = context.suites.add(gx.ExpectationSuite(name="bench", expectations=items))
    definition = gx.ValidationDefinition(name="bench", data=whole, suite=suite)
    context.validation_definitions.add(definition)
    found = definition.run(batch_parameters={"dataframe": frame}, result_format="BASIC")
    assert len(found.results) == len(items)
    return bool(found.success)


def bare(path: str) -> int:
    """One hand-written query with the same aggregates."""
    import duckdb

    begun = start()
    con = duckdb.connect()
    con.execute(
        f"SET threads = {THREADS}; SET preserve_insertion_order = false; SET memory_limit = '2GB'"
    )
    parts = ["count(*)"]
    parts += [f"count(*) FILTER ({n} < 0 OR {n} > 1)" for n in NUMBERS]
    parts += [f"count(*) FILTER ({c} NOT IN ({', '.join(map(str, range(12)))}))" for c in CODES]
    parts += [f"count({n})" for n in (*NUMBERS[:3], *CODES, "clicked")]
    parts += ["avg(x0)", "avg(clicked)", "count(DISTINCT (request_id, item))"]
    parts += ["count(*) FILTER (NOT coalesce(known_at <= requested_at, false))"]
    row = con.execute(f"SELECT {', '.join(parts)} FROM '{path}'").fetchall()[0]
    return report(begun, not any(row[1:16]) and row[-2] == row[0] and not row[-1])


def pandera(path: str) -> int:
    """The same as a pandera schema on pandas."""
    import pandas as pd
    import pandera.pandas as pa

    begun = start()
    frame = pd.read_parquet(path)
    inside = pa.Check.between(0, 1)
    columns = {n: pa.Column(float, inside, nullable=n not in NUMBERS[:3]) for n in NUMBERS}
    columns |= {c: pa.Column(int, pa.Check.isin(list(range(12)))) for c in CODES}
    columns["clicked"] = pa.Column("int8", nullable=False)
    schema = pa.DataFrameSchema(
        columns,
        checks=[
            pa.Check(lambda df: len(df) > 0),
            pa.Check(lambda df: df["known_at"] <= df["requested_at"]),
            pa.Check(lambda df: 0 <= df["x0"].mean() <= 1),
            pa.Check(lambda df: 0 <= df["clicked"].mean() <= 1),
        ],
        unique=["request_id", "item"],
    )
    schema.validate(frame)
    return report(begun, met=True)


def start() -> tuple[float, float]:
    """CPU and wall seconds; imports are done."""
    return time.process_time(), time.perf_counter()


def report(begun: tuple[float, float], met: bool) -> int:
    """Print what it cost; a suite that was not met is an error of the benchmark."""
    assert met
    mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    cpu, wall = time.process_time() - begun[0], time.perf_counter() - begun[1]
    sys.stdout.write(json.dumps({"cpu": cpu, "wall": wall, "mb": mb}) + "\n")
    return 0


def once(python: str, who: str, path: str) -> dict | None:
    """Run one contender in its own process; None where its library is missing."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [python, __file__, "--only", who, "--path", path],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if "ModuleNotFoundError" in done.stderr:
        return None
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    """Print the table; the exit code says whether the goals were met."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, default=5_000_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--peer", default="", help="pandera=/path/to/python")
    arguments.add_argument("--only", default="")
    arguments.add_argument("--path", default="")
    given = arguments.parse_args()
    if given.only:
        return globals()[given.only](given.path)
    from rich.console import Console
    from rich.table import Table

    pythons = dict.fromkeys(("bare", "ours", "plain", "pandera"), sys.executable)
    if given.peer:
        name, _, python = given.peer.partition("=")
        pythons[name] = python
    table = Table("contender", "CPU s", "wall s", "peak MB", "x bare scan")
    best: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/table.parquet"
        make(path, given.rows)
        for who, python in pythons.items():
            runs = [once(python, who, path) for _ in range(1 if who == "plain" else given.runs)]
            if runs[0] is None:
                table.add_row(who, "not installed", "", "", "")
                continue
            best[who] = min((r for r in runs if r), key=lambda r: r["cpu"])
            cost = best[who]
            ratio = f"{cost['cpu'] / best['bare']['cpu']:.2f}"
            table.add_row(who, f"{cost['cpu']:.2f}", f"{cost['wall']:.2f}", f"{cost['mb']}", ratio)
    Console(width=100).print(table)
    scan = best["ours"]["cpu"] / best["bare"]["cpu"]
    pandas = best["plain"]["cpu"] / best["ours"]["cpu"]
    fine = scan <= GOAL_SCAN and pandas >= GOAL_PANDAS and best["ours"]["mb"] <= GOAL_MB
    sys.stdout.write(
        f"{len(questions())} expectations, {given.rows:,} rows: {scan:.2f} x the bare scan (goal {GOAL_SCAN}),"
        f" {pandas:.1f} x faster than pandas (goal {GOAL_PANDAS}), {best['ours']['mb']} MB\n"
    )
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
