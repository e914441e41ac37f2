"""The audit log names who wrote what, and never a password."""

import asyncio
import base64
import contextlib
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.registry.server import audit
from slipway.registry.server.audit import AuditLog, is_write, readable, sender


def header(user="rita", word="secret"):
    return b"Basic " + base64.b64encode(f"{user}:{word}".encode())


@pytest.fixture
def ask(tmp_path):
    """Sends one request through the log in front of an app that answers 403; returns the lines."""
    path = tmp_path / "audit.jsonl"
    made = {}
    answered = []

    def send(method, target, body=b"{}", headers=None, *, status=403, query=b""):
        async def app(scope, receive, send):
            while (await receive()).get("more_body"):
                pass
            if status is None:
                raise RuntimeError("the application broke")
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        parts = [body[i : i + 100] for i in range(0, len(body), 100)] or [b""]
        messages = iter(
            {"type": "http.request", "body": part, "more_body": n < len(parts) - 1}
            for n, part in enumerate(parts)
        )

        async def receive():
            return next(messages)

        async def keep(message):
            if message["type"] == "http.response.start":
                answered.append(message["status"])

        scope = {
            "type": "http",
            "method": method,
            "path": target,
            "client": ("127.0.0.1", 1),
            "query_string": query,
            "headers": headers
            or [
                (b"authorization", header()),
                (b"content-type", b"application/json"),
            ],
        }
        made.setdefault("log", AuditLog(None, path)).app = app
        with contextlib.suppress(RuntimeError):
            asyncio.run(made["log"](scope, receive, keep))
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    send.answered = answered
    return send


def test_a_write_leaves_a_line(ask):
    """User, route, body and status are kept, in the order of the requests."""
    ask("POST", "/api/2.0/mlflow/model-versions/set-tag", b'{"name": "feed"}')
    lines = ask("DELETE", "/api/2.0/mlflow/model-versions/delete")
    assert [line["status"] for line in lines] == [403, 403]
    assert lines[0]["user"] == "rita"
    assert lines[0]["body"] == {"name": "feed"}
    assert lines[0]["path"].endswith("set-tag")


def test_reads_leave_none(ask):
    """Looking at pages and searching fills no log."""
    assert ask("GET", "/") == []
    assert ask("POST", "/ajax-api/2.0/mlflow/runs/search") == []


def test_a_large_or_binary_body_is_only_counted(ask):
    """An uploaded model is not copied into the log; its size is."""
    lines = ask("PUT", "/api/2.0/mlflow-artifacts/artifacts/x", b"x" * 10_000, [])
    assert lines[0]["bytes"] == 10_000
    assert lines[0]["body"] is None


@pytest.mark.parametrize("name", ["password", "Password", "api_key"])
def test_passwords_are_blotted_out(ask, name):
    """A new account's password, however deep in the body, is never written down."""
    body = json.dumps({"a": [{name: "hunter2"}], "username": "ruth"}).encode()
    lines = ask("POST", "/api/2.0/mlflow/users/create", body)
    assert "hunter2" not in json.dumps(lines)
    assert lines[0]["body"]["username"] == "ruth"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
@pytest.mark.parametrize("end", ["search", "batch-get", "graphql", "telemetry"])
def test_a_files_name_hides_no_write(method, end):
    """Only a read that MLflow wants as POST is left out, not whatever ends like one."""
    assert is_write(method, f"/api/2.0/mlflow-artifacts/artifacts/1/{end}")
    assert is_write(method, f"/ajax-api/2.0/mlflow/upload-artifact/{end}/x")


def test_padding_hides_no_word(ask):
    """A body that is blown up with words that MLflow ignores is read all the same."""
    padded = {"more": "x" * 40_000, **{f"w{n}": 1 for n in range(500)}, "name": "feed"}
    body = json.dumps(padded).encode()
    (line,) = ask("POST", "/api/2.0/mlflow/model-versions/set-tag", body)
    assert line["body"]["name"] == "feed"
    assert line["sha256"] == hashlib.sha256(body).hexdigest()


