"""One version's fault stays its own: whatever it raises, its neighbours answer and it is named."""

from dataclasses import replace

import numpy as np
import pytest
from slipway.domain.release import Arm
from slipway.serving import scoring
from slipway.serving import served as module


class Foreign(Exception):
    """An error of a library of the team's own."""


FAULTS = [
    AttributeError("no predict_proba"),
    ValueError("X has 9 features, but 12 are expected"),
    ImportError("a library that is not here"),
    AssertionError(),
    RecursionError("too deep"),
    Foreign("of its own"),
    StopIteration(),
    SystemExit(3),
    MemoryError(),
    OSError(24, "Too many open files"),
]


def raising(error):
    def act(*_args, **_words):
        raise error

    return act


@pytest.fixture
def three(desk, kit):
    """Champion 1, candidate 2 and rules 1 on this machine; words say how they are released."""
    keys = [
        kit.install(desk.home, "feed", "1", seed=1),
        kit.install(desk.home, "feed", "2", seed=2),
        kit.install(desk.home, "feed-rules", "1", kind="rules"),
    ]

    def serve(**words):
        desk.serve(keys, champion="1", candidate="2", rules="1", **words)
        return desk

    return serve


STAGES = [{"stage": "shadow"}, {"stage": "canary_50", "share": 0.5}]


@pytest.mark.parametrize("error", FAULTS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("words", STAGES, ids=["shadow", "half of the users"])
def test_a_version_that_does_not_load_is_a_problem_of_its_own(
    three, users, monkeypatch, error, words
):
    """Its users get the champion, its shadow is not asked, and the state is taken over all the same."""
    load = module.load_ranker

    def broken(folder, line):
        return raising(error)() if folder.name == "2" else load(folder, line)

    monkeypatch.setattr(module, "load_ranker", broken)
    desk = three(epoch=7, **words)
    assert desk.server.served.release.epoch == 7
    assert list(desk.server.served.problems) == ["feed/2"]
    assert type(error).__name__ in desk.server.served.problems["feed/2"] or str(error)
    assert {desk.rank(user=users[arm])["version"] for arm in ("champion", "candidate")} == {"1"}
    exposures, _ = desk.logged()
    assert not exposures.shadow_ok.any()


@pytest.mark.parametrize("error", FAULTS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("words", STAGES, ids=["shadow", "half of the users"])
def test_a_version_that_errs_when_asked_is_named_once(three, users, monkeypatch, error, words):
    """The next arm answers, the fault stands in the state's problems, and the log says it once."""
    said = []
    monkeypatch.setattr(scoring.log, "warning", lambda text, *of: said.append(text % of))
    desk = three(**words)
    for model in {*desk.server.served.chains[Arm.CANDIDATE][:1], desk.server.served.shadow} - {
        None
    }:
        object.__setattr__(model, "ranker", replace(model.ranker, model=raising(error)))
    for _ in range(3):
        assert desk.rank(user=users["champion"])["version"] == "1"
        assert desk.rank(user=users["candidate"])["version"] == "1"
    assert list(desk.server.served.problems) == ["feed/2"]
    assert len(said) == 1
    assert "feed/2 when asked" in said[0]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda x: (np.full(len(x) - 1, 0.5),) * 2, id="too few"),
        pytest.param(lambda x: (np.full((len(x), 2), 0.5),) * 2, id="two columns"),
        pytest.param(lambda _: (0.5, 0.5), id="one number"),
        pytest.param(lambda _: None, id="nothing"),
        pytest.param(lambda x: (np.full(len(x), np.nan),) * 2, id="no numbers"),
    ],
)
def test_an_answer_of_another_width_is_a_fault(three, users, answer):
    """Not one finite number for each item: the champion answers in its place."""
    desk = three(stage="canary_50", share=0.5)
    model = desk.server.served.chains[Arm.CANDIDATE][0]
    object.__setattr__(model, "ranker", replace(model.ranker, model=answer))
    assert desk.rank(user=users["candidate"])["version"] == "1"
    assert list(desk.server.served.problems) == ["feed/2"]


def test_where_even_the_rules_err_the_items_come_as_they_were_asked_for(three, users, kit):
    """The last arm always answers, and says that it was a stand-in."""
    desk = three(stage="canary_50", share=0.5)
    for chain in desk.server.served.chains.values():
        for model in chain:
            object.__setattr__(model, "ranker", replace(model.ranker, model=raising(ValueError())))
    for arm in ("champion", "candidate", "rules"):
        answer = desk.rank(user=users[arm])
        assert answer["version"] == "as-asked"
        assert [item["item"] for item in answer["items"]] == kit.ITEMS[:10]
    assert desk.logged()[0].fallback.all()


def test_a_load_that_may_go_better_later_is_tried_again(three, monkeypatch):
    """Short of memory or of handles says nothing of the version; anything else is not tried in vain."""
    load = module.load_ranker
    for error, unsteady in ((MemoryError(), True), (OSError(24, "x"), True), (ValueError(), False)):

        def broken(folder, line, error=error):
            return raising(error)() if folder.name == "2" else load(folder, line)

        monkeypatch.setattr(module, "load_ranker", broken)
        assert three(stage="shadow").server.served.unsteady == unsteady
