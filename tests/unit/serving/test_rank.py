"""One request: who answers, what is logged, and who steps in when the first one cannot."""

import json
from dataclasses import replace

import mlflow
import numpy as np
import pytest
from slipway.domain.errors import BadInput, UnknownReference
from slipway.domain.release import Arm
from slipway.registry import flavors
from slipway.serving.rank import NotReady
from slipway.serving.served import ServableModel
from slipway.stats.exploration import propensities
from slipway.stats.ways_to_explore import Exploration


@pytest.fixture
def canary(desk, kit):
    """Champion 1 and candidate 2 share the users half and half."""
    digests = [kit.install(desk.home, "feed", v, seed=int(v)) for v in ("1", "2")]
    digests.append(kit.install(desk.home, "feed-rules", "1", kind="rules"))
    words = {"stage": "canary_50", "share": 0.5, "champion": "1", "candidate": "2", "rules": "1"}
    desk.serve(digests, epoch=4, **words)
    return desk


def spoil(desk, arm, ranker):
    """Let the first choice of ``arm`` be another ranker."""
    served = desk.server.served
    chain = served.chains[arm]
    spoilt = (ServableModel(chain[0].version, ranker), *chain[1:])
    desk.server.served = replace(served, chains={**served.chains, arm: spoilt})


def test_each_arm_is_answered_by_its_own_version(canary, users):
    """Champion, candidate, rules and chance answer their own users, and the log says so."""
    answers = {arm: canary.rank(user=user) for arm, user in users.items()}
    versions = {arm: answer["version"] for arm, answer in answers.items()}
    assert versions == {
        "champion": "1",
        "candidate": "2",
        "rules": "rules-1",
        "explore": "explore",
    }
    exposures, _ = canary.logged()
    assert len(exposures) == 40
    for arm, answer in answers.items():
        rows = exposures[exposures.request_id == answer["request_id"]]
        assert set(rows.arm) == {arm}
        assert set(rows.version) == {versions[arm]}
        assert rows.item.tolist() == [item["item"] for item in answer["items"]]
        assert rows.position.tolist() == list(range(1, 11))
        assert set(rows.epoch) == {4}
        assert set(rows.stage) == {"canary_50"}
        assert not rows.fallback.any()


def test_the_log_holds_what_the_model_saw(canary, users):
    """Scoring the logged features again gives the logged score, bit for bit."""
    canary.rank(user=users["candidate"])
    exposures, _ = canary.logged()
    names = [column.name for column in canary.server.line.features]
    ranker = canary.server.served.chains[Arm.CANDIDATE][0].ranker
    probability, ranking = ranker.score(np.ascontiguousarray(exposures[names].to_numpy()))
    assert np.array_equal(probability, exposures.score.to_numpy())
    assert (np.diff(ranking) <= 0).all()
    assert (exposures.propensity == 1).all()


def test_the_registered_model_answers_what_was_logged(canary, users):
    """A notebook that asks MLflow's model for the rows of the log gets the logged scores' own bits."""
    for user in users.values():
        canary.rank(user=user)
    exposures, _ = canary.logged()
    rows = exposures[exposures.arm == "candidate"].drop(columns="user")
    with flavors.described(canary.home / "router" / "feed" / "2", "feed") as described:
        model = mlflow.pyfunc.load_model(str(described))
    answers = model.predict(rows)
    assert len(answers) == 10
    assert answers["probability"].tolist() == rows.score.tolist()
    assert answers["ranking_score"].is_monotonic_decreasing


def test_exploration_is_uniform_and_logged_so(canary, users, kit):
    """Shuffled lists carry propensity 1/n, and every item reaches the top now and then."""
    tops = {
        canary.rank(user=users["explore"], items=kit.ITEMS[:12])["items"][0]["item"]
        for _ in range(300)
    }
    assert len(tops) == 12
    exposures, _ = canary.logged()
    assert (exposures.propensity == 1 / 12).all()


def test_without_any_registry_the_built_in_rules_answer(desk):
    """A router that never saw a registry ranks by the rules; that is no fallback."""
    answer = desk.rank()
    assert answer["version"] == "rules-built-in"
    assert not desk.logged()[0].fallback.any()


def test_a_first_release_has_the_rules_as_champion(desk, kit, users):
    """While there is no champion the rules answer the champion's users, without a fallback."""
    key = kit.install(desk.home, "feed", "2", seed=2)
    words = {"stage": "canary_50", "share": 0.5, "champion": None, "candidate": "2"}
    desk.serve([key], **words)
    assert desk.rank(user=users["champion"])["version"] == "rules-built-in"
    assert desk.rank(user=users["candidate"])["version"] == "2"
    assert not desk.logged()[0].fallback.any()


def _error(features):
    raise ValueError(features.shape)


