"""A snapshot is read as arrays, or refused with one clear sentence."""

from dataclasses import replace

import numpy as np
import pytest
from slipway.domain.errors import BadInput
from slipway.training import dataset


def test_rows_are_ordered_by_request_and_place(frame, line, tmp_path):
    """The order of rows in the file does not matter."""
    shuffled = frame.sample(frac=1, random_state=3)
    shuffled.to_parquet(tmp_path / "a.parquet")
    rows = dataset.rows_of(dataset.load(tmp_path / "a.parquet", line), line, "train")
    straight = dataset.rows_of(frame, line, "train")
    assert np.array_equal(rows.features, straight.features)
    assert np.array_equal(rows.clicked, straight.clicked)
    assert rows.request.tolist() == straight.request.tolist()


def test_features_come_in_declared_order(frame, line):
    """Column j of the matrix is feature j of the line."""
    rows = dataset.rows_of(frame, line, "holdout")
    part = frame[frame["split"] == "holdout"]
    for column in line.features:
        assert np.array_equal(rows.column(line, column.name), part[column.name])


def test_only_the_explore_arm_counts_as_explored(frame, line):
    """Examination may be learned from shuffled lists alone."""
    rows = dataset.rows_of(frame, line, "train")
    part = frame[frame["split"] == "train"]
    assert np.array_equal(rows.explored, part["arm"] == "explore")


def test_of_slots_and_swaps_the_item_from_below_the_list_counts_as_explored(frame, line):
    """Where the model set the order, a place says something of its item, so it teaches no examination."""
    exposure = replace(line.exposure, exploration="slot_and_swaps")
    places = np.where(np.arange(len(frame)) % 10 == 3, 0, frame["position"]).astype(float)
    rows = dataset.rows_of(
        frame.assign(model_position=places), replace(line, exposure=exposure), "train"
    )
    arm = frame.loc[frame["split"] == "train", "arm"].to_numpy() == "explore"
    zero = places[(frame["split"] == "train").to_numpy()] == 0
    assert rows.explored.tolist() == (arm & zero).tolist()
    assert rows.explored.any()


@pytest.mark.parametrize("bytes_", [b"", b"PAR1 and then the disk was full", b"\x00" * 100])
def test_damaged_file_is_refused_by_name(tmp_path, line, bytes_):
    """A half-written snapshot is one clear error that names the file."""
    (tmp_path / "week.parquet").write_bytes(bytes_)
    with pytest.raises(BadInput, match=r"snapshot week\.parquet"):
        dataset.load(tmp_path / "week.parquet", line)


def test_missing_file_is_refused_by_name(tmp_path, line):
    """A snapshot that is not there is one clear error."""
    with pytest.raises(BadInput, match=r"snapshot nowhere\.parquet"):
        dataset.load(tmp_path / "nowhere.parquet", line)


def test_missing_columns_are_named(frame, line, tmp_path):
    """A snapshot of an older declaration is refused with the columns it lacks."""
    frame.drop(columns=["item_ctr", "clicked"]).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(BadInput, match=r"without clicked, item_ctr"):
        dataset.load(tmp_path / "a.parquet", line)


def test_no_rows_are_refused(frame, line, tmp_path):
    """An empty table is not a training table."""
    frame.head(0).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(BadInput, match="no rows"):
        dataset.load(tmp_path / "a.parquet", line)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f[f["split"] != "train"], "no rows"),
        (lambda f: f.assign(clicked=0), r"only the labels \[0\.0\]"),
        (lambda f: f.assign(item_ctr=np.inf), "infinite"),
        (lambda f: f.assign(position=0), "position 0"),
    ],
)
def test_rows_nothing_can_be_learned_from_are_refused(frame, line, change, said):
    """An empty split, one class, infinite features and impossible places each say so."""
    with pytest.raises(BadInput, match=said):
        dataset.rows_of(change(frame), line, "train")
