"""What every gate obeys, whatever it judges."""

from dataclasses import fields, replace
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from slipway import gates
from slipway.domain.cluster_measurements import ClusterMeasurements, SortedUnseen
from slipway.domain.clusters import ClusterPolicy
from slipway.domain.errors import SlipwayError
from slipway.domain.loop_policy import LoopPolicy
from slipway.domain.mean import Mean, PerList
from slipway.domain.measurement import Counts, LiveMeasurements, Traffic
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.evidence.release_evidence import accumulate
from slipway.gates import (
    BOTH_OFFLINE,
    CLUSTERS,
    FEEDBACK_LOOP,
    INTERLEAVING,
    LIVE,
    OFFLINE,
    PAIRED_SHADOW,
    PREDICTIONS,
    SORTED_UNSEEN,
    judge,
)
from slipway.gates.testing import TRAITS, Traits, yield_gate_checks
from slipway.gates.testing.degraded import cut
from support import predicted
from support.loop_weeks import healthy_loop
from support.sample_measurements import MONDAY, SampleRelease, held_out, measure

POLICY = Policy(
    means=(Mean("diversity", "genre", PerList.DISTINCT),), no_previous_because="at the edge of 0"
)


CLUSTER_POLICY = ClusterPolicy()
PREDICTED = tuple(gate for gate in PREDICTIONS if gate not in OFFLINE)
"""Gates of predictions alone; the others judge rankings, too, and are checked on both."""

EVERY = (
    *OFFLINE,
    *LIVE,
    *CLUSTERS,
    SORTED_UNSEEN,
    *PREDICTED,
    PAIRED_SHADOW,
    INTERLEAVING,
    FEEDBACK_LOOP,
)
WEEK = ClusterMeasurements(
    interval_end=MONDAY, follows="1", posts=1000, sizes={str(i): 50 for i in range(20)}, common=900,
    kept=890, living_twice=18, rematched=18, born=(10,), split_off=(8,), merged=(3,), retired=(11,),
    inertia=1.004, known_words=0.97, flows=((0, 0, 890), (0, 10, 10)),
)  # fmt: skip


def policy_of(gate):
    """The policy of a line whose gate it is."""
    if gate in (*PREDICTED, PAIRED_SHADOW):
        return predicted.POLICY
    if gate == FEEDBACK_LOOP:
        return LoopPolicy()
    return CLUSTER_POLICY if gate in (*CLUSTERS, SORTED_UNSEEN) else POLICY


@cache
def good(gate):
    """Measurements on which a gate passes."""
    if gate in OFFLINE:
        return held_out(recipe_changed=gate == "gain")  # another recipe claims a gain
    if gate in PREDICTED:
        return predicted.predicted(recipe_changed=gate == "offline_gain")
    if gate in (PAIRED_SHADOW, INTERLEAVING):
        return predicted.shadowed() if gate == PAIRED_SHADOW else predicted.interleaved()
    if gate in CLUSTERS:
        return WEEK
    if gate in (FEEDBACK_LOOP, SORTED_UNSEEN):
        sorted_unseen = SortedUnseen("posts", "2", "1", "1", 200, 180, 400.0)
        return sorted_unseen if gate == SORTED_UNSEEN else healthy_loop()
    stage = Stage.SHADOW if gate == "shadow" else Stage.CANARY_50
    days = {"blocks": 288 * 6, "trials": 200, "requests": 4} if gate == "kinds_of_day" else {}
    scene = SampleRelease(stage=stage, effect=0.05, segment_effects={"age_band=1": 0.05}, **days)
    found = measure(scene, POLICY)
    return replace(found, stage=Stage.CHAMPION, held_back="1") if gate == "watch_harm" else found


def every_check():
    """Every check with every gate."""
    for gate in EVERY:
        traits, policy = TRAITS.get(gate, Traits()), policy_of(gate)
        for name, check in yield_gate_checks(partial(judge, gate), good(gate), policy, traits):
            yield pytest.param(check, id=f"{gate}-{name}")
    for gate in BOTH_OFFLINE:
        found = predicted.predicted()
        for name, check in yield_gate_checks(partial(judge, gate), found, predicted.POLICY):
            yield pytest.param(check, id=f"{gate}-of-predictions-{name}")


@pytest.mark.parametrize("check", every_check())
def test_contract(check):
    """Every gate obeys every check of the contract."""
    check()


