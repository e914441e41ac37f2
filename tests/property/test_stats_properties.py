"""What holds for every input: symmetries and bounds of the statistics."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slipway.stats import means
from slipway.stats.calibration import expected_calibration_error
from slipway.stats.design_effect import at_least_one, design_effect
from slipway.stats.eprocess import (
    harm,
    mixture,
    non_inferiority,
    relative_effect,
    split,
    superiority,
)
from slipway.stats.mixtures import weighted_log_e
from slipway.stats.ndcg import ndcg
from slipway.stats.overlap import rank_biased_overlap, top_k_overlap, total_variation
from slipway.stats.paired import paired_difference
from slipway.stats.rate import above, exceedances, threshold_bucket
from slipway.stats.ratio_sums import ratio_sums
from slipway.stats.srm import sample_ratio

MIX = {"effects": (0.02, 0.1, 0.2), "weights": (0.4, 0.3, 0.3)}
quick = settings(max_examples=60, deadline=None)


@st.composite
def arms(draw, size=8):
    """Blocks of two arms, successes within trials, some of them empty."""
    rows = draw(
        st.lists(
            st.tuples(
                *(st.integers(0, 200).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),)
                * 2
            ),
            min_size=1,
            max_size=size,
        )
    )
    return split(*np.array([[a[0], a[1], b[0], b[1]] for a, b in rows]).T)


@quick
@given(arms(), st.floats(1, 20))
def test_evidence_is_finite_and_peaks_never_sink(data, divisor):
    """Any counts give finite evidence; the peak is at least 1 and at least the present value."""
    for process in (
        harm(data, **MIX, design_effect=divisor),
        non_inferiority(data, margin=0.02, design_effect=divisor),
    ):
        assert np.isfinite(process.log_path).all()
        assert process.log_peak >= max(0.0, process.log_e)


@quick
@given(arms())
def test_superiority_of_one_is_harm_of_the_other(data):
    """Swapped arms turn harm into superiority, which is bounded less closely."""
    swapped = split(data[2], data[3], data[0], data[1])
    better, worse = superiority(swapped, **MIX).log_path, harm(data, **MIX).log_path
    assert (better <= worse + 1e-9).all()
    ratios = [1 - m for m in MIX["effects"]]
    plain = mixture(data, null_ratio=1 - 1e-12, ratios=ratios, weights=MIX["weights"])
    assert better == pytest.approx(plain.log_path, abs=1e-6)


@quick
@given(arms(), st.integers(0, 7))
def test_the_future_never_changes_the_past(data, cut):
    """The path up to a block depends on the blocks up to it alone."""
    head = split(*(part[: cut + 1] for part in data))
    assert harm(head, **MIX).log_path == pytest.approx(harm(data, **MIX).log_path[: cut + 1])


@quick
@given(arms(), st.integers(0, 8), st.floats(1, 20))
def test_evidence_goes_on_from_sums_wherever_it_stopped(data, cut, divisor):
    """Blocks before any cut as sums, the others as blocks: the evidence of all of them."""
    first, later = (split(*(p[part] for p in data)) for part in (slice(cut), slice(cut, None)))
    for judge in (partial(harm, **MIX), partial(non_inferiority, margin=0.02)):
        whole = judge(data, design_effect=divisor)
        resumed = judge(later, design_effect=divisor, before=ratio_sums(first))
        assert resumed.log_e == pytest.approx(whole.log_e, abs=1e-9)
        peak = max(resumed.log_peak, judge(first, design_effect=divisor).log_peak)
        assert peak == pytest.approx(whole.log_peak, abs=1e-9)


@quick
@given(st.floats(-50, 50), st.floats(0.01, 100), st.floats(0.1, 10), st.floats(0.001, 0.5))
def test_less_of_a_mean_is_never_less_evidence_of_harm(score, information, level, margin):
    """A lower score raises harm and lowers safety; harm and safety mirror each other's null."""
    higher, lower = (means.MeanEvidence(s, information, level) for s in (score, score - 1))
    weights = (0.75, 0.25)
    assert means.harm(lower, **MIX) >= means.harm(higher, **MIX) - 1e-9
    safe = [means.non_inferiority(f, margin=margin, weights=weights) for f in (higher, lower)]
    assert safe[0] >= safe[1] - 1e-9


@quick
@given(arms())
def test_bounds_enclose_the_estimate_direction(data):
    """Where the effect is defined, lower <= upper, and they hold a moderate estimate."""
    try:
        found = relative_effect(data, **MIX, alpha=0.05)
    except ValueError:
        return
    assert -1 <= found.lower <= found.upper
    if 1 / 15 < 1 + found.estimate < 15:
        assert found.lower <= found.estimate + 1e-9
        assert found.upper >= found.estimate - 1e-9


@quick
@given(
    st.tuples(st.integers(1, 10), st.integers(1, 10)),
    st.floats(0.01, 0.5),
    st.floats(0.3, 3.0),
    st.floats(0.3, 3.0),
    st.floats(0.0, 1.0),
)
def test_one_block_never_gains_under_the_null(trials, p0, null, step, below):
    """Summed over all outcomes of a block the mean of E is at most 1, anywhere on the null's side."""
    n0, n1 = trials
    ratio = null * (1 + step) if below < 0.5 else null / (1 + step)
    true = null * (1 - below) if ratio > null else null * (1 + below)
    p1 = min(1.0, p0 * true)
    p0 = p1 / true if true > 0 else p0
    mean = 0.0
    for x0 in range(n0 + 1):
        for x1 in range(n1 + 1):
            weight = (
                math.comb(n0, x0)
                * p0**x0
                * (1 - p0) ** (n0 - x0)
                * math.comb(n1, x1)
                * p1**x1
                * (1 - p1) ** (n1 - x1)
            )
            data = split([n0], [x0], [n1], [x1])
            e = mixture(data, null_ratio=null, ratios=[ratio], weights=[1.0])
            mean += weight * math.exp(e.log_e)
    assert mean <= 1 + 1e-9


