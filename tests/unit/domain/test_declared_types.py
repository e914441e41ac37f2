"""What a line declares has the types that it asks for, or is one clear line."""

from dataclasses import replace
from datetime import timedelta

import pytest
from slipway import lines
from slipway.domain.clusters import ClusterRecipe
from slipway.domain.errors import BadConfig
from slipway.domain.line import (
    AsOf,
    Card,
    Column,
    DType,
    Entity,
    FlagFile,
    Line,
    Outcome,
    OutcomeKind,
    Schedule,
    Sent,
    Single,
    Suspicion,
)
from slipway.domain.model import Fit
from slipway.domain.prediction_policy import PredictionPolicy


def factory(seed):
    """Never called here."""
    raise AssertionError(seed)


def line(**changes):
    """A small line that predicts."""
    columns = (Column("a", origin=Sent()), Column("g", DType.CATEGORY, Sent()))
    said = {
        "name": "x", "about": "x", "columns": columns, "outcomes": (Outcome("y"),),
        "exposure": Single("g"), "recipe": Fit(factory, ("a", "g")), "rules": "x.rules",
        "policy": PredictionPolicy(rules_share=0.05),
    }  # fmt: skip
    return Line(**said | changes)


def topics(**changes):
    """The bundled line of topics, changed."""
    return replace(lines.load_clusters("posts"), **changes)


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: line(outcomes=Outcome("y")), r"x.outcomes == 'Outcome', must be a list, each Outcome"),
        (lambda: line(columns=("a",)), r"x.columns == \('a',\), must be a list, each Column"),
        (lambda: line(recipe=factory), "x.recipe == 'function', must be Recipe.* or Fit"),
        (lambda: line(schedule="0 6 * * 1"), "x.schedule == '0 6 .*, must be Schedule"),
        (lambda: line(suspicion="stopp"), "x.suspicion == 'stopp', must be one of ignore, note, stop"),
        (lambda: line(segments="g"), "x.segments == 'g', must be a list"),
        (lambda: line(split_groups=("nobody",)), "'nobody', must be one of a, g"),
        (lambda: line(traffic=FlagFile("/flags.json")), "x.traffic == 'FlagFile', must be a list"),
        (lambda: line(rules=factory), "x.rules == 'function', must be a text"),
        (lambda: line(card="x"), "x.card == 'x', must be Card"),
        (lambda: Schedule(train=14), "schedule.train == 14, must be a duration"),
        (lambda: Outcome("y", window=14), "outcome y.window == 14, must be a duration"),
        (lambda: Outcome("y", OutcomeKind.AMOUNT, cap="5"), "outcome y.cap == '5', must be a number"),
        (lambda: Entity("store", ["city"]), "entity store.fields == .*, must be a table of names"),
        (lambda: AsOf("user", 7, "count"), "AsOf.window == 7, must be a duration"),
        (lambda: Column("g", "category", Sent(), words="abc"), "column g.words == 'abc', must be a list"),
        (lambda: Column("a", origin=Sent(), lower="0"), "column a.lower == '0', must be a number"),
        (lambda: Fit(factory, "a"), "recipe.inputs == 'a', must be a list, each a text"),
        (lambda: Fit(factory, ("a",), params={"depth": "deep"}), "recipe.params == .* each a number"),
        (lambda: Fit(factory, ("a",), seeds=(1,)), "recipe.seeds == .*at least 3 different seeds"),
        (lambda: PredictionPolicy(rules_share=0.1, threshold="high"), "policy.threshold == 'high'"),
        (lambda: topics(cron="whenever"), "schedule.cron == 'whenever', must be five fields"),
        (lambda: topics(window_weeks=0), "schedule.train == '0:00:00', must be at least an hour"),
        (lambda: topics(window_weeks="26"), "window_weeks == '26', must be a whole number"),
        (lambda: topics(recipe=ClusterRecipe("r", ("body",))), "'body', must be one of"),
        (lambda: topics(policy=PredictionPolicy(rules_share=0.1)), "must be ClusterPolicy"),
    ],
)  # fmt: skip
def test_another_type_is_one_line(declare, said):
    """Which field, what was found, what it must be and what to do stand in one line, and nothing is guessed."""
    with pytest.raises(BadConfig, match=said) as refused:
        declare()
    assert "\n" not in str(refused.value)


def test_lists_and_words_are_as_good_as_tuples_and_members():
    """Who writes a list, or the word of an enum, declares the same line."""
    own = line(columns=list(line().columns), suspicion="stop", card=Card())
    assert own.columns == line().columns
    assert own.suspicion is Suspicion.STOP
    assert Fit(factory, ["a"], seeds=[1, 2, 3]) == Fit(factory, ("a",), seeds=(1, 2, 3))
    assert AsOf(["user"], timedelta(days=2), "count") == AsOf("user", timedelta(days=2), "count")
