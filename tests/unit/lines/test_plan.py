"""A plan says what a change does before it is done, and doing it twice is harmless."""

from dataclasses import replace
from datetime import timedelta

import pytest
from slipway import lines
from slipway.data import feature_files
from slipway.domain.errors import NotEligible
from slipway.domain.retention import Retention
from slipway.lines import store
from slipway.lines.apply import apply, do
from slipway.lines.changes import ChangeEffect
from slipway.lines.definition import compiled
from slipway.lines.explain import explain
from slipway.lines.plan import KeptTables, SetFeaturesAside, plan

FEED = lines.load("feed")
BEFORE = compiled(FEED)


def column(name, **values):
    """The feed's columns with one of them changed."""
    return tuple(replace(c, **values) if c.name == name else c for c in FEED.columns)


def planned(after, **words):
    """The plan from the feed to a changed one."""
    return plan("feed", BEFORE, after and compiled(after), **words)


CHANGES = {
    "about": (replace(FEED, about="other"), ChangeEffect.WORDS),
    "column about": (replace(FEED, columns=column("hour", about="other")), ChangeEffect.WORDS),
    "known": (replace(FEED, columns=column("age_band", known=0.5)), ChangeEffect.CHECKS),
    "timeout": (replace(FEED, policy=replace(FEED.policy, timeout_days=22)), ChangeEffect.POLICY),
    "segments": (
        replace(FEED, segments=("genre",), live_segments=("age_band",)),
        ChangeEffect.POLICY,
    ),
    "retention": (replace(FEED, retention=Retention(log_days=300)), ChangeEffect.RETENTION),
    "recipe": (replace(FEED, recipe=replace(FEED.recipe, max_iter=99)), ChangeEffect.VERSION),
    "default": (replace(FEED, columns=column("editors_pick", default=1)), ChangeEffect.ANSWERS),
    "split": (replace(FEED, split_groups=("user",)), ChangeEffect.SNAPSHOT),
}


@pytest.mark.parametrize(("after", "effect"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_said_with_what_it_does(after, effect):
    """Each difference stands at its place with both values, below what it does."""
    found = planned(after)
    assert [change.effect for change in found.changes] == [effect]
    (change,) = found.changes
    said = explain(found)
    assert effect.value in said
    assert f"{change.place}: {change.before} → {change.after}" in said
    assert not found.is_breaking


def test_a_code_edit_of_the_rules_is_seen():
    """Rules whose source changed get a new version, though nothing was declared again."""
    edited = replace(BEFORE, code={**BEFORE.code, FEED.rules: "0" * 64})
    found = plan("feed", BEFORE, edited)
    assert [change.effect for change in found.changes] == [ChangeEffect.RULES]


def test_the_weightiest_effect_stands_first():
    """Who reads only the first lines reads what matters most."""
    after = replace(FEED, about="other", policy=replace(FEED.policy, timeout_days=22))
    assert planned(after).effects == (ChangeEffect.POLICY, ChangeEffect.WORDS)


def test_no_change_is_nothing_to_do():
    """The same declaration has no stage."""
    found = planned(FEED)
    assert (found.changes, found.stages) == ((), ())
    assert "nothing to do" in explain(found)


def test_a_new_line_and_one_that_is_gone_are_said(tmp_path):
    """A first plan brings the line into use; one that is declared no more loses its DAGs alone."""
    new = plan("feed", None, BEFORE)
    assert explain(new).startswith("feed: new, a line of kind ranking")
    apply(new, tmp_path)
    assert store.in_use(tmp_path, "feed") == BEFORE
    gone = planned(None)
    assert "its log, versions and ledger stay" in explain(gone)
    apply(gone, tmp_path)
    assert store.in_use(tmp_path, "feed") is None
    assert store.write(tmp_path, BEFORE).exists()


def removed():
    """The feed without one of its columns."""
    columns = tuple(c for c in FEED.columns if c.name != "item_ctr")
    inputs = tuple(name for name in FEED.recipe.inputs if name != "item_ctr")
    return replace(FEED, columns=columns, recipe=replace(FEED.recipe, inputs=inputs))


def test_a_breaking_change_has_to_be_asked_for(tmp_path):
    """What earlier versions cannot follow is refused unless asked for, and never during a release."""
    found = planned(removed())
    assert found.is_breaking
    with pytest.raises(NotEligible, match="--breaking"):
        apply(found, tmp_path)
    assert store.names(tmp_path) == ()
    apply(found, tmp_path, breaking=True)
    assert store.in_use(tmp_path, "feed").digest == compiled(removed()).digest
    during = planned(removed(), under_way="version 7 is under way, in canary_5")
    assert "version 7 is under way, in canary_5" in explain(during)
    with pytest.raises(NotEligible, match="slipway rollback feed"):
        apply(during, tmp_path, breaking=True)


def features_changed():
    """The feed with another window of a statistic."""
    shorter = replace(FEED.column("item_exposures").origin, window=timedelta(weeks=2))
    kept = KeptTables(("20260105", "20260112"), ("20260111T000000",))
    return planned(replace(FEED, columns=column("item_exposures", origin=shorter)), kept=kept)


def test_tables_that_differ_are_named():
    """A plan says how many tables that were made so far are of the old definition."""
    said = explain(features_changed())
    assert "feature tables: 1 so far, 20260111T000000" in said
    kept = KeptTables(("20260105", "20260112"))
    said = explain(planned(replace(FEED, split_groups=("user",)), kept=kept))
    assert "training tables: 2 so far, 20260105 to 20260112" in said


def test_stages_may_be_done_again(tmp_path):
    """A plan that was cut short after any stage is applied again to the same end."""
    found = features_changed()
    for done in range(len(found.stages) + 1):
        home = tmp_path / str(done)
        (home / "features" / "feed" / "as_of=20260111T000000").mkdir(parents=True)
        for stage in found.stages[:done]:
            do(stage, home)
        apply(found, home)
        assert store.in_use(home, "feed") == found.after
        (aside,) = (home / "features" / "feed").iterdir()
        (tables,) = aside.iterdir()
        assert tables.name == BEFORE.short
        assert [path.name for path in tables.iterdir()] == ["as_of=20260111T000000"]


def test_tables_set_aside_twice_are_both_kept(tmp_path):
    """Going back to a definition and away from it again loses no table, and retention finds each."""
    for _ in range(2):
        (tmp_path / "features" / "feed" / "as_of=20260111T000000").mkdir(parents=True)
        do(SetFeaturesAside("feed", "abc"), tmp_path)
    assert feature_files.tables(tmp_path, "feed") == []
    assert len(feature_files.set_aside(tmp_path, "feed")) == 2


def test_spans_are_said_in_their_own_unit():
    """A window of hours is not told in seconds, and what was not declared is the default."""
    after = replace(FEED, outcomes=(replace(FEED.primary, window=timedelta(hours=3)),))
    (change,) = planned(after).changes
    assert (change.before, change.after, change.effect) == (
        "the default",
        "3 hours",
        ChangeEffect.BREAKING,
    )
