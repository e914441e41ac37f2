"""As-of reading, deduplication, sampling and rollups against naive references, on random logs."""

import sys
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parents[1]))

import log_kit as kit
from slipway.data import (
    engine,
    features,
    journal,
    journal_reading,
    labels,
    left_out,
    rollup,
    snapshot,
    statistics,
)

few = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])

MINUTES = st.integers(0, 600).map(float)
DELAYS = st.sampled_from([0.0, 0.0, 0.0, 30.0, 60.0, 61.0, 400.0])
SHOWN = st.lists(
    st.builds(
        kit.Shown,
        request=st.integers(0, 30).map(lambda k: f"r{k}"),
        minute=MINUTES,
        delay=DELAYS,
        user=st.sampled_from("abc"),
        arm=st.sampled_from(["champion", "candidate"]),
        genre=st.sampled_from([0.0, 1.0, float("nan")]),
        age_band=st.sampled_from([0.0, 2.0, None]),
    ),
    max_size=20,
    unique_by=lambda row: row.request,
)


@st.composite
def logs(draw):
    """Rows and clicks; clicks repeat, come early and late, of no value, and of requests that never were."""
    shown = draw(SHOWN)
    known = {row.request: row.minute for row in shown}
    clicks = draw(
        st.lists(
            st.tuples(
                st.integers(0, 30).map(lambda k: f"r{k}"),
                DELAYS | st.integers(-60, 500),
                st.sampled_from([1.0, 1.0, 1.0, 0.0, -1.0]),
                st.sampled_from(["click", "click", "click", "view"]),
            ),
            max_size=30,
        )
    )
    return shown, [
        kit.Click(r, minute=known.get(r, 0.0) + delay, value=value, kind=kind)
        for r, delay, value, kind in clicks
    ]


def naive(shown, clicks, cut):
    """``{request: clicked}`` of what had arrived before minute ``cut``, row by row."""
    result = {}
    for row in shown:
        if row.minute + row.delay >= cut:
            continue
        result[row.request] = 0
        for click in clicks:
            counts = click.value > 0 and click.kind == "click" and click.minute < cut
            if counts and click.request == row.request and 0 <= click.minute - row.minute <= 60:
                result[row.request] = 1
    return result


def labelled(home, cut):
    con = engine.connect(1)
    window = {"requested_from": kit.T0, "requested_to": kit.T0 + timedelta(days=1)}
    rows = labels.with_outcomes(con, home, kit.LINE, (kit.LINE.primary,), cut=kit.at(cut), **window)
    found = engine.fetch(con, rows, home, kit.LINE)
    assert len(set(found["request_id"].to_pylist())) == found.num_rows
    return dict(zip(found["request_id"].to_pylist(), found["clicked"].to_pylist(), strict=True))


@few
@given(log=logs(), cut=st.integers(1, 1200), split=st.integers(0, 20))
def test_labels_as_of_a_cut_equal_the_naive_reference(log, cut, split):
    """Whatever is late, repeated or unknown: labels are those of a row-by-row reading of the rules."""
    shown, clicks = log
    with tempfile.TemporaryDirectory() as folder:
        kit.write(Path(folder), shown[:split], clicks[split:], "one")
        kit.write(Path(folder), shown[split:], clicks[:split], "two")
        assert labelled(Path(folder), cut) == naive(shown, clicks, cut)


def assert_blind_to_the_future(log, cut, label):
    """``label(home, cut)`` gives the same with and without the rows that arrived from ``cut`` on."""
    shown, clicks = log
    before = [row for row in shown if row.minute + row.delay < cut]
    known = [click for click in clicks if click.minute < cut]
    with tempfile.TemporaryDirectory() as full, tempfile.TemporaryDirectory() as past:
        kit.write(Path(full), shown, clicks)
        kit.write(Path(past), before, known)
        assert label(Path(full), cut) == label(Path(past), cut)


def counted(home, cut):
    """The feature tables as plain rows."""
    counts = features.count(home, kit.LINE, kit.at(cut))
    return [table.to_pylist() for table in counts.values()]


