"""Knobs, recipes and policies are checked before anything starts."""

from pathlib import Path

import pytest
from slipway import lines
from slipway.domain.config import by_first_names, typed_replace
from slipway.domain.errors import BadConfig, UnknownReference
from slipway.domain.mean import Mean, PerList
from slipway.domain.model import Fit
from slipway.domain.policy import CanaryRule, Policy
from slipway.domain.stage import Stage


def test_a_knob_out_of_range_names_what_found_expected_and_next_step():
    """A margin of 2.0 is refused in one line that says how to write 2 %."""
    with pytest.raises(BadConfig) as error:
        Policy(margin=2.0)
    assert str(error.value) == (
        "policy.margin == 2.0, must be > 0 and <= 0.9 (relative effect): 0.02 means 2 %"
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, -0.1])
def test_a_margin_that_is_no_fraction_is_refused(value):
    """NaN, infinity, zero and negative margins never become a policy."""
    with pytest.raises(BadConfig):
        Policy(margin=value)


def test_weights_of_the_mixture_must_sum_to_one():
    """A mixture whose weights do not sum to 1 would not be an e-value and is refused."""
    with pytest.raises(BadConfig, match="sum of 1"):
        Policy(harm_weights=(0.5, 0.1, 0.1, 0.1))
    with pytest.raises(BadConfig, match="4 weights"):
        Policy(harm_weights=(1.0,))


def test_family_weights_may_not_spend_more_than_the_whole_budget():
    """Primary, guardrail and segment weights above 1 together are refused."""
    with pytest.raises(BadConfig, match="at most 1"):
        Policy(primary_weight=0.97)


def test_shares_must_grow_from_stage_to_stage():
    """A canary that shrinks traffic is refused, with both stages' numbers."""
    rules = tuple(CanaryRule(stage, 0.05) for stage in (r.stage for r in Policy().canary))
    with pytest.raises(BadConfig, match=r"canary_5\.share"):
        Policy(canary=rules)


def test_every_canary_stage_needs_its_rule():
    """A policy that forgets a stage is refused."""
    with pytest.raises(BadConfig, match=r"policy\.canary"):
        Policy(canary=(CanaryRule(Stage.CANARY_1),))


@pytest.mark.parametrize("name", ["errors", "clicks", "latency p99", "age_band=1", "diversity", ""])
def test_a_mean_has_a_name_of_its_own(name):
    """A mean that is called like another member of the family would share its evidence."""
    others = (Mean("diversity", "genre", PerList.DISTINCT),)
    Policy(means=others)
    with pytest.raises(BadConfig, match=r"policy\.means"):
        Policy(means=(*others, Mean(name, "genre", PerList.MEAN)))


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"max_itre": 5}, "max_itre"),
        ({"max_iter": "many"}, "recipe.max_iter"),
        ({"max_iter": True}, "recipe.max_iter"),
        ({"seeds": [1, "two", 3]}, "recipe.seeds"),
        ({"genre_boost": {"Comedy": "a lot"}}, "recipe.genre_boost"),
        ({"category_boost": {"Comedy": "a lot"}}, "recipe.category_boost"),
        ({"category_boost": None, "genre_boost": {"Comedy": 1}}, "each once"),
        ({"max_iter": 0}, "recipe.max_iter"),
        ({"max_iter": -1}, "recipe.max_iter"),
        ({"max_iter": 10**400}, "recipe.max_iter"),
        ({"learning_rate": float("nan")}, "recipe.learning_rate"),
        ({"learning_rate": float("inf")}, "recipe.learning_rate"),
        ({"learning_rate": 0}, "recipe.learning_rate"),
        ({"max_leaf_nodes": 1}, "recipe.max_leaf_nodes"),
        ({"max_features": 0.0}, "recipe.max_features"),
        ({"l2": -1.0}, "recipe.l2"),
        ({"seeds": [-1, 2, 3]}, "recipe.seeds"),
        ({"seeds": []}, "recipe.seeds"),
        ({"inputs": []}, "recipe.inputs"),
        ({"inputs": ["item_ctr", "item_ctr"]}, "recipe.inputs"),
        ({"name": ""}, "recipe.name"),
        ({"name": "n" * 1_000_000}, "1000000 characters"),
        ({"name": "two\nlines"}, "recipe.name"),
        ({"name": "right\u202eto left"}, "recipe.name"),
        ({"category_boost": {"Comedy": float("nan")}}, "recipe.category_boost.Comedy"),
        ({"category_boost": {"Comedy": 1e300}}, "recipe.category_boost.Comedy"),
    ],
)
def test_a_recipe_with_an_unknown_word_a_wrong_type_or_range_is_refused(overrides, words):
    """A run's overrides are checked by name, type and range before anything starts, in one short line."""
    with pytest.raises(BadConfig, match=words) as refused:
        lines.load("feed").recipe_with(overrides)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize(
    "overrides",
    [
        {"restarts": 10**400},
        {"seed": 2**32},
        {"ids_lost": float("nan")},
        {"inputs": []},
        {"name": "n" * 101},
        {"birth_alpha": 2.0},
        {"horizons_weeks": [0]},
    ],
)
def test_a_recipe_of_clusters_has_ranges_too(overrides):
    """What a run overrides of a line of clusters is checked before anything starts."""
    with pytest.raises(BadConfig, match=f"recipe.{next(iter(overrides))}"):
        lines.load_clusters("posts").recipe_with(overrides)