def test_a_body_that_cannot_be_kept_is_refused(ask):
    """Nothing is written that nobody could read afterwards; its line says how much came."""
    (line,) = ask("POST", "/api/2.0/mlflow/runs/set-tag", b"[" + b" " * audit.MAX_BODY + b"]")
    assert line["status"] == 413
    assert ask.answered == [413]


@pytest.mark.parametrize(
    "kind", [[], [(b"content-type", b"text/plain")], [(b"content-type", b"x/form")]]
)
def test_what_a_body_says_it_is_hides_no_word(ask, kind):
    """MLflow reads JSON of any content type, and so does the log."""
    headers = [(b"authorization", header()), *kind]
    (line,) = ask("POST", "/api/2.0/mlflow/model-versions/set-tag", b'{"name": "feed"}', headers)
    assert line["body"] == {"name": "feed"}


def test_a_form_is_read_without_its_password(ask):
    """The page that makes an account sends a form."""
    (line,) = ask("POST", "/api/2.0/mlflow/users/create-ui", b"username=ruth&password=hunter2")
    assert line["body"] == {"username": "ruth", "password": "***"}


def test_an_upload_says_of_which_run_and_file(ask):
    """What MLflow takes from the query stands in the line."""
    query = b"run_uuid=abc&path=ranker/trees.npz&token=hunter2"
    (line,) = ask("POST", "/ajax-api/2.0/mlflow/upload-artifact", b"x", query=query)
    assert line["query"] == {"run_uuid": "abc", "path": "ranker/trees.npz", "token": "***"}


def test_a_write_without_an_answer_leaves_a_line(ask):
    """The application may have written before it broke, or before its caller left."""
    (line,) = ask("POST", "/api/2.0/mlflow/runs/set-tag", status=None)
    assert line["status"] is None
    assert line["user"] == "rita"


def test_strangers_cannot_fill_the_disk(ask, monkeypatch):
    """Refused callers leave short lines, so many a minute, and then a count."""
    now = [1000.0]
    monkeypatch.setattr(audit.time, "monotonic", lambda: now[0])
    for _ in range(audit.STRANGERS_PER_MINUTE + 40):
        ask("POST", "/" + "x" * 9000, b'{"a": "' + b"x" * 9000 + b'"}', status=401)
    assert ask("POST", "/api/2.0/mlflow/runs/set-tag")[-1]["user"] == "rita"
    now[0] += 60
    lines = ask("POST", "/x", status=401)
    assert [line["more"] for line in lines if "more" in line] == [40]
    assert len(lines) == audit.STRANGERS_PER_MINUTE + 3
    assert len(json.dumps(lines[0])) < 6000


def test_a_full_log_makes_room(ask, tmp_path, monkeypatch):
    """A file that is full gets a number, the oldest goes, and no line is lost between."""
    monkeypatch.setattr(audit, "ROTATE_BYTES", 1000)
    monkeypatch.setattr(audit, "ROTATED_FILES", 3)
    for _ in range(30):
        ask("POST", "/api/2.0/mlflow/runs/set-tag")
    files = sorted(tmp_path.glob("audit.jsonl*"))
    names = ["audit.jsonl.1", "audit.jsonl.2", "audit.jsonl.3"]
    assert [file.name for file in files if file.name != "audit.jsonl"] == names
    assert all(file.stat().st_mode & 0o77 == 0 for file in files)
    assert all(json.loads(line) for file in files for line in file.read_text().splitlines())


def test_a_full_disk_does_not_take_the_answer_of_a_write(ask, tmp_path, capsys, caplog):
    """What was written is answered; the line that has no room goes to the server's own log."""
    (tmp_path / "audit.jsonl").mkdir()
    with contextlib.suppress(IsADirectoryError):
        ask("POST", "/api/2.0/mlflow/runs/set-tag")
    assert ask.answered == [403]
    assert "runs/set-tag" in caplog.text


@given(body=st.binary(max_size=200), value=st.binary(max_size=60))
def test_no_bytes_break_the_log(body, value):
    """Malformed bodies and headers are read as nothing, not raised."""
    readable(body)
    assert isinstance(sender([(b"authorization", b"Basic " + value)]), str)
