"""A team's table in a file has the declared types, or is one clear line."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from slipway.data import table_file
from slipway.domain.errors import BadInput, UnknownReference

TIME = pa.timestamp("us", "UTC")
SCHEMA = pa.schema([("store", pa.string()), ("size", pa.float64()), ("opened", TIME)])
AT = datetime(2025, 1, 2, 3, tzinfo=UTC)


def test_words_stay_words_and_gaps_are_missing(tmp_path):
    """In a CSV file 007 is a word, an empty field is missing, another zone is the same time; order is free."""
    path = tmp_path / "stores.csv"
    path.write_text('opened,extra,size,store\n2025-01-02T04:00:00+01:00,x,3,007\n,y,,"a,\n b"\n')
    assert table_file.read(path, SCHEMA).to_pylist() == [
        {"store": "007", "size": 3.0, "opened": AT},
        {"store": "a,\n b", "size": None, "opened": None},
    ]


def test_parquet_is_cast_where_that_changes_no_meaning(tmp_path):
    """Whole numbers are good names and numbers, categories are their words."""
    table = pa.table({
        "store": pa.array([7, 8]), "size": pa.array([1, 2], pa.int32()),
        "opened": pa.array([AT, None], pa.timestamp("ns", "Europe/Berlin")),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "stores.parquet")
    found = table_file.read(tmp_path / "stores.parquet", SCHEMA).to_pylist()
    assert found[0] == {"store": "7", "size": 1.0, "opened": AT}


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"store": ["a"], "size": [1.0]}, "no column opened"),
        ({"store": ["a"], "size": [1.0], "opened": [datetime(2025, 1, 2)]}, "must be times with their zone"),  # noqa: DTZ001 - that is what is wrong with it
        ({"store": [1.5], "size": [1.0], "opened": [AT]}, "store of type double', must be words"),
        ({"store": ["a"], "size": ["1"], "opened": [AT]}, "size of type string', must be numbers"),
        ({"store": ["a"], "size": [1.0], "opened": [5]}, "opened of type int64"),
        ({"store": pa.array([], pa.string()), "size": pa.array([], pa.float64()),
          "opened": pa.array([], TIME)}, "no row"),
    ],
)  # fmt: skip
def test_what_would_be_guessed_is_refused(tmp_path, columns, said):
    """A lost column, a time without its zone, a fraction as a name: one line, and nothing is written."""
    pq.write_table(pa.table(columns), tmp_path / "stores.parquet")
    with pytest.raises(BadInput, match=said) as refused:
        table_file.read(tmp_path / "stores.parquet", SCHEMA)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["store,size,opened\na,big,\n", "store,size,opened\na,1,2025-01-02T03:00\n", "\x00\x01"]
)
def test_a_file_of_other_types_is_refused(tmp_path, text):
    """A word for a number, a time without a zone, or no table at all."""
    (tmp_path / "stores.csv").write_text(text)
    with pytest.raises(BadInput) as refused:
        table_file.read(tmp_path / "stores.csv", SCHEMA)
    assert "\n" not in str(refused.value)
    with pytest.raises(UnknownReference, match="an existing file"):
        table_file.read(tmp_path / "gone.csv", SCHEMA)
    (tmp_path / "stores.xlsx").write_text("x")
    with pytest.raises(BadInput, match=r"ends with \.csv"):
        table_file.read(tmp_path / "stores.xlsx", SCHEMA)
