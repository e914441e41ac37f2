"""A list of two models: drafted alike for a user, logged with who gave what, and the control's where it cannot be."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from slipway.domain.interleaved import DraftedList, DraftState
from slipway.domain.release import Candidate, Origin
from slipway.domain.stage import Stage
from slipway.kinds.ranking.interleaving import compare
from slipway.serving.assignment import SALT, assign, coins_of
from slipway.stats.interleaving import credits_of, draft


@pytest.fixture
def both(desk, kit):
    """Champion 1 and candidate 2 make lists together for half of the users."""
    digests = [kit.install(desk.home, "feed", v, seed=int(v)) for v in ("1", "2")]
    desk.serve(digests, stage="interleaved", share=0.5, champion="1", candidate="2", epoch=3)
    return desk


def drafted(desk):
    """The log's rows of interleaved lists, and what they say of themselves."""
    rows = desk.logged()[0]
    rows = rows[rows.arm == "interleaved"]
    return rows, [
        DraftedList.from_text(text) for text in rows.groupby("request_id").drafted.first()
    ]


def spoil(desk, **changes):
    """Let the candidate's ranker be another one."""
    served = desk.server.served
    model = served.interleaved
    desk.server.served = replace(
        served, interleaved=replace(model, ranker=replace(model.ranker, **changes))
    )


def test_a_list_is_drafted_and_logged_with_who_gave_what(both, users):
    """Its items are those of the draft by the user's own coins; chances, places and credits are logged with them."""
    answer = both.rank(user=users["candidate"])
    assert answer["arm"] == "interleaved"
    rows, (found,) = drafted(both)
    assert found.state is DraftState.DRAFTED
    assert set(rows.stage) == {"interleaved"}
    assert set(rows.version) == {"1"}
    assert not rows.fallback.any()
    assert rows.item.tolist() == [item["item"] for item in answer["items"]]
    for places, team in ((rows.model_position, False), (rows.shadow_position, True)):
        given = places.to_numpy()[np.array(found.by_candidate) == team]
        assert (given > 0).all()
        assert (np.diff(given) > 0).all()  # each model's items come in its own order
    assert rows.propensity.between(0, 1, inclusive="right").all()
    assert (rows.propensity < 1).any()


def test_the_logged_credits_are_those_of_both_rankings(both, users, kit):
    """What the router logs is what the draft and the exact chances of both rankings give again."""
    user = users["candidate"]
    both.rank(user=user, items=kit.ITEMS[:10])
    rows, (found,) = drafted(both)
    control, candidate = (
        rows.sort_values(name).position.astype(int).tolist()
        for name in ("model_position", "shadow_position")
    )
    shown = rows.position.astype(int).tolist()
    assert draft(control, candidate, 10, coins_of(user, "feed", "2", 5)) == (
        tuple(shown),
        found.by_candidate,
    )
    curve = both.server.served.chains["champion"][0].ranker.examination
    again = credits_of(control, candidate, shown, curve)
    assert rows.propensity.tolist() == again.propensity.tolist()
    assert found.control == tuple(again.control.tolist())
    assert found.candidate == tuple(again.candidate.tolist())


def test_a_user_sees_the_same_list_again(both, users):
    """The coins are the user's own; another candidate's are others."""
    lists = {
        tuple(i["item"] for i in both.rank(user=users["candidate"])["items"]) for _ in range(5)
    }
    assert len(lists) == 1
    many = [coins_of(f"u{n}", "feed", "2", 10) for n in range(2_000)]
    assert np.mean(many, axis=0) == pytest.approx(np.full(10, 0.5), abs=0.05)
    assert coins_of("ann", "feed", "2", 64) != coins_of("ann", "feed", "3", 64)


def test_only_the_stage_interleaves_and_only_its_users(both, users, kit):
    """The other arms answer as ever; who is interleaved are those whom the candidate would have next."""
    for arm in ("champion", "rules", "explore"):
        assert both.rank(user=users[arm])["arm"] == arm
    assert both.logged()[0].drafted.isna().all()
    for n in range(200):
        words = f"u{n}", "feed", SALT, kit.LINE.policy, "2", 0.5
        later, now = assign(*words).value, assign(*words, interleaved=True).value
        assert now == ("interleaved" if later == "candidate" else later)


def _error(features):
    raise ValueError(features.shape)


