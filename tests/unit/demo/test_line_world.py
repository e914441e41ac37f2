"""The world of any line: its visitors fit the declaration, its truth is known, and it is the same everywhere."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from slipway import lines
from slipway.demo import line_policy
from slipway.demo.column_draws import drawn
from slipway.demo.line_past import LinePast, generate
from slipway.demo.line_story import LATE_PER_DAY
from slipway.demo.line_truth import LEAST_RATE, rules_score
from slipway.demo.line_visitors import LineVisitors
from slipway.demo.line_world import LineWorld, known_features
from slipway.domain.errors import BadInput
from slipway.domain.line import AsOf, Column, Sent, Single, Supplied
from slipway.domain.outcomes import Outcome, OutcomeKind
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.examples.bank.model import boosted_trees
from slipway.release.required_sample import Flow, needs
from slipway.serving.contract import Contract
from slipway.validation.consistency import consistency
from support import news

START = datetime(2025, 3, 3, tzinfo=UTC)
STRANGE = (
    Column("plan", "category", Sent(of="user"), words=("free", "paid"), known=0.9),
    Column("city", "category", Sent()),
    Column("device", "code", Sent(), words=("phone", "tablet"), unfit="refuse"),
    Column("note", "text", Sent()),
    Column("since", "time", Sent()),
    Column("share", origin=Sent(), lower=0, upper=1, unfit="refuse"),
    Column("amount", origin=Sent(), lower=0, unfit="refuse"),
    Column("balance", origin=Sent()),
    Column("risk", origin=Supplied("store:risk"), lower=0, upper=1),
)


def strange(outcome):
    """A line of columns of every type."""
    return replace(
        news.LINE,
        name="strange",
        columns=STRANGE,
        entities=(),
        outcomes=(outcome,),
        exposure=Single(group_of="plan"),
        segments=(),
        live_segments=(),
        rules=__name__,
        recipe=replace(news.LINE.recipe, inputs=()),
        policy=PredictionPolicy(rules_share=0.05, paired=outcome.exogenous),
    )


def score(features):
    """Rules: a half, whatever is known."""
    return np.full(len(features), 0.5)


BOUGHT = Outcome("bought", window=timedelta(hours=2))


def test_what_visitors_send_fits_what_is_declared():
    """No value of any type is refused at the contract, none is undeclared, and some are missing."""
    line = strange(BOUGHT)
    contract, calls = (
        Contract(line),
        LineVisitors(LineWorld(line, START), 1).calls(START.timestamp(), 200),
    )
    rows = [row for call in calls for row in call.body["rows"]]
    assert len(rows) == 200
    for row in rows:
        taken = contract.context(row["context"], START + timedelta(minutes=1))
        assert set(row["context"]) <= set(taken)
    assert any("plan" not in row["context"] for row in rows)
    plans = {}
    for row in rows:
        plans.setdefault(row["user"], set()).add(row["context"].get("plan"))
    assert all(len(seen) == 1 for seen in plans.values())  # a user keeps what is theirs


def test_a_line_of_single_answers_that_counts_has_a_world():
    """Where nothing is ranked there is no table of items to look for: what is counted begins empty."""
    counted = Column("rate", origin=AsOf("plan", timedelta(days=1), of="bought", prior=0.3))
    line = replace(strange(BOUGHT), columns=(*STRANGE, counted))
    world = LineWorld(line, START)
    rng = np.random.default_rng(5)
    visits = world.visits(rng, np.full(400, START.timestamp()))
    assert world.outcomes(rng, visits, visits.offered, np.zeros(400))["bought"].mean() > 0


def test_the_world_is_the_same_in_every_process():
    """The shop's process sees the users, items and truth that the past was written from."""
    one, two = (LineWorld(lines.load("feed"), START) for _ in range(2))
    at = np.full(50, START.timestamp())
    seen = [w.visits(np.random.default_rng(3), at) for w in (one, two)]
    assert np.array_equal(seen[0].offered, seen[1].offered)
    assert one.entities["item"].equals(two.entities["item"])
    came = [
        w.outcomes(np.random.default_rng(4), v, v.offered[:, :5], np.zeros(50))
        for w, v in zip((one, two), seen, strict=True)
    ]
    assert np.array_equal(came[0]["clicked"], came[1]["clicked"])


