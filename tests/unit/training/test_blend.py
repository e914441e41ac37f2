"""Several tree sets answer as one, in the same bits everywhere, and drift takes the champion's weight."""

from datetime import timedelta

import numpy as np
import pytest
from slipway.artifact.ensemble import Ensemble
from slipway.artifact.load import load_ranker
from slipway.artifact.manifest import Manifest
from slipway.domain.errors import BadConfig, BadInput
from slipway.evaluation.parity import fitted_probability
from slipway.training import dataset, deterministic, fit
from slipway.training.blend import joined, lean
from slipway.training.train import train

SMALL = {"max_iter": 20}


@pytest.fixture(scope="module")
def champion(snapshot, line, tmp_path_factory):
    recipe = line.recipe_with(SMALL | {"seeds": [1, 2, 3]})
    earlier = type(snapshot)(snapshot.path, snapshot.digest, snapshot.end - timedelta(weeks=1))
    return train(earlier, line, recipe, tmp_path_factory.mktemp("champion"))


@pytest.fixture(scope="module")
def blended(snapshot, line, champion, tmp_path_factory):
    recipe = line.recipe_with(SMALL | {"blend": 0.7, "ensemble": 2})
    return train(snapshot, line, recipe, tmp_path_factory.mktemp("blend"), champion.folder)


@pytest.fixture(scope="module")
def features(frame, line):
    return dataset.rows_of(frame, line, "holdout").features


def test_a_blend_is_the_weighted_mean_of_log_odds(blended, champion, line, features):
    """What is served is the sum of the sets' log-odds by the weights that the manifest says."""
    found = Ensemble.load(blended.folder, Manifest.read(blended.folder).weights)
    assert len(found.sets) == 3
    assert sum(found.weights) == pytest.approx(1)
    assert found.weights[0] == found.weights[1]
    by_hand = sum(
        w * t.raw_scores(features) for w, t in zip(found.weights, found.sets, strict=True)
    )
    assert found.raw_scores(features) == pytest.approx(by_hand)
    theirs = Ensemble.load(champion.folder, ()).raw_scores(features)
    assert np.array_equal(found.sets[2].raw_scores(features), theirs)


def test_served_and_fitted_blend_agree_bit_for_bit(blended, line, features):
    """The pipelines beside a blend, weighed by scikit-learn, answer in the bits that are served."""
    answers = load_ranker(blended.folder, line).score(features)[0]
    assert np.array_equal(answers, fitted_probability(blended.folder, features))


def test_a_blend_leans_less_than_it_may_and_says_why(blended):
    """The weight is in words with what it was decided on, and the plain fit is kept to compare."""
    assert "champion's weight" in blended.blend_note
    assert "chance alone" in blended.blend_note
    assert blended.plain is not None
    assert "champion" in blended.digests


def test_the_same_champion_gives_the_same_blend(snapshot, line, champion, blended, tmp_path):
    """A blend is as reproducible as a fit: rows, recipe and champion decide every bit."""
    recipe = line.recipe_with(SMALL | {"blend": 0.7, "ensemble": 2})
    again = train(snapshot, line, recipe, tmp_path, champion.folder)
    assert again.fingerprint == blended.fingerprint


def test_without_a_champion_a_leaning_recipe_is_a_plain_fit(snapshot, line, tmp_path):
    """The first week of a line has nothing to lean on, and says so."""
    found = train(snapshot, line, line.recipe_with(SMALL | {"blend": 0.5}), tmp_path / "a")
    plain = train(snapshot, line, line.recipe_with(SMALL), tmp_path / "b")
    assert "no champion" in found.blend_note
    assert (found.folder / "trees.npz").read_bytes() == (plain.folder / "trees.npz").read_bytes()


def test_an_anchor_pulls_answers_to_the_champion(snapshot, line, features, tmp_path):
    """The more labels are the champion's answers, the nearer the new model is to it."""
    narrow = line.recipe_with(SMALL | {"inputs": ["item_ctr"]})
    teacher = train(snapshot, line, narrow, tmp_path / "teacher").folder
    theirs = load_ranker(teacher, line).score(features)[1]
    apart = []
    for anchor in (0.0, 0.5, 0.9):
        recipe = line.recipe_with(SMALL | {"anchor": anchor})
        found = train(snapshot, line, recipe, tmp_path / str(anchor), teacher)
        own = Ensemble.load(found.folder, ()).raw_scores(features)
        apart.append(1 - float(np.corrcoef(own, theirs)[0, 1]))
    assert apart[0] > apart[1] > apart[2]


