"""The kept sums of a watch: hour by hour they are those of all rows at once, and they outlive no rollup."""

import numpy as np
import pandas as pd
import pytest
from slipway.data.part_chain import PartChain
from slipway.data.schema import ROLLUP_BLOCKS
from slipway.domain.blocks import Counts, Traffic
from slipway.domain.release import Arm
from slipway.stats.histogram import BUCKETS
from slipway.steps import rollup_arrays, watch_sums, watch_sums_store

from tests.log_kit import LINE, T0

USERS = ["hour", "arm", "version", "epoch", "user", "trials", "successes", "beyond_trials"]
ARMS = ("champion", "previous", "rules", "explore")
SEGMENT = LINE.live_segments[0]


def hour(rng, at, *, previous=True):
    """Blocks and users of one hour, some of them without trials, in two stages and epochs."""
    rows, users = [], []
    for block in range(12):
        start = pd.Timestamp(T0) + pd.Timedelta(hours=at, minutes=5 * block)
        stage, epoch = ("", 3) if at % 3 else ("canary_1", 4)
        for arm in ARMS if previous else ARMS[:1] + ARMS[2:]:
            for segment in ("all", f"{SEGMENT}=1", f"{SEGMENT}=2", "other=1"):
                trials = int(rng.poisson(3))
                whole = segment == "all"
                histogram = rng.integers(0, 3, BUCKETS) if whole else None
                requests = int(rng.integers(0, 9)) if whole else 0
                clicked, failed = (int(rng.integers(0, n + 1)) for n in (trials, requests))
                of = (start, epoch, stage, arm, "v", segment)
                rows.append((*of, trials, clicked, requests, failed, histogram, 0, 0, histogram))
            for name in rng.choice(40, 5, replace=False):
                user = f"u{name}" if name else ""
                many, more = rng.poisson(3), rng.poisson(0.2)
                users.append((start.floor("h"), arm, "v", epoch, user, many, 1, more))
    return (
        pd.DataFrame(rows, columns=[*ROLLUP_BLOCKS.names]),
        pd.DataFrame(users, columns=USERS),
    )


def same(one, other):
    """Whether two objects of arrays hold the same ones."""
    names = [name for name in type(one).__slots__ if not name.startswith("_")]
    return all(np.array_equal(getattr(one, n), getattr(other, n)) for n in names)


@pytest.mark.parametrize("seed", range(4))
def test_hour_by_hour_is_all_at_once(seed, home):
    """Kept after each hour and read back, the sums are what the functions of whole tables say of all rows."""
    rng = np.random.default_rng(seed)
    hours = [hour(rng, at, previous=seed > 0) for at in range(9)]
    known = watch_sums.nothing()
    for at, (blocks, users) in enumerate(hours):
        known = watch_sums.added(known, (f"part {at}",), blocks, users, LINE)
        watch_sums_store.save(LINE, 3, known)
        known = watch_sums_store.load(LINE, 3)
    blocks, users = (pd.concat(part, ignore_index=True) for part in zip(*hours, strict=True))
    wanted = blocks[blocks["segment"].str.split("=").str[0].isin(["all", *LINE.live_segments])]
    for control, places in watch_sums.CONTROLS.items():
        arm = Arm(control)
        naive, found = rollup_arrays.clicks(wanted, places), known.clicks_beside(arm)
        assert same(found["clicks"], naive["clicks"])
        assert list(found["segments"]) == list(naive["segments"])
        assert all(same(found["segments"][n], c) for n, c in naive["segments"].items())
        assert same(known.traffic[control], rollup_arrays.traffic(wanted, places))
        of_users = rollup_arrays.users_of(users, arm)
        for name, seen in known.users_of(arm).items():
            assert sorted(seen.tolist()) == sorted(of_users[name].tolist())
    for arm in (Arm.PREVIOUS, Arm.RULES, Arm.CHAMPION):
        assert known.heaviest_of(arm) == rollup_arrays.heaviest_of(users, arm)
    assert known.quiet == {3}
    assert len(known.parts) == 9
    for (epoch, arm), keys in known.visitors.items():
        there = (users["epoch"] == epoch) & (users["arm"] == arm)
        assert len(keys) == users[there]["user"].nunique()


def test_a_part_that_was_made_again_is_another_one(tmp_path):
    """A part is known by its hours and by when its files were written."""
    part = PartChain(tmp_path).part(T0, T0 + pd.Timedelta(hours=1))
    part.stem.parent.mkdir()
    for name in ("blocks", "users"):
        part.file(name).write_bytes(b"once")
    before = watch_sums.mark(part)
    assert watch_sums.mark(part) == before
    part.file("users").write_bytes(b"again")
    assert watch_sums.mark(part) != before


def test_what_cannot_be_read_is_made_again(home):
    """A torn file, one of other segments and one of another promotion are nothing; forgetting deletes it."""
    known = watch_sums.added(
        watch_sums.nothing(), ("part",), *hour(np.random.default_rng(1), 1), LINE
    )
    watch_sums_store.save(LINE, 3, known)
    assert watch_sums_store.load(LINE, 3).parts == ("part",)
    assert watch_sums_store.load(LINE, 4).parts == ()
    (path,) = watch_sums_store.forget(LINE)
    assert not path.exists()
    watch_sums_store.save(LINE, 3, known)
    path.write_bytes(path.read_bytes()[:400])
    assert watch_sums_store.load(LINE, 3).parts == ()
    path.write_bytes(b"")
    assert watch_sums_store.load(LINE, 3).parts == ()


def test_nothing_and_nothing_is_nothing():
    """Sums without a part have no block, no user and no arm."""
    known = watch_sums.nothing()
    assert same(known.clicks_beside(Arm.RULES)["clicks"], Counts())
    assert same(watch_sums.traffic_joined(known.traffic["rules"], Traffic()), Traffic())
    assert known.users_of(Arm.PREVIOUS)["user_trials"].size == 0
