"""Whatever is wrong with a table, it is said in one clear line."""

import numpy as np
import pytest
from audit_kit import honest
from slipway.audit.run import audit
from slipway.domain.errors import BadInput


def table(tmp_path, frame, name="t.csv"):
    frame.to_csv(tmp_path / name, index=False)
    return tmp_path / name


def refused(path, **words):
    with pytest.raises(BadInput) as error:
        audit(path, **{"label": "label", "time": ("at",), **words})
    said = str(error.value)
    assert "\n" not in said
    assert len(said) < 400
    return said


def test_missing_file_and_empty_files(tmp_path):
    """No file, no bytes, a header without rows: each is named."""
    assert "nowhere.csv" in refused(tmp_path / "nowhere.csv")
    (tmp_path / "none.csv").write_text("")
    assert "an empty file" in refused(tmp_path / "none.csv")
    (tmp_path / "head.csv").write_text("at,label\n")
    assert "rows of the table == 0" in refused(tmp_path / "head.csv")


def test_columns_that_are_not_there(tmp_path):
    """A label, time or group that the table lacks is told with the columns that it has."""
    path = table(tmp_path, honest(200))
    for words in ({"label": "lable"}, {"time": ("when",)}, {"group": "usr"}):
        assert "rate_of_month" in refused(path, **words)


def test_rows_of_different_lengths(tmp_path):
    """A row with a field too many leaves one column of everything: the header is shown."""
    rows = [f"2026-01-05,{k},{k % 2}{',9' * (k == 77)}" for k in range(200)]
    (tmp_path / "ragged.csv").write_text("\n".join(["at,x,label", *rows]))
    assert "one column, 'at,x,label'" in refused(tmp_path / "ragged.csv")


@pytest.mark.parametrize(("value", "said"), [(1, "one value, 1"), (np.nan, "missing in every row")])
def test_labels_that_teach_nothing(tmp_path, value, said):
    """One class or a label that is missing everywhere is refused."""
    assert said in refused(table(tmp_path, honest(200).assign(label=value)))


def test_a_label_of_free_text(tmp_path):
    """Hundreds of different words are no label."""
    frame = honest(300).assign(label=[f"comment {k}" for k in range(300)])
    assert "different words" in refused(table(tmp_path, frame))


def test_bytes_that_are_not_utf8(tmp_path):
    """Latin-1 bytes are named with the line and the way out."""
    path = tmp_path / "latin.csv"
    rows = b"".join(b"2026-01-01,caf\xe9,%d\n" % (k % 2) for k in range(100))
    path.write_bytes(b"at,place,label\n" + rows)
    assert "not UTF-8" in refused(path)


def test_bytes_that_are_no_parquet(tmp_path):
    """A file of another format is refused in one line."""
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR0" * 50)
    assert "Parquet" in refused(path)


def test_times_with_and_without_zone(tmp_path):
    """Mixed times cannot be compared; an example of each is shown."""
    frame = honest(200)
    said = frame["at"].dt.strftime("%Y-%m-%dT%H:%M:%S")
    frame["at"] = np.where(np.arange(200) % 2, said + "+02:00", said)
    assert "all with a zone, or all without" in refused(table(tmp_path, frame))


def test_times_of_several_zones_are_compared_in_utc(tmp_path):
    """Two offsets are no error: one line says that they are compared in UTC."""
    frame = honest(400)
    said = frame["at"].dt.strftime("%Y-%m-%dT%H:%M:%S")
    frame["at"] = said + np.where(np.arange(400) % 2, "+02:00", "-05:00")
    found = audit(table(tmp_path, frame), label="label", time=("at",))
    assert found.remarks == ("times of 'at' lie in 2 zones; they are compared in UTC",)


def test_times_that_are_none(tmp_path):
    """Words that are no times are refused with an example."""
    assert "soon" in refused(table(tmp_path, honest(200).assign(at="soon")))