def test_names_of_earlier_files_are_read_and_change_no_digest():
    """A recipe or policy written before a field was renamed means the same, under the same digest."""
    line = lines.load("feed")
    old, new = (
        line.recipe_with({name: {"Comedy": 1.0}}) for name in ("genre_boost", "category_boost")
    )
    assert old == new
    assert by_first_names(new)["genre_boost"] == {"Comedy": 1.0}
    assert typed_replace(Policy(), {"genre_mix_max": 0.2}, where="p").category_mix_max == 0.2


def test_json_lists_become_tuples_in_a_recipe():
    """Overrides come from JSON, so lists are accepted where tuples are declared."""
    recipe = lines.load("feed").recipe_with({"seeds": [1, 2, 3], "genre_boost": {"Comedy": 1}})
    assert recipe.seeds == (1, 2, 3)


def test_an_unknown_line_is_refused_with_the_known_ones():
    """A typo in a line's name is answered with the names that exist."""
    with pytest.raises(UnknownReference, match="feed"):
        lines.load("fede")


def test_a_policy_file_overrides_knobs_and_refuses_unknown_words(tmp_path: Path):
    """A TOML file changes single knobs of a line's policy; a misspelt stage or knob is refused."""
    path = tmp_path / "policy.toml"
    path.write_text("[feed]\nmargin = 0.05\n[feed.canary.canary_1]\nmin_hours = 6.0\n")
    policy = lines.load("feed", path).policy
    assert policy.margin == 0.05
    assert policy.rule(Stage.CANARY_1).min_hours == 6.0
    path.write_text("[feed.canary.canary_2]\nmin_hours = 6.0\n")
    with pytest.raises(BadConfig, match="canary_2"):
        lines.load("feed", path)
    path.write_text("[feed]\nmargn = 0.05\n")
    with pytest.raises(BadConfig, match="margn"):
        lines.load("feed", path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("feed = 3\n", "a table of knobs"),
        ("[feed]\ncanary = [1, 2]\n", "a table of knobs"),
        ("[feed.canary]\ncanary_1 = 0.1\n", r"canary_1 == 0\.1, must be a table"),
        ("[feed.canary.canary_50]\nshare = 50\n", r"canary_50\.share == 50.*fraction of users"),
        ("[feed.canary.canary_1]\nshre = 0.1\n", "shre"),
        ("[feed.canary.canary_1]\nmin_hours = -1\n", r"canary_1\.min_hours == -1"),
        ("[feed.canary.canary_50]\nharm_excluded = 0.5\n", r"at most the 0\.03 of canary_25"),
        ('[feed]\nmargin = "2 %"\n', "a number"),
        ("[feed]\nmargin = 2\n", r"0\.02 means 2 %"),
        ("[feed]\nmargin = nan\n", "nan"),
        ("[feed]\nmargin = true\n", "a number"),
        ('[feed]\nharm_effects = ["a"]\n', "a list, each a number"),
        ("[feed]\nlatency_ratios = []\n", "at least one number"),
        ("[feed]\nboth_weekday_types = 1\n", "true or false"),
        ("[feed]\nmin_exposures = 1000.5\n", "a whole number"),
        (f"[feed]\nmin_exposures = 1{'0' * 400}\n", "<= 1000000000"),
        ("[feed]\ntimeout_days = 3\n", "at least the 96 hours"),
        ("[feed]\nshadow_min_hours = 600\n", "at least the 600 hours"),
        ("[feed]\nmeans = [{name = 'x'}]\n", "each Mean"),
        ("[feed]\nmargin = 0.05\nmargin = 0.06\n", "SLIPWAY_POLICY"),
        ("[feed\n", "SLIPWAY_POLICY"),
    ],
)
def test_a_policy_file_that_cannot_be_meant_is_refused(tmp_path: Path, text, words):
    """Wrong types, units and orders, and broken files: one clear line each."""
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(BadConfig, match=words):
        lines.load("feed", path)


