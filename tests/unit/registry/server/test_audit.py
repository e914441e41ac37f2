"""The audit log names who wrote what, and never a password."""

import asyncio
import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.registry.server.audit import AuditLog, readable, sender


def header(user="rita", word="secret"):
    return b"Basic " + base64.b64encode(f"{user}:{word}".encode())


@pytest.fixture
def ask(tmp_path):
    """Sends one request through the log in front of an app that answers 403; returns the lines."""
    path = tmp_path / "audit.jsonl"

    def send(method, target, body=b"{}", headers=None):
        async def app(scope, receive, send):
            while (await receive()).get("more_body"):
                pass
            await send({"type": "http.response.start", "status": 403, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        parts = [body[i : i + 100] for i in range(0, len(body), 100)] or [b""]
        messages = iter(
            {"type": "http.request", "body": part, "more_body": n < len(parts) - 1}
            for n, part in enumerate(parts)
        )

        async def receive():
            return next(messages)

        async def swallow(message):
            pass

        scope = {
            "type": "http", "method": method, "path": target, "client": ("127.0.0.1", 1),
            "headers": headers or [
                (b"authorization", header()), (b"content-type", b"application/json"),
            ],
        }  # fmt: skip
        asyncio.run(AuditLog(app, path)(scope, receive, swallow))
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

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


@given(body=st.binary(max_size=200), value=st.binary(max_size=60))
def test_no_bytes_break_the_log(body, value):
    """Malformed bodies and headers are read as nothing, not raised."""
    readable(body)
    assert isinstance(sender([(b"authorization", b"Basic " + value)]), str)
