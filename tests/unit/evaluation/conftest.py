"""Models of one recipe line, trained once for the whole room."""

import pytest
from slipway.artifact.folder import recipe_of, write_rules
from slipway.artifact.load import load_ranker
from slipway.training.train import train


@pytest.fixture(scope="session")
def stored(snapshot, line, tmp_path_factory):
    """Ranker folders by name: champion, good, boosted, blind, slow."""
    root = tmp_path_factory.mktemp("models")
    overrides = {
        "champion": {"seeds": [1, 2, 3]},
        "good": {},
        "boosted": {"category_boost": {"Comedy": 4.0, "Drama": 4.0, "Crime": 4.0}},
        "blind": {"inputs": ["hour", "age_band"]},
        "slow": {"max_iter": 400, "learning_rate": 0.01},
    }
    return {
        name: train(snapshot, line, line.recipe_with({"max_iter": 40} | changed), root / name)
        for name, changed in overrides.items()
    }


@pytest.fixture(scope="session")
def rankers(stored, line, tmp_path_factory):
    """The same, loaded, each with its recipe before it: (recipe, ranker) by name; "rules" too."""
    rules = load_ranker(
        write_rules(tmp_path_factory.mktemp("rules"), line, [1 / k**0.5 for k in range(1, 11)]),
        line,
    )
    loaded = {
        name: (recipe_of(t.folder, line)[0], load_ranker(t.folder, line))
        for name, t in stored.items()
    }
    return {**loaded, "rules": (None, rules)}