def test_a_champion_of_other_inputs_is_not_blended(snapshot, line, tmp_path):
    """Trees that read other columns get no weight, and the run says why."""
    narrow = line.recipe_with(SMALL | {"inputs": ["item_ctr"]})
    teacher = train(snapshot, line, narrow, tmp_path / "teacher").folder
    recipe = line.recipe_with(SMALL | {"blend": 0.5})
    found = train(snapshot, line, recipe, tmp_path / "out", teacher)
    assert "reads other inputs" in found.blend_note
    assert not Manifest.read(found.folder).weights


def test_the_weight_is_the_one_that_is_best_for_log_loss():
    """Without drift the formula finds the mean of two equal fits; with drift it follows 1 / D."""
    rng = np.random.default_rng(5)
    n, spread = 200_000, 0.3
    truth = rng.normal(0, 1, n)
    fresh, champion = (truth + rng.normal(0, spread, n) for _ in range(2))
    halves = tuple(truth + rng.normal(0, spread * np.sqrt(2), n) for _ in range(2))
    assert lean(champion, fresh, halves, 0.0, 0.9).weight == pytest.approx(0.5, abs=0.02)
    drift = rng.normal(0, 0.4, n)
    found = lean(champion + drift, fresh, halves, 0.0, 0.9)
    by_hand = spread**2 / (2 * spread**2 + 0.4**2)
    assert found.weight == pytest.approx(by_hand, abs=0.02)
    assert found.drift == pytest.approx(0.4**2, rel=0.05)
    assert lean(champion + 5 * drift, fresh, halves, 0.0, 0.9).weight == 0.0


def test_rows_in_common_are_not_taken_for_agreement():
    """Fits that share rows share their noise: the weight stays that of equal fits."""
    rng = np.random.default_rng(6)
    n = 200_000
    both = rng.normal(0, 0.3 * np.sqrt(0.5), n)
    fresh, champion = (both + rng.normal(0, 0.3 * np.sqrt(0.5), n) for _ in range(2))
    halves = tuple(rng.normal(0, 0.3 * np.sqrt(2), n) for _ in range(2))
    assert lean(champion, fresh, halves, 0.5, 0.9).weight == pytest.approx(0.5, abs=0.02)


def test_the_oldest_sets_go_first(blended):
    """A running blend never holds more sets than it may, and its weights still sum to one."""
    sets = Ensemble.load(blended.folder, Manifest.read(blended.folder).weights)
    found = joined(Ensemble(sets.sets[:1]), sets, 0.6, 3)
    assert len(found.sets) == 3
    assert sum(found.weights) == pytest.approx(1)
    assert found.weights[0] > 0.4


def test_a_champion_that_cannot_be_loaded_is_refused(snapshot, line, champion, tmp_path):
    """A damaged champion stops the training with one clear line and leaves nothing behind."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "ranker.json").write_bytes((champion.folder / "ranker.json").read_bytes())
    (broken / "trees.npz").write_bytes(b"not trees")
    for folder in (broken, tmp_path / "nowhere"):
        with pytest.raises(BadInput):
            train(
                snapshot, line, line.recipe_with(SMALL | {"blend": 0.5}), tmp_path / "out", folder
            )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"warm_start": True}, "bin edges"),
        ({"blend": 1.0}, "blend"),
        ({"anchor": -0.1}, "anchor"),
        ({"ensemble": 4}, "ensemble"),
        ({"tree_sets": 99}, "tree_sets"),
        ({"ensemble": 3, "tree_sets": 2}, "tree_sets"),
    ],
)
def test_recipes_that_lean_wrongly_are_refused(line, overrides, said):
    """Warm start and knobs out of range are refused before anything starts."""
    with pytest.raises(BadConfig, match=said):
        fit.check_recipe(line, line.recipe_with(overrides))


def test_estimators_left_to_chance_are_refused(line):
    """Threads that reorder sums, rows held out by chance and missing seeds never get fitted."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    deterministic.check(fit.untrained(line, line.recipe, 3))
    for estimator, said in (
        (RandomForestClassifier(n_jobs=2, random_state=1), "n_jobs"),
        (HistGradientBoostingClassifier(random_state=1), "early_stopping"),
        (RandomForestClassifier(), "random_state"),
        (RandomForestClassifier(warm_start=True, random_state=1), "warm_start"),
    ):
        with pytest.raises(BadConfig, match=said):
            deterministic.check(estimator)
