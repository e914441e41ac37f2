"""One row, one answer: as served it is in the log, with what the shadow would have answered."""

import asyncio
import json
import time

import numpy as np
import pytest
import router_kit
from slipway.artifact.load import builtin_rules, own_ranker
from slipway.artifact.own_model import OwnModel
from slipway.artifact.typed_frame import TypedFrame
from slipway.data.log import LogWriter
from slipway.data.sent_features import SentFeatures
from slipway.domain.errors import BadConfig, BadInput
from slipway.domain.outcomes import OutcomeKind
from slipway.domain.release import Arm
from slipway.examples.bike import rules
from slipway.examples.bike.line import LINE
from slipway.registry.state import ReleaseState
from slipway.serving.batching import MicroBatcher
from slipway.serving.predict import AnswerServer, server_of
from slipway.serving.request_ids import RequestIds
from slipway.serving.served import ServableModel, Served
from slipway.settings import EventClock

CONTEXT = {
    "season": "summer",
    "holiday": "no",
    "workingday": 1,
    "weather": "mist",
    "temperature": 0.6,
    "feels_like": 0.55,
    "humidity": 0.5,
    "windspeed": 0.2,
}


class Constant:
    """An estimator that answers one number."""

    def __init__(self, value):
        self.value = value

    def predict(self, rows):
        """The number for each row."""
        return np.full(len(rows), self.value)


def model(version, value):
    frame = TypedFrame.learn(LINE, LINE.recipe.inputs, np.zeros((1, len(LINE.features))))
    ranker = own_ranker(OwnModel(Constant(value), frame, OutcomeKind.CONTINUOUS), LINE, ())
    return ServableModel(version, ranker)


@pytest.fixture
def desk(tmp_path):
    """The bike line's server with the rules, and a candidate of constant answers in the shadow."""
    writer = LogWriter(tmp_path, LINE, "unit", EventClock())
    server = AnswerServer(
        LINE, RequestIds(tmp_path), writer, EventClock(), 3600.0, features=SentFeatures(LINE)
    )
    champion = (ServableModel("1", builtin_rules(LINE)),)
    chains = dict.fromkeys(Arm, champion)
    server.served = Served(ReleaseState("bike"), chains, model("2", 77.0), {})
    return server


def asked(desk, body):
    text = json.dumps(body).encode()
    return json.loads(asyncio.run(desk.predict(text, time.perf_counter())))


def logged(desk, tmp_path):
    desk.writer.rotate()
    return tuple(
        t.to_pandas() if t is not None else None for t in router_kit.read_log(tmp_path, LINE)
    )


def test_one_row_gives_the_answer_of_the_rules_and_is_logged_with_the_shadow_s(desk, tmp_path):
    """The logged features give the same answer again, words became codes, and the shadow's stands beside."""
    found = asked(desk, {"user": "planner", "context": CONTEXT})
    shown, _ = logged(desk, tmp_path)
    features = shown[[column.name for column in LINE.features]].to_numpy(float)
    assert found["answer"] == rules.score(features)[0] == shown["score"][0]
    assert (shown["season"][0], shown["weather"][0], shown["workingday"][0]) == (1.0, 1.0, 1.0)
    assert 0 <= shown["hour"][0] <= 23
    assert (shown["shadow_version"][0], shown["shadow_score"][0]) == ("2", 77.0)
    assert shown["request_id"][0] == found["request_id"]


def test_a_batch_answers_row_by_row_as_single_requests_do(desk):
    """Each row has a request of its own, and the same answer as alone."""
    rows = [{"user": "a", "context": CONTEXT}, {"user": "b"}]
    found = asked(desk, {"rows": rows})["answers"]
    alone = [asked(desk, row)["answer"] for row in rows]
    assert [one["answer"] for one in found] == alone
    assert len({one["request_id"] for one in found}) == 2


def test_rows_of_a_batch_are_asked_together(desk):
    """A model that is slow per call is asked for a whole batch in a few calls, the shadow as well."""
    calls = []

    class Counted(Constant):
        def predict(self, rows):
            calls.append(len(rows))
            return super().predict(rows)

    frame = TypedFrame.learn(LINE, LINE.recipe.inputs, np.zeros((1, len(LINE.features))))
    ranker = own_ranker(OwnModel(Counted(5.0), frame, OutcomeKind.CONTINUOUS), LINE, ())
    slow = ServableModel("2", ranker, MicroBatcher(ranker))
    desk.served = Served(ReleaseState("bike"), dict.fromkeys(Arm, (slow,)), slow, {})
    found = asked(desk, {"rows": [{"user": f"u{k}", "context": CONTEXT} for k in range(40)]})
    assert [one["answer"] for one in found["answers"]] == [5.0] * 40
    assert sum(calls) == 80
    assert len(calls) <= 6


def test_its_outcome_needs_no_item_and_keeps_its_own_range(desk, tmp_path):
    """Rentals come back by the request alone; a click is no outcome of this line."""
    found = asked(desk, {"user": "planner", "context": CONTEXT})
    outcome = {
        "request_id": found["request_id"],
        "kind": "rentals",
        "value": 212.0,
        "happened_at": "2020-01-01T00:00:00+00:00",
    }
    desk.outcomes(json.dumps({"outcomes": [outcome]}).encode())
    _, came = logged(desk, tmp_path)
    assert (came["item"][0], came["value"][0]) == ("answer", 212.0)
    with pytest.raises(BadInput, match="one of rentals"):
        desk.outcomes(json.dumps({"outcomes": [outcome | {"kind": "click"}]}).encode())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"context": {}}, "user"),
        ({"user": "a", "items": []}, "one of user, context"),
        ({"user": "a", "context": {"genre": 1}}, "context"),
        ({"rows": []}, "a list of 1 to 200 rows"),
        ({"rows": [{"user": "a"}], "user": "b"}, "nothing beside it"),
        ({"rows": [{"user": "a"}, {"user": "b", "context": {"film": 1}}]}, "context"),
    ],
)
def test_a_bad_request_is_one_line_and_nothing_of_it_is_answered(desk, tmp_path, body, said):
    """Whatever is wrong with a row, no row of the batch is answered or logged."""
    with pytest.raises(BadInput, match=said) as caught:
        asked(desk, body)
    assert "\n" not in str(caught.value)
    desk.writer.rotate()
    assert router_kit.read_log(tmp_path, LINE)[0] is None


def test_lines_of_each_kind_have_a_server_of_their_own():
    """A line that ranks ranks, one that predicts predicts, and what must be counted is no sent feature."""
    assert server_of(LINE) is AnswerServer
    assert server_of(router_kit.LINE) is not AnswerServer
    with pytest.raises(BadConfig, match="what is sent, the clock"):
        SentFeatures(router_kit.LINE)
