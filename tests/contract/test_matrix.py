"""One contract over kinds x sources x models x engines: every cell gives the same model from the same rows.

A cell that does not work yet is marked ``notyet`` with its error: on Spark alone, and never on DuckDB.
"""

import secrets
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import postgres_kit
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from slipway.artifact.load import load_ranker
from slipway.data import engine, own_tables, parts, snapshot
from slipway.data.matrix import matrix_of
from slipway.data.schema import exposure_schema
from slipway.demo import line_world
from slipway.demo.line_past import LinePast, generate
from slipway.demo.line_world import LineWorld
from slipway.domain.line import OutcomeKind, Single, Tables
from slipway.evaluation import parity
from slipway.training.deterministic import one_thread
from slipway.training.own import train_own
from slipway.training.predictions import train_predictions
from slipway.training.train import train
from support import matrix_lines

DAY = timedelta(days=1)
END = datetime(2025, 3, 28, 5, tzinfo=UTC)  # 06:00 in Berlin
NOW = END + timedelta(hours=3)
SOURCES = ("log", "parquet", "postgresql")
MODELS = {
    "Slipway's trees": None,
    **{
        name: getattr(matrix_lines, name)
        for name in ("linear", "forest", "boosted", "lightgbm", "xgboost", "catboost")
    },
}
LIBRARIES = ("lightgbm", "xgboost", "catboost")
"""No dependencies of Slipway: their cells run where they are installed."""
NAMES = {
    "request_id": "visit",
    "user": "customer",
    "requested_at": "asked",
    "arrived_at": "loaded_at",
}
CAME = {"request_id": "visit", "happened_at": "at", "arrived_at": "loaded_at", "value": "worth"}
SQL = {"string": "text", "int16": "int2", "int32": "int4", "bool": "boolean"}


def notyet(error, raised):
    """A cell of which it is known how it fails today; one that works must lose its mark."""
    return pytest.mark.xfail(strict=True, raises=raised, reason=f"notyet: {error}")


@pytest.fixture(scope="module", params=matrix_lines.KINDS)
def kind(request):
    """A kind of line with a kind of outcome."""
    return request.param


@pytest.fixture(scope="module")
def world(kind, tmp_path_factory):
    """A home with the log of a week of the kind's own world."""
    home = tmp_path_factory.mktemp("world")
    line = matrix_lines.line_of(kind)
    world = LineWorld(line, END - 7 * DAY)
    for _ in generate(LinePast(home, world, 220.0, "rules-1"), world.start, END):
        pass
    return home, world


def frozen(home, line):
    """The snapshot of the last day."""
    return snapshot.freeze(home, line, END - DAY, END, now=NOW, recipe=line.recipe)


def logged(home, line):
    """All rows of the log, as its parts hold them."""
    con = engine.connect()
    span = {"requested_from": END - 9 * DAY, "requested_to": END + DAY}
    rows = engine.exposures(con, home, line, arrived_before=END + DAY, **span)
    shown = engine.fetch(con, rows, home, line)
    files = sorted(parts.folder(home, line, parts.OUTCOMES_KIND).rglob("*.parquet"))
    came = pa.concat_tables(pq.ParquetFile(file).read() for file in files)
    wanted = [name for name in exposure_schema(line).names if name in shown.column_names]
    return shown.select(wanted), came


def as_a_team_has_it(home, line):
    """The same rows under the team's names, without what needs no column."""
    shown, came = logged(home, line)
    single = isinstance(line.exposure, Single)
    shown = shown.drop_columns(["item", "position", "propensity"] if single else [])
    came = came.drop_columns(["item"] if single else [])
    return tuple(
        table.rename_columns([names.get(n, n) for n in table.column_names])
        for table, names in ((shown, NAMES), (came, CAME))
    )


@contextmanager
def served(folder, source, tables):
    """Where the team's tables are, in Parquet or on a PostgreSQL server; None for Slipway's log."""
    if source == "log":
        yield None
        return
    renamed = {
        "columns": {own: ours for ours, own in NAMES.items()},
        "outcome_columns": {own: ours for ours, own in CAME.items()},
    }
    if source == "parquet":
        for name, table in zip(("shown", "came"), tables, strict=True):
            pq.write_table(table, folder / f"{name}.parquet")
        paths = {
            "exposures": str(folder / "shown.parquet"),
            "outcomes": str(folder / "came.parquet"),
        }
        yield Tables(**paths, **renamed)
        return
    word = secrets.token_hex(8)
    with postgres_kit.empty_server(word) as port, pytest.MonkeyPatch.context() as patch:
        url = f"postgres://postgres:{word}@127.0.0.1:{port}/postgres"
        with psycopg.connect(url) as con:
            for name, table in zip(("shown", "came"), tables, strict=True):
                _copy(con, name, table)
        patch.setenv("MATRIX_DB", url)
        yield Tables(exposures="public.shown", outcomes="public.came", url="$MATRIX_DB", **renamed)


