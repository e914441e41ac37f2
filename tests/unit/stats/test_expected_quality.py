"""Quality before outcomes: against scikit-learn and pairs by hand, within bounds, and as often as is said."""

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss, precision_score, recall_score, roc_auc_score
from slipway.stats.expected_quality import calibration, effective_rows, expected, measures

RNG = np.random.default_rng(3)


def rows(n, seed, *, shift=0.0, wrong=0.0):
    """Scores and outcomes; the model is ``wrong`` by so much on the logit scale."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(shift - 0.5, 1.2, n)
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float)
    return 1 / (1 + np.exp(-(logit + wrong))), y


def test_realised_measures_are_those_of_scikit_learn():
    """With outcomes as probabilities the formulas are the ordinary ones."""
    p, y = rows(500, 1)
    found, hard = measures(p, y, 0.5), p >= 0.5
    assert found["auc"] == pytest.approx(roc_auc_score(y, p))
    assert found["log_loss"] == pytest.approx(log_loss(y, p))
    assert found["precision"] == pytest.approx(precision_score(y, hard))
    assert found["recall"] == pytest.approx(recall_score(y, hard))


def test_the_expected_auc_is_that_of_all_pairs():
    """Pair by pair, ties half."""
    p, c = np.array([0.1, 0.4, 0.4, 0.9]), np.array([0.2, 0.5, 0.3, 0.7])
    over = sum(
        c[i] * (1 - c[j]) * ((p[i] > p[j]) + 0.5 * (p[i] == p[j]))
        for i in range(4)
        for j in range(4)
    )
    assert measures(p, c, 0.5)["auc"] == pytest.approx(over / (c.sum() * (1 - c).sum()))


def test_the_calibration_is_the_best_fit():
    """SciPy's general minimiser finds no better bend of the score's logit under the same ridge."""
    p, y = rows(300, 2, wrong=0.4)
    w = RNG.random(300) + 0.1
    found = calibration(p, y, w)

    def loss(bend):
        c = np.clip(found._replace(bend=bend)(p), 1e-12, 1 - 1e-12)
        return -(w * (y * np.log(c) + (1 - y) * np.log1p(-c))).sum() + (bend[1:] ** 2).sum() / 2

    best = scipy.optimize.minimize(loss, np.zeros(4), method="BFGS")
    assert found.bend == pytest.approx(best.x, abs=2e-3)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_every_measure_is_inside_its_range(pairs):
    """Whatever the scores: AUC, precision, recall and rate lie in [0, 1]; order of rows does not matter."""
    p, c = np.array(pairs).T
    found = measures(p, c, 0.5)
    assert all(-1e-9 <= found[name] <= 1 + 1e-9 for name in found if name != "log_loss")
    again = measures(p[::-1], c[::-1], 0.5)
    assert dict(found) == pytest.approx(dict(again))


def inside(shift, wrong_now, runs=40):
    """In how many of ``runs`` weeks realised log loss and rate lie inside their 90 % bounds."""
    count = np.zeros(2, int)
    for seed in range(runs):
        past, now = rows(3000, 2 * seed), rows(1000, 2 * seed + 1, shift=shift)
        score, y = now
        if wrong_now:
            y = rows(1000, 2 * seed + 1, shift=shift - 0.7)[
                1
            ]  # outcomes rarer, scores as they were
        found = expected(
            (*past, np.ones(3000)),
            score,
            threshold=0.5,
            level=0.9,
            draws=30,
            rng=np.random.default_rng(seed),
        )
        real = measures(score, y, 0.5)
        names = ("log_loss", "positive_rate")
        count += [found[n].lower <= real[n] <= found[n].upper for n in names]
    return count


def test_realised_values_are_inside_as_often_as_is_said():
    """Of 40 weeks whose inputs moved at least 32 are inside the nominal 90 %."""
    assert (inside(0.4, False) >= 32).all()


def test_users_who_differ_are_no_chances_of_their_own():
    """100 users of 20 rows a week differ: bounds of single rows hold in fewer than 25 of 30 weeks, those of users in more."""
    single, whole = 0, 0
    for seed in range(30):
        rng = np.random.default_rng(100 + seed)
        parts = []
        for days in (28, 7):
            user, x = rng.integers(0, 100, 300 * days), rng.normal(0, 1, 300 * days)
            level = rng.normal(0, 0.8, 100)
            y = (rng.random(300 * days) < 1 / (1 + np.exp(1 - x - level[user]))).astype(float)
            parts.append((1 / (1 + np.exp(1 - x)), y, user))
        (p, y, before), (score, came, after) = parts
        real = measures(score, came, 0.5)["positive_rate"]
        for users in (None, (before, after)):
            found = expected(
                (p, y, np.ones(len(p))),
                score,
                threshold=0.5,
                level=0.9,
                draws=30,
                rng=np.random.default_rng(seed),
                users=users,
            )["positive_rate"]
            held = found.lower <= real <= found.upper
            single, whole = single + (held and users is None), whole + (held and users is not None)
    assert single < 25 <= whole


def test_of_a_changed_relation_it_sees_nothing():
    """Outcomes that became rarer are outside the bounds nearly always: the estimate is blind to them."""
    assert inside(0.0, True, runs=12)[1] <= 1


def test_few_rows_and_none():
    """Without rows nothing is measured; weight of none is an error, and equal weights are worth all."""
    assert not measures([], [], 0.5)
    assert "precision" not in measures([0.1], [0.5], 0.5)
    assert effective_rows([]) == 0.0
    assert effective_rows([2.0] * 7) == 7.0
    with pytest.raises(ValueError, match="no row"):
        calibration([0.1], [1], [0])
