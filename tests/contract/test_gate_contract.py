"""What every gate obeys, whatever it judges."""

import copy
import json
from dataclasses import fields
from datetime import timedelta

import numpy as np
import pytest

from pipeline.domain.errors import SlipwayError
from pipeline.domain.measurement import Counts, LiveMeasurements, OfflineMeasurements, Traffic
from pipeline.domain.policy import Policy
from pipeline.domain.stage import Stage
from pipeline.domain.verdict import Conclusion
from pipeline.gates import LIVE, OFFLINE, judge
from pipeline.simulation.arms import MONDAY, Scene, held_out, measure

POLICY = Policy()
BROKEN = (float("nan"), float("inf"), -float("inf"))


def measured(gate):
    """Good measurements for any gate, as the JSON that gates are fed from."""
    if gate in OFFLINE:
        return held_out().to_dict()
    stage = Stage.SHADOW if gate == "shadow" else Stage.CANARY_50
    days = {"blocks": 288 * 6, "trials": 200, "requests": 4} if gate == "dwell" else {}
    return measure(Scene(stage=stage, effect=0.05, **days), POLICY).to_dict()


def read(gate, raw):
    """Measurements from JSON."""
    kind = OfflineMeasurements if gate in OFFLINE else LiveMeasurements
    return kind.from_dict(raw)


def numbers(value, path=()):
    """Paths to the first number of every list and to every number in nested JSON."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from numbers(part, (*path, key))
    elif isinstance(value, list | tuple) and len(value):
        yield from numbers(value[0], (*path, 0))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def poked(raw, path, number):
    """``raw`` with the number at ``path`` replaced."""
    out = json.loads(json.dumps(raw))
    at = out
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = number
    return out


def never_passes_broken_numbers(gate):
    """NaN or infinity anywhere in what a gate may read is an exception, never a verdict."""
    short = {} if gate in OFFLINE else measure(Scene(blocks=2), POLICY).to_dict()
    raw = short or measured(gate)
    for path in numbers(raw):
        for number in BROKEN:
            with pytest.raises(SlipwayError):
                judge(gate, read(gate, poked(raw, path, number)), POLICY)


def never_passes_without_data(gate):
    """Nothing measured is UNDECIDED."""
    if gate in OFFLINE:
        empty = held_out(
            rows=0, requests=0, segments=(), parity_rows=0, latency_ratio=(0.0, 0.0, 0.0)
        )
    else:
        stage = Stage.SHADOW if gate == "shadow" else Stage.CANARY_50
        late = MONDAY + timedelta(days=20)
        empty = LiveMeasurements("feed", "1", stage, late, MONDAY, MONDAY, has_champion=True)
    assert judge(gate, empty, POLICY).conclusion is Conclusion.UNDECIDED


def never_passes_one_arm_alone(gate):
    """Traffic of the control alone, or of the candidate alone, is no comparison."""
    if gate in OFFLINE:
        return
    for silent in (0, 1):
        raw = measured(gate)
        for part in ("clicks", "traffic"):
            kept = {k: np.array(v) for k, v in raw[part].items()}
            for name in ("trials", "successes", "requests", "fallbacks", "latency"):
                if name in kept:
                    kept[name][:, silent] = 0
                    if name in ("trials", "successes"):
                        kept[name][:, 2] = 0
            kept |= {k: v * 0 for k, v in kept.items() if k.startswith("shadow_") and silent}
            raw[part] = {k: v.tolist() for k, v in kept.items()}
        raw["arrivals"] = []
        # the candidate's own errors and its time need no control
        alone = gate in ("errors", "dwell") and silent == 0
        shadow = gate == "shadow" and silent == 0
        if not (alone or shadow):
            assert judge(gate, read(gate, raw), POLICY).conclusion is Conclusion.UNDECIDED


def is_deterministic(gate):
    """Twice the same, also after a trip through JSON; the measurement is left as it was."""
    raw = measured(gate)
    found = read(gate, raw)
    before = copy.deepcopy(found.to_dict())
    first = judge(gate, found, POLICY)
    assert first == judge(gate, found, POLICY)
    assert first == judge(gate, read(gate, json.loads(json.dumps(raw))), POLICY)
    assert found.to_dict() == before


def says_why(gate):
    """A verdict names its gate and has a reason that a person can read, and finite evidence."""
    verdict = judge(gate, read(gate, measured(gate)), POLICY)
    assert verdict.gate == gate
    assert verdict.conclusion is Conclusion.PASS
    assert len(verdict.reason) > 10
    assert verdict.evidence
    assert type(verdict).from_dict(json.loads(json.dumps(verdict.to_dict()))) == verdict


def knows_the_arms_apart(gate):
    """A candidate much worse passes nowhere that its mirror image passes."""
    if gate not in ("harm", "stage_evidence", "non_inferiority"):
        return
    raw = measure(Scene(effect=0.15), POLICY).to_dict()
    assert judge(gate, read(gate, raw), POLICY).conclusion is Conclusion.PASS
    for name in ("trials", "successes"):
        rows = np.array(raw["clicks"][name])
        raw["clicks"][name] = rows[:, [1, 0, 2]].tolist()
    assert judge(gate, read(gate, raw), POLICY).conclusion is not Conclusion.PASS


def yield_gate_checks():
    """Every check with every gate."""
    checks = (
        never_passes_broken_numbers,
        never_passes_without_data,
        never_passes_one_arm_alone,
        is_deterministic,
        says_why,
        knows_the_arms_apart,
    )
    for gate in (*OFFLINE, *LIVE):
        for check in checks:
            yield pytest.param(check, gate, id=f"{gate}-{check.__name__}")


@pytest.mark.parametrize(("check", "gate"), yield_gate_checks())
def test_contract(check, gate):
    """Every gate obeys every check of the contract."""
    check(gate)


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
