"""No user decides: how much of a user's day is in the hourly sums."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from slipway.data import rollup, user_caps
from slipway.data.schema import TIME, beyond
from slipway.domain.release import Arm
from slipway.domain.user_cap import UserCap
from slipway.stats.user_cap import usual

HOUR = timedelta(hours=1)
DAY = 24 * 60.0
CROWD = 120


def crowd(kit, minute=0.0):
    """As many users of the control with an impression each: three count for anybody."""
    return [kit.Shown(f"c{minute:g}-{k}", minute=minute, user=f"c{k}") for k in range(CROWD)]


def robot(kit, minutes, user="robot", **of):
    """Requests of one user in the candidate's arm."""
    same = {"arm": "candidate", "version": "2", "stage": "canary_1", "epoch": 3} | of
    return [kit.Shown(f"{user}-{m:g}", minute=m, user=user, **same) for m in minutes]


def rolled(home, kit, until, line=None):
    """The matured sums up to some minutes: of the whole line by arm, and the users'."""
    line = line or kit.LINE
    rollup.update(home, line, now=kit.at(until + 60))
    seen = rollup.read(home, line, kit.T0 - HOUR, hourly=True)
    whole = seen.blocks[seen.blocks["segment"] == "all"]
    names = ["trials", "successes", "requests", "fallbacks"]
    return whole.groupby("arm")[names].sum().T.to_dict(), seen.users


def test_a_day_of_a_robot_counts_up_to_its_caps_in_every_sum(home, kit):
    """A crawler, who always clicks and who always fails: three of twenty, and the rest is shown."""
    crawler, clicker = (robot(kit, range(20), name) for name in ("crawler", "clicker"))
    failing = robot(kit, range(20), "failing", fallback=True, latency_ms=900.0)
    clicks = [kit.Click(row.request, minute=row.minute + 1) for row in clicker]
    kit.write(home, [*crowd(kit), *crawler, *clicker, *failing], clicks)
    rollup.update(home, kit.LINE, now=kit.at(70))  # no outcome is known yet
    came = rollup.read_arrived(home, kit.LINE, kit.T0)
    found, users = rolled(home, kit, 60)
    assert found["candidate"] == {"trials": 9, "successes": 3, "requests": 9, "fallbacks": 3}
    assert found["champion"]["trials"] == CROWD
    who = users.set_index("user").loc[["crawler", "clicker", "failing"]]
    assert who["trials"].tolist() == [3, 3, 3]
    assert who["beyond_trials"].tolist() == [17, 17, 17]
    assert who["beyond_successes"].tolist() == [0, 17, 0]
    assert who["beyond_errors"].tolist() == [0, 0, 17]
    of_candidate = came.blocks[came.blocks["arm"] == "candidate"]
    assert of_candidate["requests"].sum() == 9
    assert sum(int(h[-12:].sum()) for h in of_candidate["latency_hist"]) == 3
    assert came.users["user"].nunique() == CROWD + 3


def test_it_does_not_matter_in_how_many_parts_a_day_is_rolled_up(home, tmp_path, kit):
    """Hour by hour or all at once, over midnight: the first of a day count, and the next day's again."""
    minutes = [0.5, 30, 61, 62, 185, 18 * 60 + 1, 18 * 60 + 2, 18 * 60 + 3, 18 * 60 + 64]
    shown = [*crowd(kit), *robot(kit, minutes), *crowd(kit, 18 * 60.0)]
    both = []
    for place, step in ((home, 60), (tmp_path / "other", 21 * 60)):
        kit.write(place, shown)
        for until in range(60, 21 * 60 + 1, step):
            rollup.update(place, kit.LINE, now=kit.at(until + 60))
        both.append(rolled(place, kit, 21 * 60))
    (one, first), (other, second) = both
    assert one == other
    assert first.equals(second)
    assert one["candidate"]["trials"] == 3 + 3
    counted = first[first["user"] == "robot"]
    assert counted["trials"].tolist() == [2, 1, 0, 3, 0]


def test_whose_day_is_below_the_caps_is_summed_as_ever(home, tmp_path, kit):
    """Without a heavy user every number is that of sums without caps, to the last bit."""
    shown, clicks = kit.two_weeks()
    shown += crowd(kit, 3.0)
    open_ = replace(kit.LINE, policy=replace(kit.LINE.policy, user_cap_least=1_000_000))
    sums = []
    for place, line in ((home, kit.LINE), (tmp_path / "other", open_)):
        kit.write(place, shown, clicks)
        rollup.update(place, line, now=kit.at(21 * DAY))
        sums.append(rollup.read(place, line, kit.T0 - HOUR, hourly=True))
    assert sums[0].blocks.astype(str).equals(sums[1].blocks.astype(str))
    assert sums[0].users.equals(sums[1].users)
    assert sums[0].users["beyond_trials"].sum() == 0