def test_no_gate_is_left_out():
    """A gate is judged in some panel, and so checked here."""
    files = Path(gates.__file__).parent.glob("[!_]*.py")
    written = {file.stem for file in files if "\ndef judge(" in file.read_text()}
    assert written == set(EVERY)


@pytest.mark.parametrize("gate", EVERY)
def test_every_verdict_names_its_gate(gate):
    """A verdict is found again by the gate's name."""
    assert judge(gate, good(gate), policy_of(gate)).gate == gate


@pytest.mark.parametrize("gate", ["harm", "stage_evidence", "non_inferiority", "margin_creep"])
def test_a_candidate_much_better_passes_and_its_mirror_image_does_not(gate):
    """Swapped arms turn a gain of 15 % into a loss."""
    found = measure(SampleRelease(effect=0.15), POLICY)
    assert judge(gate, found, POLICY).conclusion is Conclusion.PASS
    order = [1, 0, 2]
    turned = replace(
        found.clicks,
        trials=found.clicks.trials[:, order],
        successes=found.clicks.successes[:, order],
    )
    assert judge(gate, replace(found, clicks=turned), POLICY).conclusion is not Conclusion.PASS


def always(conclusion):
    """A gate that does not look."""
    return lambda m, policy: Verdict("mine", conclusion, "because I say so")


def blind(m, policy):
    """A gate of one's own that forgets what was folded, and takes any number."""
    seen = int(m.clicks.trials.sum())
    answer = Conclusion.PASS if seen else Conclusion.UNDECIDED
    return replace(judge("harm", m, policy) if seen else always(answer)(m, policy), gate="mine")


def test_checks_find_the_faults_of_a_gate_of_ones_own():
    """A gate that passes without looking, or forgets its past, breaks the checks that say so."""
    quick = measure(SampleRelease(effect=0.05, blocks=20, users=50), POLICY)

    def broken(gate):
        found = set()
        for name, check in yield_gate_checks(gate, quick, POLICY):
            try:
                check()
            except (AssertionError, SlipwayError):
                found.add(name)
        return found

    assert broken(always(Conclusion.PASS)) >= {
        "says_why",
        "is_undecided_without_data",
        "is_undecided_on_one_arm",
        "needs_more_than_one_user",
    }
    assert broken(blind) == {"forgets_nothing"}
    assert broken(partial(judge, "harm")) == set()


@pytest.mark.parametrize("kind", [Counts, Traffic])
def test_impossible_counts_cannot_exist(kind):
    """Blocks of unequal length, NaN, fractions and negative counts are refused at the door."""
    one = {
        f.name: np.zeros((1, *getattr(kind(), f.name).shape[1:]), int)
        for f in fields(kind)
        if f.name != "stage"
    } | {"stage": ["canary_1"]}
    kind(**one)
    for name in one.keys() - {"stage"}:
        for bad in (np.nan, -1, 0.5):
            with pytest.raises(SlipwayError):
                kind(**one | {name: one[name] + bad})
        with pytest.raises(SlipwayError):
            kind(**one | {name: np.zeros((2, *one[name].shape[1:]))})


@pytest.mark.parametrize("part", ["clicks", "traffic"])
def test_disordered_blocks_are_refused(part):
    """A block twice, or blocks out of order, are an error before any gate sees them."""
    found = getattr(good("harm"), part)
    rows = {name: getattr(found, name) for name in type(found).__slots__}
    for places in ([0, 0, 1], [1, 0], [3, 2, 1]):
        with pytest.raises(SlipwayError, match=r"start_s"):
            type(found)(**{name: value[places] for name, value in rows.items()})


def test_a_missing_arm_is_refused():
    """Counts of two arms where three are declared are an error, not zeros."""
    found = good("harm").clicks
    with pytest.raises((SlipwayError, ValueError)):
        Counts(found.start_s, found.stage, found.trials[:, :2], found.successes[:, :2])


def test_successes_above_trials_are_refused():
    """More clicks than exposures in one block are an error."""
    found = good("harm").clicks
    with pytest.raises(SlipwayError, match="above the trials"):
        Counts(found.start_s, found.stage, found.trials, found.trials + 1)


def test_a_block_of_the_past_is_refused():
    """Once folded, a block that comes again or late is an error; nothing is counted twice."""
    whole = good("harm")
    at = int(whole.clicks.start_s[100])
    head, tail = cut(whole, at)
    past = accumulate(head, POLICY)
    assert accumulate(replace(tail, past=past), POLICY).until_s > past.until_s
    for again in (whole, head):
        with pytest.raises(SlipwayError, match="folded past"):
            replace(again, past=past)


