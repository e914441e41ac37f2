"""From a rollup to a verdict: what cannot be is a clear error, what changes nothing is no event."""

import shutil
from datetime import timedelta

import log_kit
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import release_kit as kit
from slipway.data import rollup
from slipway.domain.errors import SlipwayError
from slipway.domain.release import Arm
from slipway.domain.verdict import Conclusion
from slipway.gates import GUARDS, LEAVING, judge
from slipway.settings import settings
from slipway.steps import context

AT = log_kit.at((kit.HISTORY_H + kit.SHADOW_H + 1) * kit.HOUR)
"""A whole hour in the first canary stage."""


def part_at():
    """The part of the rollup that holds AT."""
    chain = rollup.matured(settings().home, kit.LINE)
    return next(part for part in chain.parts() if part.begin <= AT < part.end)


def rewrite(table, change):
    """Change the rows of a part behind everybody's back."""
    path = part_at().file(table)
    rows, schema = change(pq.read_table(path).to_pandas()), pq.read_schema(path)
    for k, field in enumerate(schema):
        if rows[field.name].dtype == np.float64:
            schema = schema.set(k, pa.field(field.name, pa.float64()))
    pq.write_table(pa.Table.from_pandas(rows, schema=schema, preserve_index=False), path)


def live_row(rows):
    """A row of the candidate's control on live traffic."""
    there = (rows["trials"] > 0) & (rows["arm"] == "champion") & (rows["epoch"] == kit.OWN[2].epoch)
    if "segment" in rows:
        there &= rows["segment"] == "all"
    return rows.index[there][0]


def put(column, value):
    """Set one column of a live row."""

    def change(rows):
        if isinstance(value, float):
            rows[column] = rows[column].astype(np.float64)
        rows.loc[live_row(rows), column] = value
        return rows

    return change


def twice(rows):
    """One live row a second time."""
    return pd.concat([rows, rows.loc[[live_row(rows)]]])


@pytest.mark.parametrize("table", ["blocks", "users"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(put("trials", -1), id="negative trials"),
        pytest.param(put("successes", -1), id="negative successes"),
        pytest.param(put("trials", 1.5), id="not whole"),
        pytest.param(put("successes", float("nan")), id="not a number"),
        pytest.param(put("successes", 10**6), id="successes above trials"),
        pytest.param(twice, id="a row twice"),
    ],
)
def test_impossible_counts_stop_the_look(logged, table, change):
    """Negative, broken, too many or twice: an error that says where, and nothing of it is kept."""
    rewrite(table, change)
    with pytest.raises(SlipwayError, match="must be"):
        kit.looked()
    assert not list(context.folder("feed", "evidence").iterdir())


@pytest.mark.parametrize("table", ["blocks", "users"])
def test_the_order_of_rows_says_nothing(logged, table):
    """Blocks and users out of order within a part are the same evidence."""
    first = kit.looked().past
    kit.forget()
    rewrite(table, lambda rows: rows.sample(frac=1, random_state=1))
    again = kit.looked().past
    assert again.until_s == first.until_s
    assert again.users == first.users
    for name, sums in first.sums.items():
        assert again.sums[name] == pytest.approx(sums, rel=1e-12)


def test_a_part_that_is_made_again_changes_nothing(logged):
    """Rolling up the same hours once more enters nothing twice."""
    first = kit.looked().to_dict()
    rollup._roll_matured(settings().home, kit.LINE, part_at())
    assert kit.looked().to_dict() == first


def test_late_rows_change_no_look(logged):
    """What arrives after its hour was summed is in no evidence, whether that is kept or made again."""
    first = kit.looked().to_dict()
    minute = (AT - log_kit.T0) / timedelta(minutes=1)
    late = log_kit.Shown("x", minute=minute, delay=300, arm="candidate", epoch=3, stage="canary_1")
    log_kit.write(logged, [late], [log_kit.Click("x", minute=minute + 301)], "late")
    assert kit.looked().to_dict() == first
    shutil.rmtree(logged / "rollups")
    kit.forget()
    assert kit.looked().to_dict() == first


def test_a_part_of_the_log_that_is_written_twice_counts_once(logged):
    """A writer that repeats its part after a crash adds nothing, before or after the hours are summed."""
    first = kit.looked().to_dict()
    kit.write(logged)
    assert kit.looked().to_dict() == first
    shutil.rmtree(logged / "rollups")
    kit.forget()
    assert kit.looked().to_dict() == first


def test_a_hole_between_parts_is_an_error(logged):
    """Parts follow each other without gap: a lost commit is no silent number."""
    by_hour(logged)
    part_at().commit_file.unlink()
    with pytest.raises(SlipwayError, match="a part from"):
        kit.looked()


def test_hours_in_two_parts_are_an_error(logged):
    """A part that reaches into the next one would count its hours twice."""
    by_hour(logged)
    part = part_at()
    longer = rollup.matured(logged, kit.LINE).part(part.begin, part.end + timedelta(hours=1))
    for table in ("blocks", "users"):
        part.file(table).rename(longer.file(table))
    part.commit_file.write_text(f'{{"to": "{longer.end:%Y%m%dT%H}"}}')
    with pytest.raises(SlipwayError, match="a part from"):
        kit.looked()


def by_hour(home):
    """Roll up again, in parts of one hour."""
    shutil.rmtree(home / "rollups")
    for hour in range(kit.HISTORY_H + kit.SHADOW_H + kit.LIVE_H + 2):
        rollup.update(home, kit.LINE, now=log_kit.at(hour * kit.HOUR))


@pytest.mark.parametrize("arm", [Arm.CANDIDATE, Arm.CHAMPION])
def test_a_missing_arm_never_passes(home, arm):
    """Without the candidate, or without the control, no gate that compares them says PASS."""
    shown, clicks = kit.rows(np.random.default_rng(4))
    log_kit.write(
        home, [r for r in shown if r.arm != arm or not r.stage.startswith("canary")], clicks
    )
    live = kit.looked()
    said = {g: judge(g, live, kit.POLICY).conclusion for g in (*GUARDS, *LEAVING, "stage_evidence")}
    compared = {"stage_evidence", "non_inferiority", "guardrails", "margin_creep"}
    assert {gate for gate in compared if said[gate] is Conclusion.PASS} == set()