@pytest.mark.parametrize("kind", list(OutcomeKind))
def test_outcomes_of_every_kind_come_at_the_level_of_the_rules(kind):
    """A binary one is as likely as the rules say, amounts and counts lie around what they expect."""
    outcome = Outcome("bought", kind, window=timedelta(hours=2), exogenous=kind != "binary")
    world = LineWorld(strange(outcome), START)
    rng = np.random.default_rng(5)
    visits = world.visits(rng, np.full(4000, START.timestamp()))
    found = world.outcomes(rng, visits, visits.offered, np.zeros(4000))["bought"]
    assert found.shape == (4000, 1)
    assert 0.3 < found.mean() < 0.9
    if kind is not OutcomeKind.CONTINUOUS:
        assert found.min() == 0


def test_what_seldom_comes_comes_often_enough_for_a_demo(monkeypatch):
    """Rules that expect next to nothing are raised to a rate that a demo can decide on."""
    monkeypatch.setitem(globals(), "score", lambda features: np.full(len(features), 0.004))
    world = LineWorld(strange(BOUGHT), START)
    rng = np.random.default_rng(6)
    visits = world.visits(rng, np.full(4000, START.timestamp()))
    found = world.outcomes(rng, visits, visits.offered, np.zeros(4000))["bought"]
    assert 0.7 * LEAST_RATE < found.mean() < 1.6 * LEAST_RATE
    less = world.outcomes(rng, visits, visits.offered, np.full(4000, -0.5))["bought"]
    assert less.mean() == pytest.approx(found.mean() / 2, rel=0.2)


def test_a_split_s_outcome_depends_on_what_was_answered():
    """Whom an answer calls unlikely is attended to less; a measured outcome does not care."""
    world = LineWorld(strange(BOUGHT), START)
    low, usual, high = world.response(np.array([0.0, world.truth.rate, 1.0])).tolist()
    assert -1 < low < usual == high == 0
    outcome = Outcome("demand", OutcomeKind.CONTINUOUS, window=timedelta(hours=2), exogenous=True)
    assert not LineWorld(strange(outcome), START).response(np.array([0.0, 1.0])).any()


def test_what_a_model_gains_in_the_world_of_bank_can_be_proven(tmp_path):
    """Fitted on what came of the rules' answers, the model is so much better that the demo's traffic proves it."""
    line = lines.load("bank")
    world, rng = LineWorld(line, START), np.random.default_rng(1)

    def drawn(n):
        visits = world.visits(rng, START.timestamp() + rng.random(n) * 28 * 86_400)
        seen = (world._table, line, world.users, visits, visits.offered)
        known = known_features(*seen)[:, 0]
        return known, world.truth.mean(known, np.zeros(n, np.int64))

    def came(chance, answers):
        return chance * (1 + world.response(answers))

    known, chance = drawn(8_000)
    label = rng.random(len(chance)) < came(chance, rules_score(line, known))
    model = boosted_trees(0, trees=30).set_params(categorical_features=None).fit(known, label)
    known, chance = drawn(8_000)
    candidate = came(chance, model.predict_proba(known)[:, 1]).mean()
    rules = came(chance, rules_score(line, known)).mean()
    (tmp_path / "policy.toml").write_text(line_policy.toml(line))
    policy = lines.load("bank", tmp_path / "policy.toml").policy
    flow = Flow(28, LATE_PER_DAY, LATE_PER_DAY, rules, 1.1, rules_ratio=rules / candidate)
    (proof,) = (need for need in needs(flow, policy) if need.show == "more clicks than the rules")
    assert proof.days < policy.timeout_days / 2


def test_a_strangers_past_is_what_its_declaration_gives(tmp_path):
    """A line of strings, entities, derived and hourly columns has a past, every row as computed again; the
    same past written twice is there once, and is not added to somebody else's log.
    """
    line, end = replace(news.LINE, rules="support.news"), START + timedelta(hours=5)
    past = LinePast(tmp_path, LineWorld(line, START), 1500.0, "rules-1")
    written = sum(one.requests for one in generate(past, START, end))
    assert written == sum(one.requests for one in generate(past, START, end)) > 50
    found = consistency(tmp_path, line, START, end)
    assert found.holds, [column for column in found.columns if not column.holds]
    assert found.rows == written * line.list_length
    with pytest.raises(BadInput, match="a day of this past"):
        list(generate(past, START + timedelta(hours=2), end))


def test_numbers_keep_their_ends():
    """Whatever the season, no value is drawn outside of its declared range."""
    at = START.timestamp() + np.arange(0, 366) * 86_400.0
    for column in (STRANGE[5], Column("age", origin=Sent(), lower=17, upper=100)):
        values = drawn(np.random.default_rng(1), column, at)
        assert column.lower <= np.nanmin(values) < np.nanmax(values) <= column.upper