def test_fewer_users_than_a_quantile_needs_cap_nobody(home, kit):
    """With ninety-nine users of the control nobody is one in a hundred."""
    kit.write(home, [*crowd(kit)[:99], *robot(kit, range(20))])
    assert rolled(home, kit, 60)[0]["candidate"]["trials"] == 20


def test_a_request_without_a_user_counts_nowhere(home, kit):
    """Nobody knows whose it was: it stands beyond every cap, whatever the arm and however few there are."""
    kit.write(home, [kit.Shown("a"), kit.Shown("b", minute=1, user="")])
    found, users = rolled(home, kit, 60)
    assert found["champion"]["trials"] == 1
    assert users.set_index("user").loc["", "beyond_trials"] == 1


COUNTS = ("trials", "successes")


def sums_of(rows):
    """Users' sums of (hour, arm, user, trials, successes), as they are ordered."""
    schema = pa.schema(
        [("hour", TIME), ("arm", pa.string()), ("user", pa.string())]
        + [(name, pa.int64()) for name in (*COUNTS, *map(beyond, COUNTS))]
    )
    names = schema.names
    plain = [dict(zip(names, (*row, 0, 0), strict=True)) for row in sorted(rows)]
    times = [row | {"hour": row["hour"] * 3_600_000_000} for row in plain]
    return pa.Table.from_pylist(
        times, schema=pa.schema([("hour", pa.int64()), *list(schema)[1:]])
    ).cast(schema)


def naive(rows, before, policy):
    """Caps of each hour and who may reach one, by dictionaries: a user's day, hour by hour."""
    caps, heavy, known = [], {who[1:3] for who in (*rows, *before) if not who[2]}, {}
    day_of, had = None, {}
    for hour in sorted({row[0] for row in rows}):
        if hour // 24 != day_of:
            had = {}
            for _, arm, user, *counts in before if day_of is None else ():
                had[arm, user] = had.get((arm, user), 0) + np.array(counts)
        day_of = hour // 24
        now = {}
        for _, arm, user, *counts in (row for row in rows if row[0] == hour):
            now[arm, user] = now.get((arm, user), 0) + np.array(counts)
        for who, counts in now.items():
            had[who] = had.get(who, 0) + counts
        came = [n for (arm, _), n in had.items() if arm == Arm.CHAMPION.value and n[0] > 0]
        today = usual(np.array(came, float).reshape(-1, 2), policy.user_cap_quantile)
        known[day_of] = today or known.get(day_of)
        cap = policy.cap(known.get(day_of - 1), today)
        caps.append(cap)
        if cap is not None:
            heavy |= {w for w, n in now.items() if n[0] > 0 and (had[w] >= np.array(cap)).any()}
    return caps, heavy


@given(data=st.data())
def test_caps_and_who_may_reach_one_are_those_of_a_naive_count(data):
    """Over days, arms, users without id and earlier hours: as dictionaries of each user's day find."""
    row = st.tuples(
        st.integers(2, 75),
        st.sampled_from(["champion", "candidate"]),
        st.sampled_from(["", *"abcdefghijkl"]),
        st.integers(1, 6),
        st.integers(0, 3),
    )
    rows = data.draw(st.lists(row, min_size=1, max_size=60))
    first = min(row[0] for row in rows) // 24 * 24
    before = [(first, *row[1:]) for row in data.draw(st.lists(row, max_size=10))]
    policy = UserCap(user_cap_quantile=0.8)
    earlier = user_caps.Earlier(sums_of(before), {})
    table = sums_of(rows)
    part = user_caps._part(table, COUNTS, earlier, policy)
    caps, heavy = naive(rows, before, policy)
    assert [None if np.isinf(c).all() else tuple(c) for c in part.caps] == caps
    whose = {
        (a, u)
        for a, u, k in zip(
            table["arm"].to_pylist(), table["user"].to_pylist(), part.code, strict=True
        )
        if part.heavy[k]
    }
    came = {row[1:3] for row in rows}
    assert whose == heavy & came
