"""The Open Inference Protocol says what the router's own interface says: same arms, same log, same refusals."""

import asyncio
import json
import time

import pytest
from slipway.domain.errors import BadInput
from slipway.examples.bike.line import LINE as BIKE
from slipway.serving import open_inference
from slipway.serving.app import Application


def tensor(name, datatype, data, shape=None):
    return {"name": name, "datatype": datatype, "shape": shape or [len(data)], "data": data}


def wish(kit, user="ann", **words):
    inputs = [
        tensor("user", "BYTES", [user]),
        tensor("items", "BYTES", kit.ITEMS[:30]),
        tensor("age_band", "INT64", [1]),
    ]
    return {"inputs": inputs} | words


def infer(desk, body):
    """The answer to an infer request, over the line's own server."""
    asked = open_inference.request_of(desk.server.line, json.dumps(body).encode())
    said = asyncio.run(desk.server.rank(asked.body, time.perf_counter()))
    return json.loads(open_inference.answer_of(desk.server.line, said, asked))


def test_a_list_is_that_of_the_router_s_own_interface_and_logged_as_it_is(desk, kit, users):
    """The users of each arm have the same arm, version and items on both ways."""
    digests = [kit.install(desk.home, "feed", v, seed=int(v)) for v in ("1", "2")]
    desk.serve(digests, stage="canary_50", share=0.5, champion="1", candidate="2", epoch=4)
    for user in (users[arm] for arm in ("champion", "candidate", "rules")):
        own = desk.rank(user=user)
        found = infer(desk, wish(kit, user, id="7"))
        data = {each["name"]: each["data"] for each in found["outputs"]}
        assert data["item"] == [each["item"] for each in own["items"]]
        assert (data["arm"], data["version"]) == ([own["arm"]], [own["version"]])
        assert (found["model_name"], found["id"]) == ("feed", "7")
    exposures, _ = desk.logged()
    by_user = exposures.groupby("user")
    assert (by_user["request_id"].nunique() == 2).all()
    assert (by_user["arm"].nunique() == 1).all()
    assert exposures["arm"].nunique() == 3


def test_outputs_are_those_that_are_asked_for(desk, kit):
    """Nothing else is sent, and one that is not there is refused by name."""
    assert [
        each["name"] for each in infer(desk, wish(kit, outputs=[{"name": "item"}]))["outputs"]
    ] == ["item"]
    with pytest.raises(BadInput, match=r"outputs\[0\].name == .*price"):
        infer(desk, wish(kit, outputs=[{"name": "price"}]))


def test_a_wish_for_binary_data_is_answered_in_json(desk, kit):
    """Clients of the protocol wish for it unless told not to, and read what comes."""
    outputs = [{"name": "arm", "parameters": {"binary_data": True}}]
    found = infer(desk, wish(kit, outputs=outputs, parameters={"binary_data_output": True}))
    assert [each["data"] for each in found["outputs"]] == [["champion"]]


def test_rows_of_a_line_that_predicts_are_the_rows_of_its_own_interface():
    """Columns become rows, a missing value is left out, and answers come back in the same order."""
    inputs = [
        tensor("user", "BYTES", ["ann", "bob"]),
        tensor("humidity", "FP64", [0.5, 1], [2, 1]),
        tensor("season", "BYTES", [["summer"], [None]], [2, 1]),
    ]
    asked = open_inference.request_of(BIKE, json.dumps({"inputs": inputs}).encode())
    assert json.loads(asked.body) == {
        "rows": [
            {"user": "ann", "context": {"humidity": 0.5, "season": "summer"}},
            {"user": "bob", "context": {"humidity": 1}},
        ]
    }
    rows = [
        {"request_id": f"r{k}", "arm": "champion", "version": "1", "stage": "", "answer": k + 0.5}
        for k in range(2)
    ]
    rows[1]["logged"] = False
    said = json.loads(open_inference.answer_of(BIKE, json.dumps({"answers": rows}).encode(), asked))
    data = {
        each["name"]: (each["datatype"], each["shape"], each["data"]) for each in said["outputs"]
    }
    assert data["answer"] == ("FP64", [2], [0.5, 1.5])
    assert data["request_id"] == ("BYTES", [2], ["r0", "r1"])
    assert said["parameters"] == {"logged": False}


