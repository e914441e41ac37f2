"""A team's own tables become the same log and snapshot, whatever holds them and whatever they call things."""

import secrets
from dataclasses import replace
from datetime import timedelta

import log_kit as kit
import postgres_kit
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from slipway.data import catalog, log, own_tables, snapshot
from slipway.domain.errors import BadConfig, BadInput, LogIncomplete, NotComputable
from slipway.domain.line import Tables
from slipway.lines.definition import compiled

END = kit.T0 + 2 * kit.WEEK
NOW = END + timedelta(hours=1)
NAMES = {
    "request_id": "impression",
    "user": "customer",
    "requested_at": "ts",
    "arrived_at": "loaded_at",
    "genre": "kind_of_film",
    "item": "sku",
    "position": "slot",
}
CAME = {"request_id": "impression", "item": "sku", "happened_at": "ts", "arrived_at": "loaded_at"}
COLUMNS = {own: ours for ours, own in NAMES.items()}
OUTCOME_COLUMNS = {own: ours for ours, own in CAME.items()}
UNSAID = [
    "stage",
    "epoch",
    "fallback",
    "shadow_version",
    "shadow_latency_ms",
    "shadow_ok",
    "shadow_score",
]
CONSTANT = {"arm": "champion", "version": "1", "propensity": 1.0}


def tables():
    """Two weeks of exposures and outcomes as a team would hold them."""
    shown, clicks = kit.two_weeks()
    exposures = kit.exposures(shown).drop_columns([*UNSAID, *CONSTANT])
    came = kit.outcomes(clicks).drop_columns(["kind", "delivery_id"])
    return tuple(
        table.rename_columns([names.get(n, n) for n in table.column_names])
        for table, names in ((exposures, NAMES), (came, CAME))
    )


def parquet(folder, shown=None, came=None):
    """The two tables as files; returns where they are."""
    folder.mkdir(exist_ok=True)
    for name, table, usual in zip(("shown", "came"), (shown, came), tables(), strict=True):
        pq.write_table(usual if table is None else table, folder / f"{name}.parquet")
    return {"exposures": str(folder / "shown*.parquet"), "outcomes": str(folder / "came.parquet")}


def declared(**where):
    """The line, read from these tables."""
    given = {"columns": COLUMNS, "outcome_columns": OUTCOME_COLUMNS, "constants": CONSTANT}
    return replace(kit.LINE, source=Tables(**given | where))


def frozen(home, line):
    """The digest of the snapshot of the last week, taken over in a home of its own."""
    catalog.write(home, line, kit.catalogue())
    own_tables.take_over(home, line, NOW)
    return snapshot.freeze(home, line, END - kit.WEEK, END, now=NOW, recipe=line.recipe).digest


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """The digest of the same rows in Slipway's own log."""
    home = tmp_path_factory.mktemp("logged")
    catalog.write(home, kit.LINE, kit.catalogue())
    kit.write(home, *kit.two_weeks())
    return snapshot.freeze(
        home, kit.LINE, END - kit.WEEK, END, now=NOW, recipe=kit.LINE.recipe
    ).digest


def test_parquet_of_other_names_gives_the_same_snapshot(tmp_path, logged):
    """The team's names, types and order of columns are no part of what was frozen."""
    shown, came = tables()
    shown = shown.select(sorted(shown.column_names))
    assert frozen(tmp_path, declared(**parquet(tmp_path / "own", shown, came))) == logged


@pytest.mark.skipif(postgres_kit.why_not() is not None, reason=str(postgres_kit.why_not()))
def test_postgresql_gives_the_same_snapshot(tmp_path, logged, monkeypatch):
    """A real server's tables, read through a URL that stands in no line."""
    word, kinds = (
        secrets.token_hex(8),
        {"timestamp[us, tz=UTC]": "timestamptz", "string": "text", "int16": "int2"},
    )
    with postgres_kit.empty_server(word) as port:
        url = f"postgresql://postgres:{word}@127.0.0.1:{port}/postgres"
        with psycopg.connect(url) as con:
            con.execute("CREATE SCHEMA shop")
            for name, table in zip(("shown", "came"), tables(), strict=True):
                typed = ", ".join(
                    f'"{f.name}" {kinds.get(str(f.type), "float8")}' for f in table.schema
                )
                con.execute(f"CREATE TABLE shop.{name} ({typed})")
                marks = ", ".join(["%s"] * table.num_columns)
                rows = [list(row.values()) for row in table.to_pylist()]
                con.cursor().executemany(f"INSERT INTO shop.{name} VALUES ({marks})", rows)
        monkeypatch.setenv("SHOP_DB", url.replace("postgresql", "postgres"))
        line = declared(url="$SHOP_DB", exposures="shop.shown", outcomes="shop.came")
        assert word not in compiled(line).to_text()
        assert frozen(tmp_path, line) == logged
        monkeypatch.setenv("SHOP_DB", "")
        with pytest.raises(BadInput, match="which is not set"):
            own_tables.take_over(tmp_path, line, NOW)
    monkeypatch.setenv("SHOP_DB", url.replace("postgresql", "postgres"))
    with pytest.raises(NotComputable, match=r"feed\.source\.url") as gone:
        own_tables.take_over(tmp_path, line, NOW)
    assert "\n" not in str(gone.value)


