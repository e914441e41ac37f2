"""Parts: whole tables written once, in the folder of their arrival."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from slipway.data import log, parts
from slipway.domain.errors import BadInput


def test_writing_a_part_again_changes_nothing(home, kit):
    """A part keeps its first content: a bulk writer that is run again is harmless."""
    kit.write(home, [kit.Shown("r1")])
    files = {p: p.read_bytes() for p in (home / "log").rglob("*.parquet")}
    kit.write(home, [kit.Shown("r2"), kit.Shown("r3")])
    assert {p: p.read_bytes() for p in (home / "log").rglob("*.parquet")} == files


def test_rows_out_of_order_are_split_by_their_arrival(home, kit):
    """Each row goes to its own hour, however the table is ordered."""
    kit.write(home, [kit.Shown(f"r{m}", minute=m) for m in (130, 5, 70, 10, 125)])
    sizes = [
        pq.ParquetFile(p).read().num_rows
        for p in parts.paths(home, kit.LINE, "exposures", None, kit.at(1000))
    ]
    assert sizes == [2, 1, 2]


def test_a_table_of_another_shape_is_refused(home, kit):
    """A missing or extra column is named, and nothing is written."""
    shown = kit.exposures([kit.Shown("r1")])
    with pytest.raises(BadInput, match="user_ctr"):
        log.write_parts(home, kit.LINE, shown.drop_columns(["user_ctr"]), kit.outcomes([]), "p")
    extra = shown.append_column("surprise", pa.array([1]))
    with pytest.raises(BadInput, match="surprise"):
        log.write_parts(home, kit.LINE, extra, kit.outcomes([]), "p")
    assert not (home / "log").exists()


def test_values_of_another_type_are_refused(home, kit):
    """A column that cannot be cast, or has a hole where none may be, is one clear error."""
    shown = kit.exposures([kit.Shown("r1")])
    place = shown.column_names.index("epoch")
    for wrong in (["three"], [None]):
        table = shown.set_column(place, "epoch", pa.array(wrong))
        with pytest.raises(BadInput, match="exposures"):
            log.write_parts(home, kit.LINE, table, kit.outcomes([]), "p")
    assert not (home / "log").exists()


def test_an_arrival_before_the_request_is_refused(home, kit):
    """A row cannot arrive before it was asked for."""
    with pytest.raises(BadInput, match="arrived_at"):
        kit.write(home, [kit.Shown("r1", minute=10, delay=-1)])