def _copy(con, name, table):
    def sql(kind):
        return SQL.get(str(kind), "timestamptz" if pa.types.is_timestamp(kind) else "float8")

    typed = ", ".join(f'"{field.name}" {sql(field.type)}' for field in table.schema)
    con.execute(f"CREATE TABLE {name} ({typed})")
    names = ", ".join(f'"{n}"' for n in table.column_names)
    with con.cursor().copy(f"COPY {name} ({names}) FROM STDIN") as copy:
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            copy.write_row(row)


@pytest.fixture(scope="module")
def cells(world, tmp_path_factory):
    """The snapshot of each source; a source that is not there is None."""
    home, of = world
    found = {}
    for source in SOURCES:
        if source == "postgresql" and postgres_kit.why_not() is not None:
            found[source] = None
            continue
        folder = tmp_path_factory.mktemp(source)
        with served(folder, source, as_a_team_has_it(home, of.line)) as tables:
            mine = folder / "home" if tables else home
            line = replace(of.line, source=tables)
            if tables:
                line_world.write_entities(mine, line, of.entities)
                own_tables.take_over(mine, line, NOW)
            found[source] = frozen(mine, line)
    return found


def fitted(line, table, out):
    """The line's model, fitted on a snapshot."""
    if isinstance(line.exposure, Single):
        return train_predictions(table, line, line.recipe, out)
    own = line.recipe if hasattr(line.recipe, "factory") else None
    return (train_own if own else train)(table, line, line.recipe, out)


@pytest.mark.parametrize("model", MODELS)
def test_a_cell_gives_one_model_that_is_served_as_it_was_fitted(kind, cells, model, tmp_path):
    """Same snapshot from every source, so the same model; what is served answers as what was fitted."""
    if model in LIBRARIES:
        pytest.importorskip(
            model, reason=f"{model} is not installed: it is no dependency of Slipway"
        )
    line, prints = matrix_lines.line_of(kind, MODELS[model]), set()
    assert {table.digest for table in cells.values() if table} == {cells["log"].digest}
    with one_thread():
        for source, table in cells.items():
            if table is None:
                continue
            found = fitted(line, table, tmp_path / source)
            ranker = load_ranker(found.folder, line)
            rows = matrix_of(pq.read_table(table.path).to_pandas(), line)
            compared, differ = parity.mismatches(ranker, rows)
            assert (compared >= len(rows), differ) == (True, 0), source
            answers = ranker.score(rows)[0]
            assert answers.min() < answers.max(), source
            if line.primary.kind is OutcomeKind.BINARY:
                assert 0 <= answers.min() < answers.max() <= 1
            alone = np.concatenate([ranker.score(rows[k : k + 1])[0] for k in range(0, 60, 3)])
            np.testing.assert_allclose(alone, answers[:60:3], rtol=1e-9)
            prints.add(found.fingerprint)
    assert len(prints) == 1


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_is_there(cells, source):
    """A cell that is left out says which server is missing."""
    if cells[source] is None:
        pytest.skip(str(postgres_kit.why_not()))
    assert cells[source].rows > 500


@pytest.fixture(scope="module")
def spark():
    """A Spark session on this machine."""
    pytest.importorskip(
        "pyspark", reason="PySpark is not among the dependencies: the cluster has it"
    )
    with pytest.MonkeyPatch.context() as patch:
        words = "--master local[2] --conf spark.sql.shuffle.partitions=2 pyspark-shell"
        patch.setenv("PYSPARK_SUBMIT_ARGS", f"--conf spark.ui.enabled=false {words}")
        con = engine.connect("spark")
    yield con
    con.disconnect()


@notyet("PySpark backend does not yet support temporary tables", NotImplementedError)
def test_spark_freezes_the_same_snapshot(world, cells, spark, monkeypatch):
    """On Spark the snapshot is DuckDB's to the bit, and with it every model."""
    home, of = world
    monkeypatch.setattr(engine, "connect", lambda *_a, **_k: _Lasting(spark))
    assert frozen(home, of.line).digest == cells["log"].digest


class _Lasting:
    """A session that outlives who disconnects."""

    def __init__(self, con):
        self._con = con

    def __getattr__(self, name):
        return getattr(self._con, name)

    def disconnect(self):
        """Nothing."""