def test_folding_nothing_changes_nothing():
    """A look without new blocks leaves the very same past."""
    head, _ = cut(good("harm"), int(good("harm").clicks.start_s[50]))
    past = accumulate(head, POLICY)
    nothing = cut(head, 0)[0]
    assert accumulate(replace(nothing, past=past), POLICY) is past


def test_a_clock_that_went_back_is_refused():
    """A look before its stage began, or before its newest block, is an error."""
    found = good("harm")
    with pytest.raises(SlipwayError, match=r"live\.now"):
        replace(found, now=found.stage_since - timedelta(seconds=1))
    with pytest.raises(SlipwayError, match="not after now"):
        replace(found, now=found.stage_since)
    for name in ("now", "stage_since", "live_since"):
        with pytest.raises(SlipwayError, match="with its offset"):
            replace(found, **{name: getattr(found, name).replace(tzinfo=None)})


def test_only_mature_blocks_are_judged_and_folded():
    """Blocks whose outcomes may still arrive are not seen by gates, and never folded."""
    found = good("harm")
    young = replace(found, outcome_window_s=6 * 3600)
    assert len(young.mature(young.clicks).start_s) == len(found.clicks.start_s) - 72
    alone = replace(found, outcome_window_s=3 * 86_400)
    assert judge("harm", alone, POLICY).conclusion is Conclusion.UNDECIDED
    with pytest.raises(SlipwayError, match="outcomes may still arrive"):
        accumulate(young, POLICY)


def test_rows_of_a_rollup_pivot_into_blocks():
    """Long rows become sorted blocks; equal cells add up; nothing is lost."""
    rng = np.random.default_rng(1)
    start, arm = rng.integers(0, 4, 40) * 300, rng.integers(0, 3, 40)
    trials = rng.integers(5, 50, 40)
    stage = np.where(start < 600, "canary_1", "canary_5")
    found = Counts.from_long(
        start_s=start, stage=stage, arm=arm, trials=trials, successes=trials // 5
    )
    assert found.start_s.tolist() == sorted(set(start.tolist()))
    for block, at in enumerate(found.start_s):
        for place in range(3):
            here = (start == at) & (arm == place)
            assert found.trials[block, place] == trials[here].sum()
    latency = np.zeros((40, 64), int)
    latency[:, 9] = trials
    side = Traffic.from_long(
        start_s=start,
        stage=stage,
        arm=arm % 2,
        requests=trials,
        fallbacks=trials * 0,
        latency=latency,
        shadow=(trials, trials * 0, latency),
    )
    assert side.requests.sum() == side.latency.sum() == side.shadow_latency.sum() == trials.sum()
    with pytest.raises(SlipwayError):
        Counts.from_long(start_s=[0], stage=["x"], arm=[0], trials=[np.nan], successes=[0])


def test_a_measured_past_survives_json():
    """What was folded is read back as it was, to the last bit."""
    past = accumulate(good("harm"), POLICY)
    again = replace(cut(good("harm"), 0)[0], past=past)
    assert LiveMeasurements.from_dict(again.to_dict()).past.to_dict() == past.to_dict()


def edges(item):
    """The outermost values that a knob accepts."""
    at_least, above = item.metadata["at_least"], item.metadata["above"]
    low = at_least if at_least is not None else np.nextafter(above, np.inf)
    at_most, below = item.metadata["at_most"], item.metadata["below"]
    high = at_most if at_most is not None else below and np.nextafter(below, 0)
    for value in (low, 1e12 if high is None else high):
        yield int(value) if item.type is int else float(value)


KNOBS = [item for item in fields(Policy) if "unit" in item.metadata]


@pytest.mark.parametrize("item", KNOBS, ids=lambda item: item.name)
def test_what_a_policy_accepts_every_live_gate_can_judge(item):
    """At the very edge of a knob's range gates still give a verdict: what they cannot use is refused."""
    tried = 0
    for value in edges(item):
        found = getattr(POLICY, item.name)
        try:
            policy = replace(
                POLICY, **{item.name: (value, *found[1:]) if isinstance(found, tuple) else value}
            )
        except SlipwayError:
            continue  # it contradicts another knob
        tried += 1
        for gate in LIVE:
            verdict = judge(gate, good(gate), policy)
            assert verdict.reason
    assert tried or item.name == "harm_weights"
