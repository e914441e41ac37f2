"""What holds for every release, whatever the gates and reviewers say."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from people_kit import PEOPLE
from slipway.domain.approval import Approval
from slipway.domain.policy import Policy
from slipway.domain.release import Candidate, LineState, Origin, Transition, fold
from slipway.domain.stage import LIVE_STAGES, RELEASE_STAGES, Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates import gates_for
from slipway.registry.projection import project
from slipway.release.machine import Return, decide
from slipway.release.transitions import offer, return_champion, transition
from slipway.release.watch import EndHoldBack, end_hold_back
from slipway.steps.returns import promoted

POLICY = Policy()
START = datetime(2026, 3, 2, tzinfo=UTC)

WORLD = st.lists(
    st.tuples(
        st.sampled_from(["offer", *["look"] * 6, "take back", "watch over"]),
        st.sampled_from([Conclusion.PASS] * 12 + [Conclusion.UNDECIDED, Conclusion.FAIL, None]),
        st.sampled_from([None, "approve", "approve", "reject"]),
        st.integers(1, 100),
    ),
    max_size=60,
)


def review(state, word, now):
    """A genuine review of the waiting candidate."""
    candidate = state.candidate
    if candidate is None or word is None:
        return None
    return Approval(
        "feed",
        candidate.version,
        "rita",
        word,
        "said so",
        candidate.evidence_digest or "",
        candidate.fingerprint,
        now,
    )


def after_promotion(state, lines, act, now):
    """The row by which the champion is returned, or its watch ends; nothing where there is none."""
    champion = promoted(lines, state.champion)
    if champion is None:
        return []
    if act == "take back":
        harm = Return(Stage.RETURNED, "harm")
        return [return_champion(state, champion, harm, now=now, actor="t")]
    if not state.previous_share:
        return []
    over = EndHoldBack("over")
    return [end_hold_back(state, champion, over, policy=POLICY, now=now, actor="t")]


def lived(world):
    """All lines of a line's life under any answers, and the reviews given on the way."""
    lines: list[Transition] = []
    approved = set()
    now = START
    for number, (act, answer, word, hours) in enumerate(world):
        now += timedelta(hours=hours)
        state = fold("feed", lines)
        if act == "offer":
            new = Candidate(
                str(number), f"p{number}", "adam", Origin.MANUAL, now, Stage.OFFERED, now
            )
            lines += offer(state, new, now=now, actor="t", verdicts=())
            continue
        if act in {"take back", "watch over"}:
            lines += after_promotion(state, lines, act, now)
            continue
        stage = state.candidate.stage if state.candidate else Stage.OFFERED
        panel = gates_for(stage, has_champion=state.champion is not None)
        verdicts = [Verdict(gate, answer, "so") for gate in panel] if answer is not None else []
        approval = review(state, word, now)
        if approval and approval.decision == "approve":
            approved.add(approval.version)
        decision = decide(state, verdicts, POLICY, now, approval, people=PEOPLE)
        step = transition(state, decision, policy=POLICY, now=now, actor="t", verdicts=verdicts)
        lines += [step] if step else []
    return lines, approved


@settings(max_examples=150, deadline=None)
@given(WORLD)
def test_nobody_reigns_unseen_unproven_or_unapproved(world):
    """A champion has walked every stage in order, each step on passes alone, and was approved."""
    lines, approved = lived(world)
    for line in lines:
        if line.to_stage is Stage.CHAMPION and line.from_stage is not Stage.CHAMPION:
            own = [t for t in lines if t.candidate.version == line.candidate.version]
            assert [t.to_stage for t in own][: len(RELEASE_STAGES)] == list(RELEASE_STAGES)
            assert line.candidate.version in approved
        if line.to_stage in RELEASE_STAGES[1:] and line.from_stage is not Stage.CHAMPION:
            assert line.verdicts
            assert all(v.conclusion is Conclusion.PASS for v in line.verdicts)


@settings(max_examples=150, deadline=None)
@given(WORLD)
def test_epochs_have_no_gap_and_traffic_goes_to_one_candidate(world):
    """Epochs count up by one, one candidate at most has users, and what ended stays ended."""
    lines, _ = lived(world)
    assert [line.epoch for line in lines] == list(range(1, len(lines) + 1))
    ended = set()
    for place, line in enumerate(lines, 1):
        version = line.candidate.version
        assert version not in ended or line.from_stage is Stage.CHAMPION
        if line.to_stage.is_final:
            ended.add(version)
        state = fold("feed", lines[:place])
        share = project(state, lines[:place], None).release.share
        assert (share > 0) == bool(state.candidate and state.candidate.stage in LIVE_STAGES)
        assert not (state.waiting and state.waiting.stage in LIVE_STAGES)


@settings(max_examples=60, deadline=None)
@given(WORLD)
def test_a_transition_survives_its_dictionary(world):
    """Every line comes back equal from its JSON form, and the fold of copies is the same state."""
    lines, _ = lived(world)
    copies = [Transition.from_dict(line.to_dict()) for line in lines]
    assert copies == lines
    assert fold("feed", copies) == fold("feed", lines)
    assert fold("feed", []) == LineState("feed")


@settings(max_examples=150, deadline=None)
@given(WORLD)
def test_there_is_one_hold_back_at_most_and_it_fits(world):
    """It stands behind a champion, within the users that are left, and comes and goes as the ledger says."""
    lines, _ = lived(world)
    before = LineState("feed")
    for place, line in enumerate(lines, 1):
        state = fold("feed", lines[:place])
        shown = project(state, lines[:place], None).release
        assert shown.previous_share == state.previous_share == line.previous_share
        back = state.previous_share
        assert not back or (
            state.champion and state.previous_champion not in {None, state.champion}
        )
        held_out = POLICY.rules_share + POLICY.explore_share + back
        assert held_out + (1 - held_out) * shown.share <= 1
        promotes = line.to_stage is Stage.CHAMPION and line.from_stage is not Stage.CHAMPION
        if promotes:
            assert back == (POLICY.previous_share if before.champion else 0.0)
        elif line.from_stage is Stage.CHAMPION:
            assert not back
        else:
            assert back == before.previous_share
        if before.previous_share and (promotes or not back):
            assert line.to_stage is Stage.RETURNED or "hold-back" in line.reason
        before = state