def test_a_date_in_parts(tmp_path):
    """Year, month name and day are read as one date."""
    frame = honest(2000)
    day = frame["at"].dt
    parts = frame.assign(y=day.year, m=day.month_name(), d=day.day).drop(columns="at")
    whole = frame.assign(at=frame["at"].dt.strftime("%Y-%m-%d"))
    one = audit(table(tmp_path, whole), label="label", time=("at",))
    two = audit(table(tmp_path, parts, "p.csv"), label="label", time=("y", "m", "d"))
    assert one.powers["strong"] == two.powers["strong"]


def test_empty_and_mixed_columns_are_no_obstacle(tmp_path):
    """A column without a value, one of a single value, one of numbers and words: all are audited."""
    frame = honest(600)
    mixed = np.where(np.arange(600) % 3, np.arange(600).astype(str), "n/k")
    frame = frame.assign(void=np.nan, single=1, mixed=mixed)
    found = audit(table(tmp_path, frame), label="label", time=("at",))
    assert {"void", "single", "mixed"} <= set(found.powers)
    assert found.accused == ()
    assert found.remarks == (
        "'mixed' is read as number; 200 cells (33.3%) do not fit and are looked at as words: 'n/k'",
        "without a value in any row: 'void'",
    )


def test_rows_without_label_are_left_out(tmp_path):
    """Rows that have no label yet are counted in a remark and not used."""
    frame = honest(600)
    frame["label"] = frame["label"].where(np.arange(600) % 10 > 0)
    found = audit(table(tmp_path, frame), label="label", time=("at",))
    assert found.remarks == ("60 rows without label or time were left out",)
    assert "60 of 600 rows (10%) have no label" in found.reservations[0]


def test_csv_and_parquet_give_the_same(tmp_path):
    """The format of the file does not matter."""
    frame = honest(1000)
    frame.to_parquet(tmp_path / "t.parquet")
    one = audit(tmp_path / "t.parquet", label="label", time=("at",))
    two = audit(table(tmp_path, frame), label="label", time=("at",))
    assert one.findings == two.findings
    assert one.powers == pytest.approx(two.powers)


def test_more_rows_than_are_looked_at(tmp_path):
    """Of a longer table an even sample is looked at, groups whole."""
    from dataclasses import replace

    from slipway.audit.knobs import KNOBS

    frame = honest(4000).assign(user=np.arange(4000) // 8)
    path, knobs = table(tmp_path, frame), replace(KNOBS, most_rows=1000)
    frame.to_parquet(tmp_path / "t.parquet")
    for each in (path, tmp_path / "t.parquet"):
        found = audit(each, label="label", time=("at",), group="user", knobs=knobs)
        assert found.facts["rows"] == "4,000 (1,000 looked at)"
        assert "1,000 of 4,000 rows were looked at" in found.reservations[0]
    alone = audit(path, label="label", time=("at",), knobs=knobs)
    assert alone.facts["rows"] == "4,000 (1,000 looked at)"


def test_of_few_large_groups_one_is_looked_at_at_least(tmp_path):
    """Three users of 400 rows each, of which 100 may be looked at: one whole user."""
    from dataclasses import replace

    from slipway.audit.knobs import KNOBS

    path = table(tmp_path, honest(1200).assign(user=np.arange(1200) % 3))
    knobs = replace(KNOBS, most_rows=100)
    found = audit(path, label="label", time=("at",), group="user", knobs=knobs)
    assert found.facts["rows"] == "1,200 (400 looked at)"


def test_a_label_that_is_time_or_group_as_well(tmp_path):
    """What is to be predicted cannot say when a row was, or what belongs together."""
    path = table(tmp_path, honest(200))
    for role in ("time", "group", "split"):
        words = {role: ("label",) if role == "time" else "label"}
        assert f"named as {role}, too" in refused(path, **words)


def test_what_cannot_tell_anything_is_remarked(tmp_path):
    """A column without a value and a label of numbers and words are told, and the audit goes on."""
    frame = honest(400)
    label = np.where(np.arange(400) % 7 == 0, "unknown", frame["label"].astype(str))
    found = audit(
        table(tmp_path, frame.assign(gone=np.nan, label=label)), label="label", time=("at",)
    )
    assert any("without a value in any row: 'gone'" in remark for remark in found.remarks)
    assert any("'label' mixes numbers" in remark for remark in found.remarks)
