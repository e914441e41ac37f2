"""Promises of releases: read from the ledger, judged by their bounds, counted in one sentence."""

import json
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_kit import after, steps
from slipway.domain.errors import BadInput
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.evidence.champion_chain import LINK, LINK_VARIANCE
from slipway.monitoring.promises import Promise, PromiseHistory, Word, judged, promise_of, seen_on
from slipway.stats.eprocess import Effect

PROMISED = Promise("7", "2026-03-09", Effect(0.02, 0.01, 0.03))


def released(link=0.02, variance=1e-4, ids=(LINK, LINK_VARIANCE)):
    """A ledger whose last row is a promotion, asked for with this log ratio and variance."""
    numbers = tuple(
        Evidence(of, value, "x", id=of) for of, value in zip(ids, (link, variance), strict=True)
    )
    verdict = Verdict("margin_creep", Conclusion.PASS, "none", numbers)
    past = list(steps())
    past.append(replace(after(past, Stage.APPROVAL), verdicts=(verdict,)))
    past.append(after(past, Stage.CHAMPION))
    return past


def test_the_promise_is_what_the_approval_was_asked_with():
    """The log ratio of the last canary stage, with the bounds that its variance gives at the level."""
    past = released()
    found = promise_of(past, past[-1], 0.9)
    half = 1.6448536 * 0.01
    assert found.promised == pytest.approx(
        (math.expm1(0.02), math.expm1(0.02 - half), math.expm1(0.02 + half))
    )
    assert (found.version, found.word) == ("7", Word.OPEN)


def test_a_release_without_a_comparison_promises_nothing():
    """A first champion says why; a verdict without its numbers is an error, no empty promise."""
    past = list(steps())
    past.append(after(past, Stage.CHAMPION))
    found = promise_of(past, past[-1], 0.9)
    assert found.word is Word.UNKNOWN
    assert "without a comparison" in found.sentence
    wrong = released(ids=("a", "b"))
    with pytest.raises(BadInput):
        promise_of(wrong, wrong[-1], 0.9)


@pytest.mark.parametrize(
    ("effect", "over", "word"),
    [
        (Effect(0.02, 0.011, 0.03), False, Word.KEPT),
        (Effect(-0.01, -0.02, 0.009), False, Word.BROKEN),
        (Effect(0.02, 0.0, 0.04), False, Word.OPEN),
        (Effect(0.02, 0.0, 0.04), True, Word.KEPT),
        (Effect(0.005, 0.0, 0.04), True, Word.UNKNOWN),
        (None, False, Word.OPEN),
        (None, True, Word.UNKNOWN),
    ],
)
def test_it_is_kept_or_broken_by_its_lower_bound(effect, over, word):
    """The interval above it keeps, below it breaks; else it is not known, at the end by the estimate."""
    assert judged(PROMISED, effect, over=over) is word


@given(st.lists(st.tuples(st.floats(-0.1, 0.1), st.floats(0, 0.1), st.booleans()), max_size=8))
def test_what_is_broken_stays_broken(seen):
    """However the days go on; days stand in order, each once, and come back from JSON as they were."""
    promise, broken = PROMISED, False
    for k, (middle, half, returned) in enumerate(seen):
        effect = Effect(middle, middle - half, middle + half)
        for _ in range(2):  # a day that is looked at again
            promise = seen_on(promise, f"2026-03-{10 + k}", effect, over=False, returned=returned)
        broken = broken or promise.word is Word.BROKEN
        assert (promise.word is Word.BROKEN) == broken
    assert len(promise.days) == len(seen)
    assert Promise.from_dict(json.loads(json.dumps(asdict(promise)))) == promise


def test_the_history_is_one_sentence():
    """How many were kept of all, and what became of the others."""
    good = seen_on(PROMISED, "2026-03-10", Effect(0.02, 0.011, 0.03), over=True)
    bad = seen_on(PROMISED, "2026-03-10", None, over=False, returned=True)
    said = PromiseHistory((good, bad, PROMISED)).sentence
    assert said == "earlier promises: 1 of 3 kept (1 broken, 1 not yet known)"


def test_promises_cover_as_often_as_they_say():
    """Of 400 releases of known effect the 90 % interval covers it in 85 to 95 %, whatever the level."""
    rng, inside = np.random.default_rng(5), 0
    for _ in range(400):
        rate, effect = 0.05, rng.normal(0, 0.02)
        n = 400_000
        x0, x1 = rng.binomial(n, rate), rng.binomial(n, rate * (1 + effect))
        past = released(math.log(x1 / x0), (1 - rate) * (1 / x1 + 1 / x0))
        found = promise_of(past, past[-1], 0.9).promised
        inside += found.lower <= effect <= found.upper
    assert 340 <= inside <= 380