USER, WIND = tensor("user", "BYTES", ["ann"]), tensor("windspeed", "FP64", [0.5])


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "inputs"),
        ({"inputs": []}, "inputs"),
        ({"inputs": [7]}, r"inputs\[0\]"),
        ({"inputs": [WIND]}, "user"),
        ({"inputs": [USER, USER]}, r"inputs\[1\].name"),
        ({"inputs": [USER, tensor("colour", "FP64", [1.0])]}, r"inputs\[1\].name"),
        ({"inputs": [USER, WIND | {"shape": [2]}]}, r"\(windspeed\).data"),
        ({"inputs": [USER, WIND | {"shape": [1, 2]}]}, r"\(windspeed\).shape"),
        ({"inputs": [USER, WIND | {"shape": [True]}]}, r"\(windspeed\).shape"),
        ({"inputs": [USER, WIND | {"shape": [0], "data": []}]}, r"\(windspeed\).shape"),
        ({"inputs": [USER, WIND | {"shape": "1"}]}, r"\(windspeed\).shape"),
        ({"inputs": [USER, WIND | {"datatype": "FP8"}]}, r"\(windspeed\).datatype"),
        ({"inputs": [USER, WIND | {"datatype": "INT8"}]}, r"\(windspeed\).data"),
        ({"inputs": [USER, WIND | {"datatype": "INT8", "data": [128]}]}, r"\(windspeed\).data"),
        ({"inputs": [USER, WIND | {"datatype": "UINT64", "data": [-1]}]}, r"\(windspeed\).data"),
        ({"inputs": [USER, WIND | {"data": [True]}]}, r"\(windspeed\).data"),
        ({"inputs": [USER, WIND | {"data": ["0.5"]}]}, r"\(windspeed\).data"),
        ({"inputs": [USER, WIND | {"data": 0.5}]}, r"\(windspeed\).data"),
        ({"inputs": [USER, tensor("windspeed", "FP64", [0.5, 0.5])]}, r"\(windspeed\).shape"),
        ({"inputs": [tensor("user", "BYTES", ["a"] * 201)]}, r"\(user\).shape"),
        ({"inputs": [USER | {"parameters": {"binary_data_size": 4}}]}, r"inputs\[0\].parameters"),
        ({"inputs": [USER | {"parameters": {"shared_memory": "a"}}]}, r"inputs\[0\].parameters"),
        ({"inputs": [USER], "parameters": {"binary_data_output": 1}}, "parameters"),
        (
            {"inputs": [USER], "outputs": [{"name": "arm", "parameters": {"classification": 2}}]},
            r"outputs\[0\].parameters",
        ),
        ({"inputs": [USER], "id": 7}, "id"),
        ({"inputs": [USER], "model_version": "2"}, "model_version"),
        ({"inputs": [USER], "parameters": {"arm": "candidate"}}, "parameters"),
        ({"inputs": [USER], "outputs": "answer"}, "outputs"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(body, word):
    """A shape, type, name or word that does not fit is refused before anything is answered."""
    with pytest.raises(BadInput, match=word):
        open_inference.request_of(BIKE, json.dumps(body).encode())


def get(path, method="GET"):
    """Status and body of a request without one, of a worker that has opened no line."""
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method, "headers": [(b"host", b"localhost")]}
    asyncio.run(Application()(scope, None, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def test_health_is_that_of_the_router():
    """Alive at once, ready no sooner than /readyz; a page, method, line or version that is not there is named."""
    assert get("/v2/health/live") == (200, {"live": True})
    assert get("/v2/health/ready")[0] == get("/readyz")[0] == 503
    assert get("/v2")[1]["name"] == "slipway"
    assert get("/v2/health/live", "POST")[0] == 405
    for path in ("/v2/models/none", "/v2/models/none/ready", "/v2/models/none/infer"):
        status, said = get(path)
        assert (status, "none" in said["error"]) == (404, True)
    for path in (
        "/v2/models/feed/versions/2/infer",
        "/v2/what",
        "/v1/feed/infer",
        "/v1/feed/model",
    ):
        assert get(path)[0] == 404


def test_what_a_line_takes_and_answers_is_said(desk):
    """Names, types and shapes are those that a request has."""
    desk.serve(champion=None)
    said = json.loads(open_inference.model(desk.server))
    inputs = {each["name"]: (each["datatype"], each["shape"]) for each in said["inputs"]}
    assert inputs["user"] == ("BYTES", [1])
    assert inputs["items"] == ("BYTES", [-1])
    assert set(inputs) == {"user", "items", *(c.name for c in desk.server.line.context)}
    assert {"item", "arm", "version", "request_id"} == {each["name"] for each in said["outputs"]}
    assert said["name"] == "feed"