@few
@given(log=logs(), cut=st.integers(1, 600))
def test_what_arrives_later_never_changes_the_past(log, cut):
    """Labels and features as of a cut are the same with and without the rows after it."""
    assert_blind_to_the_future(log, cut, labelled)
    assert_blind_to_the_future(log, cut, counted)


def joined_naively(home, cut):
    """A beginner's join: exposures requested before the cut, with every click there is by now."""
    con = engine.connect(1)
    window = {"requested_from": kit.T0, "requested_to": kit.at(cut)}
    rows = labels.with_outcomes(
        con, home, kit.LINE, (kit.LINE.primary,), cut=kit.T0 + timedelta(days=2), **window
    )
    found = engine.fetch(con, rows, home, kit.LINE)
    return dict(zip(found["request_id"].to_pylist(), found["clicked"].to_pylist(), strict=True))


def test_the_naive_join_does_not_hold_what_the_real_one_does():
    """Among random late arrivals there is one that the beginner's join lets into the past."""

    def refuted(log, cut):
        try:
            assert_blind_to_the_future(log, cut, joined_naively)
        except AssertionError:
            return True
        return False

    strategy = st.tuples(logs(), st.integers(1, 600))
    found = find(
        strategy,
        lambda drawn: refuted(*drawn),
        settings=settings(few, phases=[Phase.generate], max_examples=200),
    )
    assert refuted(*found)


@few
@given(log=logs())
def test_features_count_what_the_naive_reference_counts(log):
    """Exposures and clicks by user, and by genre and age band, equal a loop over the rows."""
    shown, clicks = log
    labels = naive(shown, clicks, 700)
    with tempfile.TemporaryDirectory() as folder:
        kit.write(Path(folder), shown, clicks)
        counts = features.count(Path(folder), kit.LINE, kit.at(700))
    pairs, tastes = counts["genre+age_band-672h-day"], counts["user+genre-672h-day"]
    seen = [row for row in shown if row.request in labels]
    code = lambda value: -1 if value is None or np.isnan(value) else int(value)  # noqa: E731
    for table, keys, key_of in (
        (statistics.merge(tastes, ["user"]), ["user"], lambda r: (r.user,)),
        (pairs, ["genre", "age_band"], lambda r: (code(r.genre), code(r.age_band))),
        (tastes, ["user", "genre"], lambda r: (r.user, code(r.genre))),
    ):
        rows = table.to_pylist()
        found = {tuple(row[k] for k in keys): (row["exposures"], row["clicked"]) for row in rows}
        total = Counter(key_of(row) for row in seen)
        clicked = Counter(key_of(row) for row in seen if labels[row.request])
        assert found == {key: (n, clicked[key]) for key, n in total.items()}