def test_a_table_of_no_line_is_a_fault_of_its_own_name(tmp_path: Path):
    """A misspelt or missing line, or a knob above all tables, is named; declared lines follow their own tables."""
    path = tmp_path / "policy.toml"
    path.write_text("margn = 0.05\n[feed]\nmargin = 0.05\n[fede]\nmargin = 'none'\n")
    assert lines.load("feed", path).policy.margin == 0.05
    assert lines.load_clusters("posts", path).policy == lines.load_clusters("posts").policy
    found = lines.policy_faults(path)
    assert set(found) == {"fede", "margn"}
    assert "[feed]" in found["fede"]
    assert "below its line" in found["margn"]
    assert lines.policy_faults(None) == {}


def test_a_policy_file_that_cannot_be_read_is_refused(tmp_path: Path):
    """No file, a folder, or no text: the message names the file and the variable that names it."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "none.toml", tmp_path, tmp_path / "binary"):
        for load in (lines.load, lines.load_clusters):
            with pytest.raises(BadConfig, match="SLIPWAY_POLICY") as error:
                load("feed" if load is lines.load else "posts", path)
            assert str(path) in str(error.value)


def test_knobs_that_only_fit_together_are_read_together(tmp_path: Path):
    """A short time-out is fine where the same file shortens the stages' dwell."""
    path = tmp_path / "policy.toml"
    dwell = "".join(
        f"[feed.canary.{stage}]\nmin_hours = 6\n" for stage in ("canary_1", "canary_5", "canary_25")
    )
    path.write_text(f"[feed]\ntimeout_days = 2\n{dwell}")
    assert lines.load("feed", path).policy.timeout_days == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a\nb"},
        {"inputs": ("a", "a")},
        {"seeds": (-1, 2, 3)},
        {"max_rows": 0},
        {"params": {"depth": float("nan")}},
    ],
)
def test_a_recipe_with_a_factory_of_its_own_has_ranges_too(wrong):
    """Name, inputs, seeds, rows and parameters are checked before anything starts."""
    given = {"factory": dict, "inputs": ("a",)} | wrong
    with pytest.raises(BadConfig, match=f"recipe.{next(iter(wrong))}"):
        Fit(**given)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"previous_share": 0.45}, r"previous_share.*0\.45.*below 0\.43"),
        ({"previous_share": 0.43}, r"previous_share.*below 0\.43"),
        ({"previous_share": 0.9}, "previous_share"),
        ({"previous_share": -0.1}, "previous_share"),
        ({"previous_share": float("nan")}, "previous_share"),
        ({"previous_share": 0.1, "rules_share": 0.3, "explore_share": 0.1}, r"below 0\.1,"),
        ({"previous_share": 0.0}, "no_previous_because"),
    ],
)
def test_a_hold_back_that_is_more_than_what_is_left_is_refused(words, said):
    """Half of the users are left to champion and candidate; nobody held back needs a reason."""
    with pytest.raises(BadConfig, match=said) as refused:
        Policy(**words)
    assert "\n" not in str(refused.value)
    Policy(previous_share=0.0, no_previous_because="the answer is binding")
