"""The old rules rank by genre and age, newness and the editors' picks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from slipway.domain.errors import BadInput
from slipway.examples.films import rules
from slipway.examples.films.line import LINE

NAMES = [column.name for column in LINE.features]


def film(**values):
    usual = dict.fromkeys(NAMES, 0.0) | {"genre_age_ctr": 0.2, "film_age_days": 5000.0}
    return [(usual | values)[name] for name in NAMES]


@pytest.mark.parametrize(
    "better", [{"genre_age_ctr": 0.3}, {"film_age_days": 10.0}, {"editors_pick": 1.0}]
)
def test_each_rule_raises_the_score(better):
    """A liked genre, a new film and an editors' pick each beat the usual film."""
    usual, raised = rules.score(np.array([film(), film(**better)]))
    assert raised > usual


def test_user_taste_is_not_known_to_the_rules():
    """The rules ignore what only the log knows of the single user and film."""
    plain, known = rules.score(np.array([film(), film(user_genre_ctr=0.9, item_ctr=0.9)]))
    assert plain == known


@given(
    hnp.arrays(
        float, st.tuples(st.integers(0, 20), st.just(len(NAMES))), elements=st.floats(width=64)
    )
)
def test_answers_are_always_probabilities(features):
    """Whatever the features, missing and infinite ones included, the answer is inside (0, 1)."""
    with np.errstate(all="ignore"):
        found = rules.score(features)
    assert found.shape == (len(features),)
    assert ((found > 0) & (found < 1)).all()


def test_another_width_is_refused():
    """Features of another line are not silently misread."""
    with pytest.raises(BadInput, match=r"features\.shape"):
        rules.score(np.zeros((3, 2)))