@few
@given(log=logs(), looks=st.lists(st.integers(60, 800), max_size=4))
def test_rollups_equal_the_naive_sums_whenever_they_were_made(log, looks):
    """Trials and clicks by block and arm equal a loop over the rows that arrived in time."""
    shown, clicks = log
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        kit.write(home, shown, clicks)
        for look in [*sorted(looks), 900]:
            rollup.update(home, kit.LINE, now=kit.at(look))
        rolled = rollup.read(home, kit.LINE, kit.T0)
    blocks = rolled.blocks[rolled.blocks["segment"] == "all"]
    found = {
        (row.block_start.to_pydatetime(), row.arm): (row.trials, row.successes)
        for row in blocks.itertuples()
    }
    labels = naive(shown, clicks, 10_000)
    timely = [row for row in shown if row.delay <= 60]
    key_of = {row.request: (kit.at(row.minute // 5 * 5), row.arm) for row in timely}
    total = Counter(key_of[row.request] for row in timely)
    clicked = Counter(key_of[row.request] for row in timely if labels[row.request])
    assert found == {key: (n, clicked[key]) for key, n in total.items()}
    assert rolled.users["trials"].sum() == len(timely)


@few
@given(log=logs(), looks=st.lists(st.integers(60, 800), max_size=4), split=st.integers(0, 20))
def test_arrived_requests_equal_the_naive_sums_whenever_they_were_made(log, looks, split):
    """Requests and users by block and arm equal a loop over the rows there were ten minutes after the hour."""
    shown, clicks = log
    shown = [replace(row, fallback=len(row.request) == 2) for row in shown]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for look in [0, *sorted(looks), 900]:  # rows become readable no sooner than they arrive
            here = [row for row in shown if row.minute + row.delay < look]
            kit.write(home, here[split:], clicks, f"a{look}")
            kit.write(home, here[:split], [], f"b{look}")
            shown = [row for row in shown if row not in here]
            rollup.update(home, kit.LINE, now=kit.at(look))
        came = rollup.read_arrived(home, kit.LINE, kit.T0)
        made = rollup.arrived(home, kit.LINE).parts()
        matured = rollup.matured(home, kit.LINE).end
    begin = made[0].begin if made else kit.at(840)
    asked_for = max(matured or kit.T0, kit.T0)
    assert not made or begin <= asked_for, "hours between the two sums are in neither"
    timely = [
        row
        for row in log[0]
        if row.minute + row.delay < row.minute // 60 * 60 + 70
        and begin <= kit.at(row.minute) < kit.at(840)
    ]
    key_of = lambda row: (kit.at(row.minute // 5 * 5), row.arm)  # noqa: E731
    total = Counter(key_of(row) for row in timely)
    failed = Counter(key_of(row) for row in timely if len(row.request) == 2)
    found = {
        (row.block_start.to_pydatetime(), row.arm): (row.requests, row.fallbacks)
        for row in came.blocks.itertuples()
    }
    assert found == {key: (n, failed[key]) for key, n in total.items()}
    users = {(kit.at(row.minute // 60 * 60), row.arm, row.user) for row in timely}
    rows = came.users[["hour", "arm", "user"]].itertuples(index=False, name=None)
    assert sorted((hour.to_pydatetime(), arm, user) for hour, arm, user in rows) == sorted(users)


@st.composite
def doubled_logs(draw):
    """Rows of lists of two, and copies of some of them: the same ones, later ones, other users' and arms'."""
    shown = []
    for row in draw(SHOWN):
        shown += [row, replace(row, item="film-1", position=2)][: draw(st.integers(1, 2))]
    copies = st.builds(
        lambda row, delay, changes: replace(row, delay=row.delay + delay, **changes),
        st.sampled_from(shown or [kit.Shown("r0")]),
        st.sampled_from([0.0, 0.0, 1.0, 45.0]),
        st.sampled_from([{}, {}, {"user": "a"}, {"user": "z"}, {"arm": "rules"}]),
    )
    return shown, draw(st.lists(copies, max_size=12)) if shown else []


def copies_of(rows, key):
    """``{key: its copies}``, the one that counts first."""
    found = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    by = lambda row: (row.minute + row.delay, row.user, row.arm, row.item)  # noqa: E731
    return {name: sorted(copies, key=by) for name, copies in found.items()}


def doubles_naively(copies):
    """``{hour: (rows that were there already, keys of which two copies differ)}``."""
    found = Counter()
    for own in copies.values():
        at = kit.at(own[0].minute // 60 * 60)
        found[at, "rows"] += len(own) - 1
        found[at, "conflicts"] += len({(row.user, row.arm) for row in own}) > 1
    hours = {at for (at, _), n in found.items() if n}
    return {at: (found[at, "rows"], found[at, "conflicts"]) for at in hours}


@few
@given(log=doubled_logs(), order=st.randoms(use_true_random=False))
def test_exposures_count_once_in_whichever_parts_they_stand(log, order):
    """Sums of exposures, requests and users, and the doubles, equal a loop over the first copies."""
    shown, copies = log
    every = [*shown, *copies]
    order.shuffle(every)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for part in range(3):
            kit.write(home, every[part::3], part=f"part-{part}")
        rollup.update(home, kit.LINE, now=kit.at(900))
        rolled = rollup.read(home, kit.LINE, kit.T0)
        doubles = left_out.doubles(home, kit.LINE, kit.T0)
        known = labelled_keys(home)
    items = copies_of((r for r in every if r.delay <= 60), lambda r: (r.request, r.item))
    first = [own[0] for own in items.values()]
    trials = Counter((kit.at(row.minute // 5 * 5), row.arm) for row in first)
    blocks = rolled.blocks[rolled.blocks["segment"] == "all"]
    found = {(row.block_start.to_pydatetime(), row.arm): row.trials for row in blocks.itertuples()}
    assert found == trials
    assert blocks["requests"].sum() == len({row.request for row in first if row.position == 1})
    users = rolled.users.groupby("user")["trials"].sum().to_dict()
    assert users == Counter(row.user for row in first)
    assert doubles == doubles_naively(items)
    assert known == sorted({(row.request, row.item) for row in every})


def labelled_keys(home):
    """Keys of the labelled rows, each as often as it is there."""
    con = engine.connect(1)
    window = {"requested_from": kit.T0, "requested_to": kit.T0 + timedelta(days=1)}
    rows = labels.with_outcomes(
        con, home, kit.LINE, (kit.LINE.primary,), cut=kit.T0 + timedelta(days=2), **window
    )
    found = engine.fetch(con, rows.select("request_id", "item"), home, kit.LINE)
    return sorted(tuple(row.values()) for row in found.to_pylist())


@few
@given(log=logs(), order=st.randoms(use_true_random=False), cap=st.integers(1, 20))
def test_the_digest_of_a_snapshot_is_of_its_content(log, order, cap):
    """Shuffled rows in other parts freeze to the same digest, whatever is sampled."""
    shown, clicks = log
    week = 7 * 24 * 60.0
    start, end = kit.T0 + kit.WEEK, kit.T0 + 2 * kit.WEEK
    fixed_shown, fixed_clicks = kit.two_weeks()
    rows = [*fixed_shown, *(replace(row, request=f"x{row.request}") for row in shown)]
    every = [
        *fixed_clicks,
        *(replace(c, request=f"x{c.request}", minute=c.minute + week) for c in clicks),
    ]
    digests = set()
    for part in ("plain", "shuffled"):
        with tempfile.TemporaryDirectory() as folder:
            half = order.randint(0, len(rows)) if part == "shuffled" else 0
            kit.write(Path(folder), rows[:half], every, "first")
            kit.write(Path(folder), rows[half:], [], "second")
            recipe = replace(kit.LINE.recipe, max_rows=cap + 12)
            frozen = snapshot.freeze(Path(folder), kit.LINE, start, end, now=end, recipe=recipe)
            digests.add(frozen.digest)
        order.shuffle(rows)
        order.shuffle(every)
    assert len(digests) == 1


@settings(max_examples=100, deadline=None)
@given(cuts=st.lists(st.integers(0, 2000), min_size=1, max_size=5), requests=st.integers(1, 4))
def test_a_journal_cut_anywhere_keeps_every_whole_line(cuts, requests):
    """Of a segment cut after any byte, exactly the complete lines are read."""
    record = {
        "user": "ü\n", "requested_at": kit.T0, "arm": "champion", "version": "1", "stage": "",
        "epoch": 0, "latency_ms": 1.0, "fallback": False, "features_as_of": kit.T0,
        "items": ["film-0"], "positions": [1], "propensities": [1.0], "scores": [0.0],
        "features": [[0.0] * len(kit.FEATURES)],
    }  # fmt: skip
    lines = [journal.encode_header(kit.LINE)]
    lines += [
        journal.encode_exposure({**record, "request_id": f"r{k}"}, k, len(kit.FEATURES))
        for k in range(requests)
    ]
    data = b"".join(lines)
    for cut in cuts:
        whole = data[: cut % (len(data) + 1)].count(b"\n")
        exposures, _ = journal_reading.decode(
            data[: cut % (len(data) + 1)], Path("segment"), kit.LINE
        )
        assert exposures["request_id"].to_pylist() == [f"r{k}" for k in range(whole - 1)]
        assert set(exposures["user"].to_pylist()) <= {"ü\n"}