def test_rows_are_taken_once_as_they_arrive(tmp_path, logged):
    """Time after time what became readable is added; a table that is edited later changes nothing."""
    line = declared(**parquet(tmp_path / "own"))
    catalog.write(tmp_path, line, kit.catalogue())
    with pytest.raises(LogIncomplete):
        log.require_complete(tmp_path, line, kit.T0, NOW)
    first = own_tables.take_over(tmp_path, line, END - timedelta(days=3))
    assert log.complete_until(tmp_path, line, NOW) == END - timedelta(days=3) - line.source.settled
    shown, came = tables()
    older = pc.less(shown["loaded_at"], pa.scalar(END - kit.WEEK, shown["loaded_at"].type))
    edited = pc.if_else(older, 13.0, shown["kind_of_film"])
    place = shown.column_names.index("kind_of_film")
    parquet(tmp_path / "own", shown.set_column(place, "kind_of_film", edited), came)
    second = own_tables.take_over(tmp_path, line, NOW)
    assert first + second == len(shown) + len(came)
    assert own_tables.take_over(tmp_path, line, NOW) == 0
    assert frozen(tmp_path, line) == logged


def test_a_batch_that_was_stopped_is_taken_again_under_its_name(tmp_path, logged, monkeypatch):
    """A process that died between its rows and its note leaves no row twice."""
    line = declared(**parquet(tmp_path / "own"))
    with monkeypatch.context() as patched:
        patched.setattr(own_tables.parts, "write_parts", dies_after(own_tables.parts.write_parts))
        with pytest.raises(OSError, match="killed"):
            own_tables.take_over(tmp_path, line, END)
    files = set((tmp_path / "log").rglob("*.parquet"))
    assert frozen(tmp_path, line) == logged
    assert files < set((tmp_path / "log").rglob("*.parquet"))
    rows = [
        pq.read_table(path, partitioning=None).num_rows
        for path in (tmp_path / "log").rglob("*.parquet")
    ]
    assert sum(rows) == sum(len(table) for table in tables())


def dies_after(work):
    """The same, but nothing comes after it."""

    def once(*words):
        work(*words)
        raise OSError("killed")

    return once


def changed(name, values):
    """The exposures with other values in a column."""
    shown, came = tables()
    return shown.set_column(shown.column_names.index(name), name, values(shown[name])), came


BAD = {
    "lost": (lambda: (tables()[0].drop_columns(["kind_of_film"]), None), "kind_of_film: genre"),
    "unmapped": (lambda: (tables()[0].drop_columns(["item_ctr"]), None), "no item_ctr"),
    "type": (lambda: changed("age_band", lambda c: c.cast(pa.string())), "age_band == 'string', must be numbers"),
    "zone": (lambda: changed("ts", lambda c: c.cast(pa.timestamp("us"))), "must be times with their zone"),
    "null": (lambda: changed("customer", lambda c: pa.nulls(len(c), pa.string())), "customer == 'missing in 6 of"),
    "twice": (lambda: (pa.concat_tables([tables()[0]] * 2), None), " rows of a request and item that have one already"),
    "early": (lambda: changed("loaded_at", lambda c: pc.subtract(c, timedelta(hours=2))), "arrived_at"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_table_that_does_not_fit_is_one_line_and_nothing_is_written(tmp_path, what):
    """Column, what was found, what was expected and what to do; the log stays as it was."""
    made, said = BAD[what]
    line = declared(**parquet(tmp_path / "own", *made()))
    with pytest.raises(BadInput) as refused:
        own_tables.take_over(tmp_path, line, NOW)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not list((tmp_path / "log").rglob("*.parquet"))


def test_a_file_among_others_that_lost_a_column_is_refused(tmp_path):
    """The column is not taken as missing in the rows of that file."""
    where = parquet(tmp_path / "own")
    pq.write_table(tables()[0].drop_columns(["kind_of_film"]), tmp_path / "own" / "shown_2.parquet")
    with pytest.raises(NotComputable, match="kind_of_film"):
        own_tables.take_over(tmp_path, declared(**where), NOW)
    assert not list((tmp_path / "log").rglob("*.parquet"))


def test_without_an_arrival_a_reason_must_be_written():
    """Nobody can prove what was known when: the line says why it is trained all the same, or is refused."""
    plain = {own: ours for own, ours in COLUMNS.items() if ours != "arrived_at"}
    where = {"exposures": "a", "outcomes": "b", "columns": plain, "outcome_columns": {}}
    with pytest.raises(BadConfig, match=r"source\.arrived_at == None, must be mapped for both"):
        Tables(**where)
    assert Tables(**where, without_arrival="loaded every night, as the warehouse team says")
    with pytest.raises(BadConfig, match=r"source\.arrived_at == 'both'"):
        Tables(
            "a", "b", columns=COLUMNS, outcome_columns=OUTCOME_COLUMNS, without_arrival="no need"
        )
    with pytest.raises(BadConfig, match=r"source\.url == 'a password'"):
        declared(url="postgres://me:secret@host/db", exposures="a", outcomes="b")
