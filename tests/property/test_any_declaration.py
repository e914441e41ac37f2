"""Whatever is declared is served, logged, frozen, fitted and served again as it was declared."""

import asyncio
import hashlib
import json
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from slipway.artifact.load import builtin_rules, own_ranker
from slipway.artifact.own_model import OwnModel
from slipway.artifact.typed_frame import TypedFrame
from slipway.data import catalog, feature_table, features, frozen_tables, snapshot, words
from slipway.data.log import LogWriter
from slipway.data.matrix import matrix_of
from slipway.domain.line import Single
from slipway.domain.outcomes import OutcomeKind
from slipway.domain.release import Arm
from slipway.registry.state import ReleaseState
from slipway.serving.predict import server_of
from slipway.serving.request_ids import RequestIds
from slipway.serving.served import ServableModel, Served
from slipway.settings import EventClock
from slipway.validation.consistency import consistency

sys.path.append(str(Path(__file__).parents[1]))

import router_kit
from support import any_line
from support.any_line import DAY, HOUR, T0

PER_DAY = 4


class Reader:
    """A model whose answer depends on every bit of every value of its typed frame."""

    def predict_proba(self, rows):
        """A number of its own for each row of values."""
        said = [repr(tuple(row)).encode() for row in rows.astype(object).itertuples(index=False)]
        drawn = [int.from_bytes(hashlib.blake2b(each, digest_size=4).digest()) for each in said]
        share = (np.array(drawn) + 1) / 2.0**33
        return np.column_stack([1 - share, share])


class Desk:
    """A line's server in this process, and everything that it was asked."""

    def __init__(self, home, line):
        self.home, self.line, self.asked = home, line, {}
        self.server = server_of(line)(
            line,
            RequestIds(home),
            LogWriter(home, line, "unit", EventClock()),
            EventClock(),
            3600.0,
        )
        self.serve(builtin_rules(line))

    def serve(self, ranker):
        """Answer by this model, whoever asks."""
        chains = dict.fromkeys(Arm, (ServableModel("1", ranker),))
        self.server.served = Served(ReleaseState(self.line.name), chains, None, {})

    def ask(self, bodies, day, *, outcomes=True):
        """Each of the bodies a few minutes after the other; every second one is bought."""
        single = isinstance(self.line.exposure, Single)
        for place, body in enumerate(bodies):
            at = T0 + day * DAY + 2 * HOUR + place * timedelta(minutes=7)
            clock = EventClock(0.0, at.timestamp(), 0.0)
            self.server.clock = self.server.writer.clock = clock
            text, started = json.dumps(body).encode(), time.perf_counter()
            with words.of_one_request():
                answer = (self.server.predict if single else self.server.rank)(text, started)
                found = json.loads(asyncio.run(answer))
            self.asked[found["request_id"]] = (day, place), body
            if outcomes and place % 2:
                item = {} if single else {"item": found["items"][0]["item"]}
                event = {"request_id": found["request_id"], "kind": "bought", "value": 1, **item}
                event |= {"happened_at": at.isoformat()}
                self.server.outcomes(json.dumps({"outcomes": [event]}).encode())

    def read(self):
        """The log so far: rows of exposures, and of outcomes."""
        self.server.writer.rotate()
        return router_kit.read_log(self.home, self.line)


@st.composite
def stories(draw):
    """A line, its tables, and the requests of two days."""
    line = draw(any_line.lines())
    tables = {e.name: draw(any_line.rows_of(line, e.name)) for e in line.entities}
    bodies = []
    for _ in range(2 * PER_DAY):
        body = {"user": draw(st.sampled_from(("u0", "u1", "u2")))}
        body["context"] = draw(any_line.context_of(line))
        if not isinstance(line.exposure, Single):
            body["items"] = draw(st.permutations(any_line.NAMES["item"]))[:2]
        bodies.append(body)
    return line, tables, bodies


def plain(row):
    """A row with None for whatever is missing."""
    return {k: None if isinstance(v, float) and np.isnan(v) else v for k, v in row.items()}


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(stories())
def test_what_is_declared_is_what_is_served_logged_frozen_and_fitted(story):
    """Each logged value is the beginner's; the frozen rows answer as the served ones did, in every bit."""
    line, tables, bodies = story
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name, rows in tables.items():
            table = pa.Table.from_pylist(rows, catalog.schema_of(line, name))
            catalog.write(home, line, table, name)
        desk = Desk(home, line)
        for day in (0, 1):
            features.compute(home, line, T0 + day * DAY)
            desk.server.features = feature_table.load(home, line, T0 + day * DAY)
            desk.ask(bodies[day * PER_DAY : (day + 1) * PER_DAY], day)
            exposures, came = desk.read()
        assert not words._SENT
        shown, came = [plain(row) for row in exposures.to_pylist()], came.to_pylist()
        assert len(shown) == 2 * PER_DAY * line.list_length
        for row in shown:
            sent = desk.asked[row["request_id"]][1]["context"]
            naive = any_line.expected(line, tables, row, sent, (shown, came))
            logged = {name: row[name] for name in naive}
            numbers = {n for n, v in naive.items() if isinstance(v, float)}
            assert {n: logged[n] for n in naive.keys() - numbers} == {
                n: naive[n] for n in naive.keys() - numbers
            }
            for name in numbers:
                assert logged[name] == pytest.approx(naive[name], rel=1e-9, abs=1e-9), name
        assert consistency(home, line, T0, T0 + 2 * DAY).holds
        fitted_is_served(desk, bodies[PER_DAY:])


def fitted_is_served(desk, bodies):
    """Freeze both days, learn the typed frame of the first, and ask the second day's questions again."""
    line, end = desk.line, T0 + 2 * DAY
    week = snapshot.freeze(desk.home, line, end - DAY, end, now=end, recipe=line.recipe)
    frame = frozen_tables.verified(week.path).to_pandas()
    matrix = matrix_of(frame, line)
    train = (frame["split"] == "train").to_numpy()
    inputs = [column.name for column in line.columns]
    typed = TypedFrame.learn(line, inputs, matrix[train])
    typed = TypedFrame.from_dict(json.loads(json.dumps(typed.to_dict())), line)
    model = OwnModel(Reader(), typed, OutcomeKind.BINARY)
    answers = model.answer(matrix)
    expected = {
        (*desk.asked[request][0], item): answer
        for request, item, answer in zip(frame["request_id"], frame["item"], answers, strict=True)
    }
    desk.serve(own_ranker(model, line, ()))
    desk.ask(bodies, 1, outcomes=False)
    shown, _ = desk.read()
    again = [r for r in shown.to_pylist() if r["version"] == "1" and r["score"] != 0.5]
    assert len(again) == PER_DAY * line.list_length
    for row in again:
        assert row["score"] == expected[(*desk.asked[row["request_id"]][0], row["item"])]
