"""The note of a task reaches Airflow's public API, and a note that cannot be written harms nobody."""

import json
import logging
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace

import pytest
import slipway_notes as notes
from airflow.sdk.execution_time.context import set_current_context


@pytest.fixture
def api(tmp_path, monkeypatch):
    """A server that takes notes as Airflow's does; ``heard`` is what it was told."""
    heard = []

    class Server(BaseHTTPRequestHandler):
        def _answer(self, status, told):
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _body(self):
            return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

        def do_POST(self):
            fine = self._body() == {"username": "admin", "password": "word"}
            self._answer(201 if fine else 401, {"access_token": "t"})

        def do_PATCH(self):
            heard.append((self.headers["Authorization"], self.path, self._body()))
            self._answer(200, {})

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    Thread(target=server.serve_forever, daemon=True).start()
    passwords = tmp_path / "passwords.json"
    passwords.write_text('{"admin": "word"}')
    address = f"http://127.0.0.1:{server.server_port}/execution/"
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", address)
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(passwords))
    yield SimpleNamespace(heard=heard, passwords=passwords)
    server.shutdown()
    server.server_close()


def instance(map_index=-1):
    """A running task, as Airflow's context holds it."""
    return SimpleNamespace(
        dag_id="retrain_feed",
        run_id="manual__2026-01-05T06:00:00+00:00",
        task_id="validate",
        map_index=map_index,
    )


def annotated(text, **words):
    """Write a note from inside a task."""
    with set_current_context({"ti": instance(**words)}):
        notes.annotate(text)


@pytest.mark.parametrize(("map_index", "place"), [(-1, "validate"), (2, "validate/2")])
def test_a_note_is_set_on_the_running_task(api, map_index, place):
    """One PATCH of the note alone, with a token, on the very instance (or mapped instance)."""
    annotated("user_ctr (LEAK): stands in for the label", map_index=map_index)
    run = "manual__2026-01-05T06%3A00%3A00%2B00%3A00"
    path = f"/api/v2/dags/retrain_feed/dagRuns/{run}/taskInstances/{place}?update_mask=note"
    assert api.heard == [("Bearer t", path, {"note": "user_ctr (LEAK): stands in for the label"})]


def test_a_long_note_is_cut_to_what_airflow_holds(api):
    """A note of Airflow holds a thousand characters."""
    annotated("x" * 5000)
    assert api.heard[0][2] == {"note": "x" * 1000}


@pytest.mark.parametrize("broken", ["password", "file", "server"])
def test_a_note_that_cannot_be_written_is_a_warning(api, broken, monkeypatch, caplog):
    """Wrong password, no password file, no server: the log says so, and the task goes on."""
    if broken == "password":
        api.passwords.write_text('{"admin": "other"}')
    elif broken == "file":
        api.passwords.unlink()
    else:
        monkeypatch.setenv(
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "http://127.0.0.1:9/execution/"
        )
    with caplog.at_level(logging.WARNING, logger="slipway"):
        annotated("said")
    assert "the note was not written" in caplog.text
    assert api.heard == []


def test_outside_of_a_task_nothing_happens(api):
    """A step that runs by hand has no note."""
    notes.annotate("said")
    assert api.heard == []
