"""A team's own model becomes a ranker as Slipway's trees do, whatever library it is of."""

from dataclasses import replace

import numpy as np
import pytest
from slipway.artifact.digest import digest
from slipway.artifact.folder import claim_of, recipe_of, write_rules
from slipway.artifact.load import load_ranker
from slipway.artifact.own_model import kept_answers
from slipway.domain.errors import BadInput
from slipway.domain.model import Fit
from slipway.domain.verdict import Conclusion
from slipway.evaluation import parity
from slipway.evaluation.evaluate import evaluate
from slipway.gates import judge
from slipway.training import dataset
from slipway.training.own import train_own
from slipway.training.train import train
from support import factories
from unit.conftest import exposures

INPUTS = ("age_band", "genre", "hour", "film_age_days", "item_ctr", "user_genre_ctr")
LIBRARIES = {"lightgbm": "", "xgboost": "", "catboost": "(missing)"}
"""Libraries that are no dependency of Slipway, and the word for a missing category that they need."""
COMPILED = ("logistic", "lightgbm", "xgboost")
"""What is served from arrays."""


@pytest.fixture(scope="module")
def small(freeze_table, tmp_path_factory):
    """A snapshot of 4,000 rows in which some values are missing."""
    frame = exposures(400, 8)
    gaps = np.random.default_rng(3).random(len(frame)) < 0.05
    frame.loc[gaps, "film_age_days"] = np.nan
    frame.loc[gaps, "age_band"] = np.nan
    return frame, freeze_table(frame, tmp_path_factory.mktemp("small") / "week.parquet")


def own(line, factory, **fields):
    """The feed with models of a team's own."""
    return replace(line, recipe=Fit(factory, INPUTS, **fields))


def trained(line, small, out):
    return train_own(small[1], line, line.recipe, out)


@pytest.mark.parametrize(
    "name", ["logistic", "forest", "calibrated", "lightgbm", "xgboost", "catboost"]
)
def test_what_is_stored_answers_as_what_was_fitted(name, line, small, tmp_path):
    """Row by row and in batches, with gaps and with categories that nobody fitted."""
    if name in LIBRARIES:
        pytest.importorskip(name, reason=f"{name} is not installed: it is no dependency of Slipway")
    mine = own(line, getattr(factories, name), missing=LIBRARIES.get(name, ""))
    found = trained(mine, small, tmp_path / "one")
    ranker = load_ranker(found.folder, mine)
    features = dataset.rows_of(small[0], mine, "holdout").features
    strange = features.copy()
    strange[::3, 0], strange[::5, 2] = np.nan, 99.0
    rows = np.concatenate([features[:300], strange[:300]])
    compared, differ = parity.mismatches(ranker, rows)
    assert (compared > len(rows), differ) == (True, 0)
    again = trained(mine, small, tmp_path / "two")
    assert again.digests == found.digests
    assert ranker.batched is (name not in COMPILED)


def test_it_is_judged_beside_trees_and_rules(line, small, tmp_path):
    """A team's model is measured against Slipway's trees: another way is a claim, its own floor is found."""
    rules = load_ranker(write_rules(tmp_path / "rules", line, [1 / k for k in range(1, 11)]), line)
    trees = train(small[1], line, line.recipe_with({"max_iter": 5}), tmp_path / "trees")
    mine = own(line, factories.logistic)
    found = trained(mine, small, tmp_path / "own")
    measured = evaluate(
        small[1],
        mine,
        mine.recipe,
        load_ranker(found.folder, mine),
        load_ranker(trees.folder, mine),
        rules,
        otherwise=claim_of(found.folder) != claim_of(trees.folder),
    )
    assert judge("parity", measured, line.policy).conclusion is Conclusion.PASS
    assert measured.recipe_changed
    assert measured.chance["log_loss"].seed < measured.chance["log_loss"].data
    assert recipe_of(found.folder, mine)[0].inputs == INPUTS
    assert recipe_of(trees.folder, mine) is None


