"""A run follows the definition in use, and a definition in use is not edited silently."""

from dataclasses import replace

import lines_kit
import pytest
from slipway import lines
from slipway.domain.errors import BadConfig
from slipway.domain.run import Run
from slipway.examples.bike import line as bike
from slipway.examples.films import line as films
from slipway.lines import store
from slipway.lines.apply import apply
from slipway.steps import context, plan


def edit(monkeypatch, **values):
    """Edit the bundled feed as its owner would."""
    monkeypatch.setattr(films, "LINE", replace(films.LINE, **values))


def test_the_first_run_uses_what_is_declared(home):
    """A line that was never planned is used as it is declared, and known from then on."""
    digest = plan.required("feed")
    assert store.in_use(home, "feed").digest == digest
    assert plan.required("feed") == digest


def test_a_run_of_an_edited_line_is_refused_until_it_is_planned(home, monkeypatch):
    """What was not planned is not run: the sentence names both definitions and the next step."""
    used = plan.required("feed")
    edit(monkeypatch, about="other")
    with pytest.raises(BadConfig, match="slipway plan feed") as refused:
        plan.required("feed")
    assert used[:12] in str(refused.value)
    assert store.in_use(home, "feed").digest == used
    apply(plan.plan_of("feed"), home)
    assert plan.required("feed") != used


def test_a_run_does_not_go_on_by_another_definition(home, monkeypatch):
    """A line that is edited, and even planned, while a run is under way does not finish that run."""
    import run_kit

    run = run_kit.frozen()
    raw = replace(run, snapshot=replace(run.snapshot, definition=plan.required("feed"))).to_dict()
    assert context.read_run(Run, raw).line == "feed"
    edit(monkeypatch, about="other")
    apply(plan.plan_of("feed"), home)
    with pytest.raises(BadConfig, match="clear the run from its first task"):
        context.read_run(Run, raw)


def test_bundled_lines_need_no_plan_by_hand(home, monkeypatch):
    """A stack that starts uses the bundled lines as they are, says so once, and says later changes."""
    told = plan.use_bundled(home)
    assert [text.split(":")[0] for text in told] == list(lines.unasked_names())
    assert plan.use_bundled(home) == []
    edit(monkeypatch, about="other")
    (text,) = plan.use_bundled(home)
    assert "about: Click-through of films in a ranked list. → other" in text


def test_an_example_waits_for_who_plans_it(home, monkeypatch):
    """A stack that starts uses no example that nobody planned there, says nothing of it, and follows one
    that somebody did plan.
    """
    assert not any("bike" in text for text in plan.use_bundled(home))
    assert set(lines.wanted_names(home)) == set(lines.unasked_names())
    assert not any("bike" in module for module in lines.bundled_modules(home))
    apply(plan.plan_of("bike"), home)
    assert "bike" in lines.wanted_names(home)
    assert "slipway.examples.bike.line" in lines.bundled_modules(home)
    monkeypatch.setattr(bike, "LINE", replace(bike.LINE, about="other"))
    (text,) = plan.use_bundled(home)
    assert text.startswith("bike: ")


def test_a_teams_line_is_left_to_its_team(home, tmp_path, monkeypatch):
    """A stack that starts runs no code of a team's; it says which lines wait to be planned."""
    teams = lines_kit.write(tmp_path / "teams", deck_broken=lines_kit.BROKEN)
    monkeypatch.setenv("SLIPWAY_LINES", str(teams))
    assert plan.use_bundled(home)[-1].endswith("slipway plan deck_broken")
    assert set(store.names(home)) == set(lines.unasked_names())


def test_a_candidate_under_way_is_said(home):
    """The plan of a line in use knows its release."""
    plan.required("feed")
    assert plan.plan_of("feed").under_way is None