@quick
@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=20))
def test_design_effect_is_not_negative_and_ignores_order(users):
    """Design effect >= 0 whatever the order of users; at_least_one >= 1."""
    n = np.array([a for a, _ in users])
    c = np.minimum(np.array([b for _, b in users]), n)
    assert design_effect(n, c) >= 0
    assert design_effect(n[::-1], c[::-1]) == pytest.approx(design_effect(n, c))
    assert at_least_one(n, c) >= 1


@quick
@given(st.lists(st.integers(0, 500), min_size=3, max_size=3), st.permutations(range(3)))
def test_sample_ratio_does_not_know_the_arms_names(counts, order):
    """Arms renamed together with their shares give the same evidence."""
    shares = [0.7, 0.2, 0.1]
    there = sample_ratio([counts[i] for i in order], [shares[i] for i in order]).log_e
    assert there == pytest.approx(sample_ratio(counts, shares).log_e, abs=1e-6)


@quick
@given(st.lists(st.integers(0, 1000), min_size=64, max_size=64), st.floats(0.5, 0.999))
def test_exceedances_of_the_reference_stay_within_the_quantile(reference, quantile):
    """At most 1 - quantile of the reference lies at or above its own threshold."""
    try:
        bucket = threshold_bucket(reference, quantile)
    except ValueError:
        return
    assert exceedances(reference, bucket) <= (1 - quantile + 1e-9) * sum(reference)


@quick
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=10))
def test_more_errors_are_more_evidence(rows):
    """One further failure among the same requests never lowers the evidence."""
    n = np.array([a + b for a, b in rows])
    x = np.array([b for _, b in rows])
    more = np.minimum(x + 1, n)
    assert above(n, more, limit=0.01).log_e >= above(n, x, limit=0.01).log_e


@quick
@given(st.lists(st.floats(-50, 50), min_size=1, max_size=10), st.data())
def test_the_family_is_never_weaker_than_bonferroni(log_e, data):
    """The weighted average reaches at least the largest weighted member, at most the largest."""
    raw = data.draw(st.lists(st.floats(0.01, 1), min_size=len(log_e), max_size=len(log_e)))
    weights = np.array(raw) / sum(raw)
    mixed = weighted_log_e(log_e, weights)
    assert mixed >= max(e + math.log(w) for e, w in zip(log_e, weights, strict=True)) - 1e-9
    assert mixed <= max(log_e) + 1e-9


@quick
@given(st.permutations(range(8)), st.permutations(range(8)))
def test_rankings_agree_symmetrically(a, b):
    """Overlap and RBO are symmetric, within [0, 1], and 1 only in agreement."""
    first, second = np.array([a[:5]]), np.array([b[:5]])
    for measure in (top_k_overlap, rank_biased_overlap):
        there, back = measure(first, second)[0], measure(second, first)[0]
        assert there == pytest.approx(back)
        assert -1e-12 <= there <= 1 + 1e-12
    assert top_k_overlap(first, first[:, ::-1])[0] == 1


@quick
@given(*(st.lists(st.integers(1, 100), min_size=4, max_size=4),) * 3)
def test_total_variation_is_a_distance(a, b, c):
    """Symmetric, 0 for equal mixes, within [0, 1], and the triangle inequality."""
    assert total_variation(a, a) == 0
    assert total_variation(a, b) == pytest.approx(total_variation(b, a))
    assert total_variation(a, c) <= total_variation(a, b) + total_variation(b, c) + 1e-12
    assert 0 <= total_variation(a, b) <= 1


@quick
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=10), st.randoms()
)
def test_ndcg_ignores_the_order_of_rows(rows, random):
    """Shuffled rows give the same NDCG, in [0, 1], and 1 for scores equal to gains."""
    gains, scores = (np.array(part, dtype=float) for part in zip(*rows, strict=True))
    order = list(range(len(rows)))
    random.shuffle(order)
    group = np.zeros(len(rows), int)
    found = ndcg(gains, scores, group, k=5).values
    assert ndcg(gains[order], scores[order], group, k=5).values == pytest.approx(found)
    assert ((found >= 0) & (found <= 1 + 1e-12)).all()
    assert ndcg(gains, gains, group, k=5).values == pytest.approx(np.ones(len(found)))


@quick
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_calibration_error_is_a_probability(rows):
    """The error is in [0, 1], and at least the overall bias."""
    p, y = np.array([a for a, _ in rows]), np.array([b for _, b in rows], dtype=float)
    found = expected_calibration_error(p, y)
    assert abs((y - p).mean()) - 1e-9 <= found <= 1


@quick
@given(
    st.lists(st.tuples(st.floats(0.1, 5), st.floats(0.1, 5)), min_size=2, max_size=30),
    st.floats(0.1, 10),
)
def test_relative_differences_have_no_unit(rows, unit):
    """Measured in another unit, a relative difference and its error stay the same."""
    a, b = np.array(rows).T
    found, scaled = paired_difference(a, b), paired_difference(a * unit, b * unit)
    assert scaled == pytest.approx(found, abs=1e-9)
    assert paired_difference(a, a).mean == 0
