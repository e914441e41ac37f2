"""Columns of every origin go from requests over HTTP to a snapshot, a fitted model and its answers."""

import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

sys.path.append(str(Path(__file__).parents[1]))

import router_kit
from slipway.artifact.digest import digest
from slipway.artifact.load import load_ranker
from slipway.data import catalog, engine, features, log, snapshot
from slipway.data.matrix import matrix_of
from slipway.domain.line import Single
from slipway.kinds import kind_of
from slipway.registry.state import ReleaseState
from slipway.serving.state import Known, StateFile
from slipway.validation import scan, suite, suite_files
from slipway.validation.consistency import consistency
from support.visits_lines import SHELVES, VISITS

pytestmark = pytest.mark.e2e

DAY = timedelta(days=1)
T0 = datetime(2026, 5, 4, tzinfo=UTC)
USERS, STORES, ITEMS = [f"u{k}" for k in range(20)], ["s0", "s1", "s2"], [f"i{k}" for k in range(8)]
NOTES = ["looks around", "asks for the price", "in a hurry", "", "kommt jede Woche ☂"]
PER_DAY = 260


def furnish(home, line):
    """Tables of every entity, with a change in mid-week where they have a history."""
    tables = {
        "shop": [{"shop": s, "valid_from": T0 - 90 * DAY + k * 91 * DAY, "city": f"city {k}", "area": 10.0 + k,
                  "opened": T0 - 500 * DAY} for s in STORES for k in range(2)],
        "person": [{"person": u, "valid_from": T0 - 9 * DAY, "plan": "gold" if n % 3 else "basic",
                    "since": T0 - n * DAY} for n, u in enumerate(USERS[:-4])],
        "item": [{"item": i, "valid_from": T0 - 9 * DAY, "sort": f"sort {n % 3}", "price": n + 0.5,
                  "title": f"The {n}th article"} for n, i in enumerate(ITEMS)],
    }  # fmt: skip
    for entity in line.entities:
        schema = catalog.schema_of(line, entity.name)
        catalog.write(home, line, pa.Table.from_pylist(tables[entity.name], schema), entity.name)


def bodies(line, day):
    """Requests of one day: values are left out now and then."""
    rng, found = np.random.default_rng(day), []
    stamp = (T0 + day * DAY).isoformat()
    for _ in range(PER_DAY):
        sent = {
            "store": str(rng.choice(STORES)),
            "note": str(rng.choice(NOTES)),
            "last_visit": "2026-05-01T10:00:00+02:00",
            "stock": {"value": int(rng.integers(0, 9)), "as_of": stamp},
            "mood": {"value": str(rng.choice(["glad", "sad"])), "as_of": stamp},
        }
        body = {
            "user": str(rng.choice(USERS)),
            "context": {k: v for k, v in sent.items() if rng.random() > 0.1},
        }
        if not isinstance(line.exposure, Single):
            body["items"] = rng.permutation(ITEMS)[:5].tolist()
        found.append(body)
    return found


class Shop:
    """The real router of one line, on a clock that stands where the test puts it."""

    def __init__(self, home, line):
        self.home, self.line, self.clock = home, line, home / "clock.json"
        team = home / "team"
        team.mkdir()
        name = "VISITS" if line is VISITS else "SHELVES"
        (team / f"{line.name}.py").write_text(
            f"from support import visits_lines\n\nLINE = visits_lines.{name}\n"
        )
        self.env = {
            "SLIPWAY_LINES": str(team),
            "SLIPWAY_ROUTER_LINES": line.name,
            "SLIPWAY_CLOCK": str(self.clock),
            "PYTHONPATH": ":".join(p for p in sys.path if p),
        }
        self.verb = "predict" if isinstance(line.exposure, Single) else "rank"

    def at(self, when):
        """Put the clock."""
        draft = self.clock.with_suffix(".draft")
        draft.write_text(json.dumps({"wall0": 0.0, "event0": when.timestamp(), "speed": 0.0}))
        draft.replace(self.clock)

    def state(self, router):
        """The release state in force."""
        return router.http.get(f"/v1/{self.line.name}/state").json()

    def day(self, router, day, asked):
        """Ask a day's requests at its noon, and report what was bought; returns the answers."""
        url, noon = f"/v1/{self.line.name}", T0 + day * DAY + DAY / 2
        self.at(noon)
        midnight = (T0 + day * DAY).isoformat()
        router.wait(lambda: self.state(router).get("now") == noon.isoformat())
        router.wait(lambda: self.state(router).get("features_as_of") == midnight)
        found = []
        for place, body in enumerate(asked):
            answer = router.http.post(f"{url}/{self.verb}", json=body)
            assert answer.status_code == 200, answer.text
            found.append(answer.json())
            glad = "hurry" not in str(body["context"].get("note"))
            if (place + glad) % 3 == 0:
                event = {
                    "request_id": found[-1]["request_id"],
                    "kind": "bought",
                    "value": 1,
                    "happened_at": noon.isoformat(),
                }
                if self.verb == "rank":
                    event["item"] = found[-1]["items"][0]["item"]
                assert router.http.post(f"{url}/outcomes", json={"outcomes": [event]}).is_success
        return found


