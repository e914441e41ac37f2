"""A run crosses from task to task as JSON, and is refused in one line where it does not fit."""

import json

import pytest
import run_kit
from slipway.domain.errors import BadInput
from slipway.domain.run import EvaluatedRun, RegisteredRun, Run, TrainedRun


@pytest.mark.parametrize(
    ("run", "kind"),
    [
        (run_kit.frozen(), Run),
        (run_kit.evaluated(), EvaluatedRun),
        (run_kit.registered(), RegisteredRun),
    ],
)
def test_a_run_comes_back_from_json_as_it_was(run, kind):
    """Times, folders, recipe and origin have the types they had."""
    assert kind.from_dict(json.loads(json.dumps(run.to_dict())), run_kit.LINE.recipe) == run


def test_an_overridden_recipe_travels_whole():
    """What was resolved once is the recipe of every later step, whatever the line declares by then."""
    recipe = run_kit.LINE.recipe_with({"inputs": ["item_ctr"], "genre_boost": {"drama": 0.5}})
    raw = json.loads(json.dumps(run_kit.frozen(recipe=recipe).to_dict()))
    assert Run.from_dict(raw, run_kit.LINE.recipe).recipe == recipe


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": None}, "run.model == None"),
        ({"run_key": "r"}, "unknown fields of the run"),
        ({"end": "some day"}, "run.end == 'some day', must be a datetime"),
        ({"snapshot": {"path": "a", "digest": "d"}}, "missing fields of the run.snapshot"),
        ({"recipe": {"max_iter": 3}}, "missing fields of the run.recipe"),
        ({"recipe": 3}, "run.recipe == 3"),
        ({"line": 3}, "run.line == 3, must be a str"),
    ],
)
def test_a_run_of_another_version_says_how_to_go_on(change, words):
    """One line names the field, and says that the run begins again from its first task."""
    raw = run_kit.evaluated().to_dict() | change
    with pytest.raises(BadInput, match="clear the run from its first task") as refused:
        EvaluatedRun.from_dict(raw, run_kit.LINE.recipe)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_knob_of_another_type_is_refused_as_the_run_is():
    """A recipe that was handed on is not corrected by hand: the run begins again."""
    raw = run_kit.frozen().to_dict()
    raw["recipe"] = {**raw["recipe"], "max_iter": "many"}
    with pytest.raises(BadInput, match=r"run\.recipe\.max_iter == 'many'.*first task"):
        Run.from_dict(raw, run_kit.LINE.recipe)


def test_a_run_that_knows_too_little_is_refused():
    """No task goes on from a run whose step before it never ran."""
    with pytest.raises(BadInput, match="missing fields of the run == \\['model', 'validation'\\]"):
        TrainedRun.from_dict(run_kit.frozen().to_dict(), run_kit.LINE.recipe)