def test_an_erring_candidate_is_replaced_by_the_champion(canary, users):
    """The user gets the champion's list; the log keeps the assigned arm and says fallback."""
    ranker = canary.server.served.chains[Arm.CANDIDATE][0].ranker
    spoil(canary, Arm.CANDIDATE, replace(ranker, model=_error))
    answer = canary.rank(user=users["candidate"])
    assert (answer["arm"], answer["version"]) == ("candidate", "1")
    exposures, _ = canary.logged()
    assert exposures.fallback.all()


def test_a_late_candidate_is_replaced_by_the_champion(canary, users, monkeypatch):
    """A candidate beyond its budget loses the answer, and the log says fallback."""
    import time

    ranker = canary.server.served.chains[Arm.CANDIDATE][0].ranker
    clock, hours = time.perf_counter, []
    monkeypatch.setattr(time, "perf_counter", lambda: clock() + 3600 * len(hours))

    def slow(features):
        hours.extend([1, 1])  # the budget is one; no machine is slow enough for the champion's
        return ranker.model(features)

    spoil(canary, Arm.CANDIDATE, replace(ranker, model=slow))
    assert canary.rank(user=users["candidate"])["version"] == "1"
    assert canary.logged()[0].fallback.all()


def test_when_all_models_err_the_rules_answer(canary, users):
    """Champion and candidate may both be broken: nobody goes without a list."""
    for arm in (Arm.CHAMPION, Arm.CANDIDATE):
        served = canary.server.served
        broken = tuple(
            ServableModel(c.version, None) if c.version in {"1", "2"} else c
            for c in served.chains[arm]
        )
        canary.server.served = replace(served, chains={**served.chains, arm: broken})
    for arm in ("champion", "candidate"):
        assert canary.rank(user=users[arm])["version"] == "rules-1"
    assert canary.logged()[0].fallback.all()


def test_a_version_that_was_tampered_with_is_not_served(canary, kit, users):
    """Files that differ from the registered digest are a problem, and the champion answers."""
    known = kit.release(
        canary.home,
        {"feed/1": kit.install(canary.home, "feed", "1", seed=1)[1], "feed/2": "0" * 64},
        stage="canary_50",
        share=0.5,
        champion="1",
        candidate="2",
    )
    canary.server.served = canary.loader.serve(known)
    assert canary.rank(user=users["candidate"])["version"] == "1"
    assert "feed/2" in canary.server.served.problems


@pytest.mark.parametrize("broken", [False, True])
def test_a_shadow_scores_without_answering(desk, kit, users, broken):
    """In shadow nobody meets the candidate; its latency and success stand in the same rows."""
    first = kit.install(desk.home, "feed", "1", seed=1)
    second = kit.install(desk.home, "feed", "2", seed=2)
    digests = [first] if broken else [first, second]
    desk.serve(digests, stage="shadow", share=0.0, champion="1", candidate="2")
    for arm in users:
        assert desk.rank(user=users[arm])["version"] != "2"
    exposures, _ = desk.logged()
    seen = exposures[exposures.shadow_version.notna()]
    assert set(seen.arm) == {"champion"}
    assert set(seen.shadow_version) == {"2"}
    assert set(seen.shadow_ok) == {not broken}
    if broken:
        assert seen.shadow_latency_ms.isna().all()
    else:
        assert (seen.shadow_latency_ms > 0).all()


def test_a_batched_model_serves_and_shadows(desk, kit, users):
    """A model that could not be compiled answers through the micro-batcher."""
    digests = [
        kit.install(desk.home, "feed", "1", seed=1),
        kit.install(desk.home, "feed", "2", kind="sklearn", seed=1),
    ]
    desk.serve(digests, stage="canary_50", share=0.5, champion="1", candidate="2")
    slow = desk.rank(user=users["candidate"])
    assert slow["version"] == "2"
    fast = desk.rank(user=users["champion"])
    assert [i["item"] for i in slow["items"]] == [i["item"] for i in fast["items"]]


def test_fewer_items_than_places_are_all_shown(desk, kit):
    """Three items make a list of three."""
    assert len(desk.rank(items=kit.ITEMS[:3])["items"]) == 3


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({"items": ["film-000", "nowhere"]}, UnknownReference),
        ({"context": {"age_band": 9}}, BadInput),
        ({"context": {"age_band": 1.5}}, BadInput),
        ({"context": {"age_band": "1"}}, BadInput),
        ({"context": {"age": 1}}, BadInput),
    ],
)
def test_unknown_items_and_wrong_context_are_refused(desk, words, error):
    """Nothing is logged for a request that was refused."""
    with pytest.raises(error):
        desk.rank(**words)
    assert desk.logged() == (None, None)


def test_without_features_the_line_is_not_ready(desk):
    """Before the first feature table there is no answer and no guess."""
    desk.server.features = None
    with pytest.raises(NotReady):
        desk.rank()


def test_outcomes_count_for_requests_made_here(desk, kit):
    """A reader's click is acknowledged and logged; twice is harmless."""
    answer = desk.rank()
    batch = kit.clicks(answer, (0, 3))
    assert desk.outcomes(batch) == {"accepted": 2}
    assert desk.outcomes(batch) == {"accepted": 2}
    _, outcomes = desk.logged()
    assert len(outcomes) == 4
    assert set(outcomes.request_id) == {answer["request_id"]}


