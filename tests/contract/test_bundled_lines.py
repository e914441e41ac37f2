"""Every bundled line holds together on a generated world of its columns: the one contract of an example."""

import asyncio
import json
import time
from dataclasses import replace
from datetime import timedelta
from importlib import import_module

import numpy as np
import offline_kit
import pytest
from slipway import bundled, lines
from slipway.artifact.load import load_ranker
from slipway.data import engine, feature_table, log
from slipway.data.groups import has_tables
from slipway.data.matrix import matrix_of
from slipway.data.sent_features import SentFeatures
from slipway.demo.line_past import LinePast, generate
from slipway.demo.line_story import NOW
from slipway.demo.line_visitors import LineVisitors
from slipway.demo.line_world import LineWorld
from slipway.demo.visitors import Scenario
from slipway.domain.release import Arm
from slipway.domain.verdict import Conclusion
from slipway.kinds import kind_of
from slipway.lines.definition import compiled
from slipway.registry.state import ReleaseState
from slipway.serving.predict import server_of
from slipway.serving.request_ids import RequestIds
from slipway.serving.served import ServableModel, Served
from slipway.settings import EventClock
from slipway.validation import suite_files
from slipway.validation.consistency import consistency

DAY = timedelta(days=1)
TRAINED, VISITS_PER_DAY, ASKED = 4 * DAY, 300.0, 40
FILM_WORDS = {"film", "films", "genre", "movie"}


@pytest.mark.parametrize("name", lines.bundled_names())
def test_a_bundled_line_compiles_and_its_suites_are_what_it_declares(name):
    """What is bundled can be written down, and its suites on disk say what the declaration says."""
    line = lines.declared(name)
    assert compiled(line).name == name
    suites = kind_of(line).suites(line)
    assert not suite_files.differences(name, suites, bundled.folder("expectations"))


@pytest.fixture(params=[name for name in lines.names() if name != "feed"])
def small(request, tmp_path, monkeypatch):
    """A bundled line on few days, its world, and an office whose log holds them."""
    own = lines.load(request.param)
    schedule = replace(own.schedule, train=TRAINED, holdout=DAY)
    line = replace(own, schedule=schedule)
    module = import_module(lines.declaration_of(request.param).value.partition(":")[0])
    monkeypatch.setattr(module, "LINE", line)
    end = line.schedule.last(NOW)
    start = end - DAY - line.maturity - TRAINED - DAY
    world = LineWorld(line, start)
    with offline_kit.office(tmp_path) as office:
        for _ in generate(LinePast(tmp_path, world, VISITS_PER_DAY, "rules-1"), start, end + DAY):
            pass
        yield line, world, office, end


def learned_with(line, run, seeds):
    """The digest of what is learned from a run's rows with seeds of its own."""
    work = run.work / f"seeds{seeds[0]}"
    work.mkdir()
    own = replace(run, recipe=line.recipe_with({"seeds": seeds}), work=work)
    return kind_of(line).fit(line, own, None, None).digests["learned"]


def served(line, folder, home, now):
    """The line's server with one model for everybody."""
    clock = EventClock(0.0, now.timestamp(), 0.0)
    table = feature_table.load(home, line) if has_tables(line) else SentFeatures(line)
    writer = log.LogWriter(home / "router", line, "unit", clock)
    server = server_of(line)(line, RequestIds(home), writer, clock, 3600.0, features=table)
    model = ServableModel("1", load_ranker(folder, line))
    chains = dict.fromkeys(Arm, (model,))
    server.served = Served(ReleaseState(line.name, champion="1"), chains, None, {})
    return server


def asked(server, world, now):
    """Visits of the world, each answered; what came of them is sent and taken."""
    answers = 0
    for call in LineVisitors(world, 5).calls(now.timestamp(), ASKED):
        verb, body = getattr(server, call.verb), json.dumps(call.body).encode()
        answer = json.loads(asyncio.run(verb(body, time.perf_counter())))
        answers += len(answer.get("answers", [answer]))
        came = [
            o.event | {"happened_at": now.isoformat()} for o in call.outcomes(answer, Scenario())
        ]
        if came:
            server.outcomes(json.dumps({"outcomes": came}).encode())
    return answers


def logged_by(server, home, now):
    """The rows that a server logged."""
    server.writer.rotate()
    con = engine.connect()
    rows = engine.exposures(
        con,
        home / "router",
        server.line,
        arrived_before=now + DAY,
        requested_from=now - DAY,
        requested_to=now + DAY,
    )
    return engine.fetch(con, rows, home / "router", server.line).to_pandas()


def test_a_bundled_line_goes_from_its_world_to_an_answer(small):
    """Frozen, proven, fitted, judged, registered with a page of its own words, told from other seeds, and
    served as fitted; what
    was logged is what is computed again.
    """
    line, world, office, end = small
    run, verdicts = office.run(line.name, end - DAY, end, "manual__1", {})
    said = {verdict["gate"]: verdict for verdict in verdicts}
    assert said["parity"]["conclusion"] == Conclusion.PASS.name, said["parity"]
    page = (office.made[0].evidence / "evidence.html").read_text().lower()
    assert line.primary.event in page
    assert not FILM_WORDS & set(page.split())
    assert len({learned_with(line, run, seeds) for seeds in ([1, 2, 3], [4, 5, 6])}) == 2
    server = served(line, office.made[0].model, office.home, end + timedelta(hours=2))
    assert asked(server, world, end + timedelta(hours=2)) == ASKED
    rows = logged_by(server, office.home, end)
    again = server.served.chains[Arm.CHAMPION][0].ranker.score(matrix_of(rows, line))[0]
    assert np.array_equal(again, rows["score"].to_numpy())
    first = end.replace(hour=0, minute=0) - 2 * DAY
    found = consistency(office.home, line, first, first + DAY)
    assert found.holds, [column for column in found.columns if not column.holds]
