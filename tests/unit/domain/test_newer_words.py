"""Words of a newer writer are named and never hide a row; what they mean for users only shrinks."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.release import Candidate, Origin, Transition, fold
from slipway.domain.stage import LIVE_STAGES, Stage
from slipway.domain.verdict import Conclusion, Verdict

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
WHO = Candidate("7", "f", "adam", Origin.MANUAL, AT, Stage.CANARY_5, AT)
STEP = Transition(
    "feed", 2, AT, "release_feed", Stage.CANARY_1, Stage.CANARY_5, 0.05, "passed", WHO, "3",
    verdicts=(Verdict("harm", Conclusion.PASS, "none"),),
)  # fmt: skip


def written(**changed):
    """The dict of a step with some of its words changed."""
    raw = STEP.to_dict()
    raw["candidate"] = {**raw["candidate"], **changed.pop("candidate", {})}
    return {**raw, **changed}


def test_known_words_are_read_back_whole():
    """What this version wrote comes back equal, and nothing of it is new."""
    assert Transition.understood(STEP.to_dict()) == (STEP, ())


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (written(mood="calm"), "Transition.mood"),
        (written(candidate={"colour": "red"}), "Candidate.colour"),
        (written(candidate={"origin": "auto"}), "Origin 'auto'"),
        (written(to_stage="interleaving"), "Stage 'interleaving'"),
        (written(from_stage="interleaving"), "Stage 'interleaving'"),
        (
            written(verdicts=[{"gate": "mood", "conclusion": "MAYBE", "reason": "?"}]),
            "verdict 'mood'",
        ),
        (
            written(
                verdicts=[
                    {
                        "gate": "harm",
                        "conclusion": "PASS",
                        "reason": "ok",
                        "evidence": [{"name": "n", "estimate": 1.0, "unit": "u", "prior": 2}],
                    }
                ]
            ),
            "verdict 'harm'",
        ),
    ],
)
def test_each_newer_word_is_named_and_the_row_is_read(raw, named):
    """An unknown key, stage, origin or verdict keeps the rest of the row readable."""
    step, newer = Transition.understood(raw)
    assert newer == (named,)
    assert (step.epoch, step.champion, step.candidate.version) == (2, "3", "7")
    assert Transition.from_dict(raw) == step


@given(
    share=st.floats(0, 0.5),
    before=st.sampled_from([None, "interleaving", *(s.value for s in Stage)]),
    word=st.text(min_size=1).filter(lambda word: word not in set(Stage)),
)
def test_an_unknown_stage_answers_nobody_or_can_be_returned(share, before, word):
    """With a share the candidate stays in a live stage, so a return finds it; without one it ended."""
    raw = written(to_stage=word, from_stage=before, share=share, candidate={"stage": word})
    step, newer = Transition.understood(raw)
    assert f"Stage {word!r}" in newer
    state = fold("feed", [STEP, step])
    if share > 0:
        assert state.candidate.stage in LIVE_STAGES
    else:
        assert step.to_stage is Stage.RETURNED
        assert state.candidate is None