def test_where_the_candidate_errs_or_is_late_the_controls_list_is_shown(both, users):
    """Nobody waits for it, and the log says that the list is not of both."""
    own = [item["item"] for item in both.rank(user=users["champion"])["items"]]
    spoil(both, model=_error)
    answer = both.rank(user=users["candidate"])
    assert [item["item"] for item in answer["items"]] == own
    rows, (found,) = drafted(both)
    assert found == DraftedList(DraftState.FAILED)
    assert (rows.propensity == 1).all()
    assert not rows.fallback.any()
    assert "feed/2" in both.server.served.problems
    both.server.scoring = replace(both.server.scoring, budget_s=-1.0)
    both.rank(user=users["candidate"])
    assert {each.state for each in drafted(both)[1]} <= {DraftState.FAILED, DraftState.UNFIT}


def test_a_candidate_has_what_the_control_left_of_the_budget(both, users):
    """Both lists are made within one budget: whoever waits in a queue is not waited for a second time."""
    scoring, given = both.server.scoring, []

    class Watched(type(scoring)):
        async def ask(self, model, matrix, within_s=None):
            given.append((model.version, within_s))
            return await super().ask(model, matrix, within_s)

    both.server.scoring = Watched(scoring.line, scoring.budget_s)
    both.rank(user=users["candidate"])
    (control, whole), (candidate, left) = given
    assert (control, candidate, whole) == ("1", "2", None)
    assert left < scoring.budget_s


def test_equal_lists_and_single_items_are_said(desk, kit, users):
    """The same model twice makes equal lists; one item is no list to be drafted."""
    digests = [kit.install(desk.home, "feed", v, seed=1) for v in ("1", "2")]
    desk.serve(digests, stage="interleaved", share=0.5, champion="1", candidate="2")
    desk.rank(user=users["candidate"])
    assert drafted(desk)[1] == [DraftedList(DraftState.EQUAL)]
    desk.rank(user=users["candidate"], items=kit.ITEMS[:1])
    assert {each.state for each in drafted(desk)[1]} == {DraftState.EQUAL, DraftState.UNFIT}


def test_an_erring_champion_is_no_ranking_to_compare_with(both, users):
    """Where another steps in for the champion, its list alone is shown."""
    served = both.server.served
    from slipway.domain.release import Arm

    chain = served.chains[Arm.INTERLEAVED]
    spoilt = replace(chain[0], ranker=replace(chain[0].ranker, model=_error))
    chains = {**served.chains, Arm.INTERLEAVED: (spoilt, *chain[1:])}
    both.server.served = replace(served, chains=chains)
    both.rank(user=users["candidate"])
    rows, (found,) = drafted(both)
    assert found.state is DraftState.UNFIT
    assert rows.fallback.all()


def test_what_the_log_holds_is_read_back_or_refused():
    """A drafted list is JSON; lists of different lengths, other states and other words are errors."""
    found = DraftedList(DraftState.DRAFTED, (True,), (1.0,), (0.5,))
    assert DraftedList.from_text(found.to_text()) == found
    with pytest.raises(ValueError, match="2 items"):
        found.of(2)
    for text in (
        "None",
        "{}",
        found.to_text().replace("[0.5]", "[]"),
        found.to_text().replace("drafted", "odd"),
    ):
        with pytest.raises((ValueError, KeyError, TypeError)):
            DraftedList.from_text(text)


def test_what_the_router_logs_is_what_a_look_sums(both, kit):
    """Answers, clicks where the champion's credit is largest, and their log: each list counts once."""
    answers = [both.rank(user=f"u{n}", items=kit.ITEMS) for n in range(60)]
    answers = [answer for answer in answers if answer["arm"] == "interleaved"]
    told = drafted(both)[0].groupby("request_id").drafted.first()
    for answer in answers:
        found = DraftedList.from_text(told[answer["request_id"]])
        ahead = [c - o for c, o in zip(found.control, found.candidate, strict=True)]
        both.outcomes(kit.clicks(answer, places=(ahead.index(max(ahead)),)))
    both.logged()
    now = datetime.now(UTC) + timedelta(days=2)
    line = both.server.line
    who = Candidate(
        "2", "f", "adam", Origin.MANUAL, now, Stage.INTERLEAVED, now - timedelta(days=3)
    )
    found = compare(both.home, line, who, "1", who.stage_since, now)
    assert found.lists == len(answers) > 10
    assert (found.equal, found.failed, found.unfit, found.beyond) == (0, 0, 0, 0)
    assert found.losses.users.clusters == len(answers)
    assert found.losses.difference > 0