@pytest.fixture(params=[VISITS, SHELVES], ids=["predict", "rank"])
def shop(request, tmp_path):
    """A line with its tables, and features of two midnights."""
    furnish(tmp_path, request.param)
    return Shop(tmp_path, request.param)


def fitted(shop):
    """The second day's snapshot, proven; and a model fitted on the first."""
    home, line, end = shop.home, shop.line, T0 + 2 * DAY
    week = snapshot.freeze(home, line, end - DAY, end, now=end, recipe=line.recipe)
    run = SimpleNamespace(
        recipe=line.recipe,
        start=T0,
        end=end,
        work=home / "work",
        line=line.name,
        snapshot=SimpleNamespace(path=week.path),
    )
    con, kind = engine.connect(), kind_of(line)
    tables = kind.tables(con, home, line, run)
    wrong = failures(home, line, tables, kind, end)
    proofs = kind.prove(con, home, line, run, tables).table
    con.disconnect()
    assert not wrong
    assert proofs["holds"].all(), proofs[~proofs["holds"]].to_string()
    return kind.fit(line, run, None, None)


def failures(home, line, tables, kind, end):
    """What the line's own suites find in its tables."""
    suite_files.write(line.name, kind.suites(line), home / "suites")
    told = {
        "inputs": list(line.recipe.inputs),
        "cut": end.isoformat(),
        "availability": {c.name: str(c.available) for c in line.all_columns},
    }
    found = []
    for name, table in tables.items():
        declared = suite.resolved(suite.read(home / "suites", line.name, name), told)
        checks = suite.checks_of(declared, line.name)
        seen = scan.Scan(table, checks)
        found += [f"{name}: {c}: {seen.found(c).said}" for c in checks if not seen.found(c).success]
    return found


def test_every_origin_goes_from_request_to_fitted_answer(shop):
    """Logged as sent, proven, frozen, fitted on words and numbers; the served answer is the fitted one."""
    home, line = shop.home, shop.line
    first, second = bodies(line, 0), bodies(line, 1)
    features.compute(home, line, T0)
    shop.at(T0 + DAY / 2)
    with router_kit.running(home, workers=1, budget_ms=3.6e6, **shop.env) as router:
        router.wait(lambda: router.http.get(f"/readyz/{line.name}").status_code == 200)
        shop.day(router, 0, first)
        router.wait(lambda: log.complete_until(home, line, T0 + DAY) == T0 + DAY)
        features.compute(home, line, T0 + DAY)
        shop.day(router, 1, second)
        wrong = second[0] | {"context": {"stock": 3}}
        answer = router.http.post(f"/v1/{line.name}/{shop.verb}", json=wrong)
        assert (answer.status_code, "value" in answer.json()["error"]) == (422, True)
        router.wait(lambda: log.complete_until(home, line, T0 + 2 * DAY) == T0 + 2 * DAY)
        rows, _ = router_kit.read_log(home, line)
        assert set(rows["note"].to_pylist()) == {*NOTES, None}
        assert consistency(home, line, T0, T0 + 2 * DAY).holds
        model = fitted(shop)
        install(shop, model)
        router.wait(lambda: shop.state(router).get("champion") == "1")
        answers = shop.day(router, 1, second)
        of_user = {body["user"]: answer for body, answer in zip(second, answers, strict=True)}
        for user, answer in list(of_user.items())[:5]:
            told = router.http.get(f"/v1/{line.name}/assign", params={"user": user}).json()
            assert told == {n: answer[n] for n in ("arm", "version", "stage")} | {"epoch": 1}
    assert {a["version"] for a in answers if a["arm"] == "champion"} == {"1"}
    again = router_kit.read_log(home, line)[0].to_pandas()
    again = again[again["version"] == "1"]
    assert len(again) > PER_DAY / 2
    assert again["score"].nunique() > PER_DAY / 10  # it reads what it is given
    score = load_ranker(model.folder, line).score(matrix_of(again, line))[0]
    assert score == pytest.approx(again["score"].to_numpy(), abs=1e-9)  # a sum of another order


def install(shop, model):
    """Make the model the champion, as if the registry had said so."""
    home, name = shop.home, shop.line.name
    folder = home / "router" / name / "1"
    shutil.copytree(model.folder, folder)
    known = Known(ReleaseState(name, champion="1", epoch=1), {f"{name}/1": digest(folder)}, {})
    StateFile(home, name).write(known)