@pytest.mark.parametrize(
    "forge",
    [
        lambda rid: "r-1",
        lambda rid: rid[:-1] + ("0" if rid[-1] != "0" else "1"),
        lambda rid: rid + "0",
        lambda rid: "é" + rid,
        lambda rid: rid.replace("-", ""),
    ],
)
def test_outcomes_of_requests_never_made_are_refused(desk, kit, forge):
    """One forged request id refuses the whole batch, and nothing of it is logged."""
    batch = kit.clicks(desk.rank(), (0, 1))
    batch["outcomes"][1]["request_id"] = forge(batch["outcomes"][1]["request_id"])
    with pytest.raises(UnknownReference, match=r"outcomes\[1\]"):
        desk.outcomes(batch)
    assert desk.logged()[1] is None


def test_a_full_disk_answers_users_and_refuses_outcomes(desk, kit, monkeypatch):
    """Without a log the list still goes out, marked; an outcome is never acknowledged unlogged."""
    answer = desk.rank()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.write", full)
    assert desk.rank()["logged"] is False
    with pytest.raises(OSError, match="No space"):
        desk.outcomes(kit.clicks(answer))


def test_answers_are_json(desk):
    """The answer is exactly the promised words."""
    answer = desk.rank(json.dumps({"user": "ann", "items": ["film-001"]}).encode())
    assert set(answer) == {"request_id", "arm", "version", "stage", "items"}


def test_a_hold_back_is_answered_by_the_previous_champion_until_it_is_taken_off(desk, kit):
    """Its users meet the model before, sticky; without it, or once the champion is off, nobody does."""
    digests = [kit.install(desk.home, "feed", v, seed=int(v)) for v in ("1", "2")]
    held = {"champion": "2", "previous_champion": "1", "previous_share": 0.4}
    asked = [f"u{n}" for n in range(60)]

    def answered(**words):
        desk.serve(digests, **words)
        return {u: (a["arm"], a["version"]) for u in asked for a in (desk.rank(user=u),)}

    before = answered(epoch=5, **held)
    back = {user for user, who in before.items() if who == ("previous", "1")}
    assert 10 < len(back) < 40
    assert {before[user] for user in set(asked) - back} <= {
        ("champion", "2"),
        ("rules", "rules-built-in"),
        ("explore", "explore"),
    }
    assert answered(epoch=5, **held) == before
    over = answered(epoch=6, champion="2", previous_champion="1")
    assert {over[user] for user in back} == {("champion", "2")}
    returned = answered(epoch=6, champion="1")
    assert {returned[user] for user in back} == {("champion", "1")}
    moved = [user for user in asked if user not in back and over[user] != before[user]]
    assert not moved


def test_a_line_that_explores_by_slot_and_swaps_logs_what_it_did(canary, users, kit):
    """One item from below the list at most, neighbours swapped, and the places the model would give them."""
    line = canary.server.line
    exposure = replace(line.exposure, exploration="slot_and_swaps")
    canary.server.line = replace(line, exposure=exposure)
    for _ in range(60):
        canary.rank(user=users["explore"], items=kit.ITEMS[:14])
    rows, _ = canary.logged()
    assert (rows.items_offered == 14).all()
    table = propensities(Exploration.SLOT_AND_SWAPS, 14, 10)
    row = np.where(rows.model_position > 0, rows.model_position - 1, 10)
    assert (rows.propensity == table[row, rows.position - 1]).all()
    assert (rows[rows.model_position == 0].groupby("request_id").size() == 1).all()
    moved = rows[rows.model_position > 0]
    assert 0 < ((moved.model_position - moved.position).abs()).max() <= 1


def test_the_shadow_says_where_it_would_have_ranked_what_is_shown(desk, kit, users):
    """In the champion's lists and in those of chance alike; without a shadow the places are not known."""
    keys = [kit.install(desk.home, "feed", str(v), seed=v) for v in (1, 2)]
    desk.serve(keys, stage="shadow", share=0.0, champion="1", candidate="2")
    shadow = desk.server.served.shadow
    for arm in ("champion", "explore"):
        desk.rank(user=users[arm], items=kit.ITEMS[:14])
    rows, _ = desk.logged()
    assert rows.shadow_version.notna().tolist() == (rows.arm == "champion").tolist()
    assert rows.shadow_position.between(0, 10).all()
    names = [column.name for column in desk.server.line.features]
    _, ranking = shadow.ranker.score(np.ascontiguousarray(rows[names].to_numpy()))
    for _, group in rows.assign(ranking=ranking).groupby("request_id"):
        listed = group[group.shadow_position > 0]
        by_place = listed.sort_values("shadow_position").ranking
        assert (by_place.diff().dropna() <= 0).all()
    assert (
        rows[rows.arm == "champion"].model_position == rows[rows.arm == "champion"].position
    ).all()