def test_another_seed_rows_or_factory_is_another_model(line, small, tmp_path):
    """Seed, knob and code are in the fingerprint, each in its own part."""
    first = trained(own(line, factories.forest), small, tmp_path / "a")
    seeded = trained(own(line, factories.forest, seeds=(4, 5, 6)), small, tmp_path / "b")
    bigger = trained(own(line, factories.forest, params={"trees": 13}), small, tmp_path / "c")
    other = trained(own(line, factories.logistic), small, tmp_path / "d")
    assert len({found.digests["learned"] for found in (first, seeded, bigger, other)}) == 4
    assert len({found.digests["recipe"] for found in (first, seeded, bigger)}) == 3
    assert first.digests["line"] != other.digests["line"]


def test_a_changed_model_is_not_the_one_that_was_fitted(line, small, tmp_path):
    """Stored answers of another model count as differing rows: parity does not pass."""
    mine = own(line, factories.logistic)
    found = trained(mine, small, tmp_path / "a")
    path = found.folder / "answers.npz"
    kept = kept_answers(found.folder, len(mine.features))
    with path.open("wb") as file:
        np.savez(file, features=kept.features, answers=kept.answers * (1 + 1e-6))
    features = dataset.rows_of(small[0], mine, "holdout").features
    assert parity.mismatches(load_ranker(found.folder, mine), features)[1] > 500


def test_a_gap_that_is_read_otherwise_alone_is_found(line, small, tmp_path):
    """One row in thousands has it: it is among those that are asked for one at a time."""
    mine = own(line, factories.logistic)
    ranker = load_ranker(trained(mine, small, tmp_path).folder, mine)
    features = np.nan_to_num(dataset.rows_of(small[0], mine, "holdout").features)
    features[-7, 2] = np.nan

    def moody(rows):
        answers = ranker.model(rows)
        return (
            (np.full(1, np.nan), *answers[1:])
            if len(rows) == 1 and np.isnan(rows).any()
            else answers
        )

    kept = kept_answers(ranker.folder, features.shape[1])
    with (ranker.folder / "answers.npz").open("wb") as file:
        whole = np.isfinite(kept.features).all(axis=1)
        np.savez(file, features=kept.features[whole], answers=kept.answers[whole])
    assert parity.mismatches(ranker, features)[1] == 0
    assert parity.mismatches(replace(ranker, model=moody), features)[1] == 1


def test_a_category_that_was_never_fitted_is_a_missing_one(line, small, tmp_path):
    """A new level and no level get the same answer, to the last bit: no library guesses."""
    mine = own(line, factories.calibrated)
    ranker = load_ranker(trained(mine, small, tmp_path).folder, mine)
    rows = dataset.rows_of(small[0], mine, "holdout").features[:50].copy()
    place = [c.name for c in mine.features].index("genre")
    new, none = rows.copy(), rows.copy()
    new[:, place], none[:, place] = 77.0, np.nan
    assert np.array_equal(ranker.score(new)[0], ranker.score(none)[0])
    assert not np.array_equal(ranker.score(new)[0], ranker.score(rows)[0])


def test_damage_is_refused_by_the_name_of_the_file(line, small, tmp_path):
    """A cut or missing file is one clear line, and nothing is served of it."""
    for factory, name in (
        (factories.forest, "estimator.skops"),
        (factories.forest, "estimator.json"),
        (factories.logistic, "compiled.npz"),
    ):
        mine = own(line, factory)
        folder = trained(mine, small, tmp_path / factory.__name__).folder
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])
        with pytest.raises(BadInput, match=name):
            load_ranker(folder, mine)
        (folder / name).write_bytes(content)
    assert len(digest(folder)) == 64
    assert load_ranker(folder, mine).kind == "estimator"


def test_an_input_that_the_line_lost_is_named(line, small, tmp_path):
    """A model that reads a column which is no longer declared is refused by the column's name."""
    mine = own(line, factories.logistic)
    folder = trained(mine, small, tmp_path).folder
    without = replace(
        mine,
        columns=tuple(c for c in mine.columns if c.name != "hour"),
        recipe=replace(mine.recipe, inputs=INPUTS[:2]),
    )
    with pytest.raises(BadInput, match="hour"):
        load_ranker(folder, without)
