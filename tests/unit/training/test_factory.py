"""Whatever a team's factory does wrongly is one clear line at training time, and nothing is stored."""

from dataclasses import replace

import numpy as np
import pytest
from slipway.domain.errors import BadConfig, NotReproducible
from slipway.domain.model import Fit
from slipway.domain.outcomes import OutcomeKind
from slipway.training import factory
from slipway.training.factory import Examples
from support import factories

INPUTS = ("age_band", "genre", "hour", "item_ctr")


@pytest.fixture(scope="module")
def rows(line):
    """300 examples of the feed's features, weighed."""
    rng = np.random.default_rng(1)
    features = rng.random((300, len(line.features)))
    names = [column.name for column in line.features]
    features[:, names.index("genre")] = rng.integers(0, 5, 300)
    features[:, names.index("age_band")] = rng.integers(0, 3, 300)
    features[:, names.index("hour")] = rng.integers(0, 24, 300)
    return Examples(features, (rng.random(300) < 0.3).astype(float), np.ones(300))


def checked(line, made, rows, **fields):
    mine = replace(line, recipe=Fit(made, INPUTS, **fields))
    factory.check(mine, mine.recipe, rows, OutcomeKind.BINARY, 11)


@pytest.mark.parametrize(
    ("made", "error", "said"),
    [
        (factories.raising, BadConfig, "no licence for this library"),
        (factories.a_number, BadConfig, "int.*must be an object with fit and predict"),
        (factories.a_class, BadConfig, "Mean.*return an object, not its class"),
        (factories.undeclared_column, BadConfig, "rank.*must be declared and among the inputs"),
        (factories.left_to_chance, NotReproducible, "answers differ between two fits"),
        (factories.not_a_number, BadConfig, "nan in 1 of .* rows"),
        (factories.wrong_shape, BadConfig, r"shape \(\d+, 2\)"),
        (factories.labels_alone, BadConfig, "labels 0 and 1.*predict_proba"),
        (factories.beyond_one, BadConfig, "must be from 0 to 1"),
        (factories.breaks_on_gaps, BadConfig, "where age_band is missing.*Input contains NaN"),
        (factories.unweighable, BadConfig, "no sample_weight.*weighted=False"),
    ],
)
def test_each_fault_is_one_clear_line(made, error, said, line, rows):
    """What was wrong, what was found and what to do stand in one line."""
    with pytest.raises(error, match=said) as caught:
        checked(line, made, rows)
    assert "\n" not in str(caught.value)


def test_an_input_that_is_known_too_late_is_refused(line, rows):
    """The place in the list is set by the answer: no model may read it."""
    mine = Fit(factories.logistic, ("position",))
    with pytest.raises(BadConfig, match="position is known decision"):
        factory.fitted(line, mine, rows, OutcomeKind.BINARY, 1)


@pytest.mark.parametrize("name", ["logistic", "forest", "calibrated"])
def test_a_sound_factory_passes(name, line, rows):
    """Deterministic estimators pass without a word, whatever their parameters are called."""
    checked(line, getattr(factories, name), rows)


def test_threads_are_taken_away(line):
    """A forest that asks for several threads is fitted and answered on one."""
    made = factory.made(line, Fit(factories.forest, INPUTS), 3)
    assert made.get_params()["randomforestclassifier__n_jobs"] == 1


def test_what_a_fit_warns_of_is_kept(line, rows):
    """A warning of the library reaches the evidence, once."""

    class Warns(factories.Mean):
        def fit(self, rows, labels, sample_weight=None):
            import warnings

            for _ in range(3):
                warnings.warn("did not converge", RuntimeWarning, stacklevel=1)
            return super().fit(rows, labels)

    mine = Fit(lambda seed: Warns(), INPUTS)
    assert factory.fitted(line, mine, rows, OutcomeKind.BINARY, 1)[1] == (
        "RuntimeWarning: did not converge",
    )


def test_columns_stand_in_the_order_of_the_inputs_whatever_the_line_s_order(line, rows):
    """A line that declares its columns in another order gives the model the same frame: none is swapped."""
    mine = Fit(factories.logistic, INPUTS)
    model, _ = factory.fitted(line, mine, rows, OutcomeKind.BINARY, 1)
    other = replace(line, columns=tuple(reversed(line.columns)))
    turned = rows._replace(features=rows.features[:, ::-1])
    again, _ = factory.fitted(other, mine, turned, OutcomeKind.BINARY, 1)
    assert list(model.frame.frame(rows.features).columns) == list(INPUTS)
    assert np.array_equal(model.answer(rows.features), again.answer(turned.features))
