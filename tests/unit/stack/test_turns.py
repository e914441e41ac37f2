"""Two changing requests on one event loop and one SQLite file, as Airflow's API server has them."""

import asyncio
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from slipway.stack.turns import TakeTurns
from sqlalchemy.exc import OperationalError
from starlette.types import ASGIApp, Receive, Scope, Send

TIMEOUT_S = 0.5


@pytest.fixture
def server(tmp_path: Path):
    """A task's request commits through the event loop, a person's commits within it."""
    engine = sa.create_engine(
        f"sqlite:///{tmp_path / 'x.db'}",
        connect_args={"timeout": TIMEOUT_S, "check_same_thread": False},
    )
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("CREATE TABLE t (a TEXT)")
    app = FastAPI()
    app.state.written, app.state.go_on = asyncio.Event(), asyncio.Event()

    @app.put("/task")
    async def task() -> str:
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES ('task')")
            app.state.written.set()
            await app.state.go_on.wait()  # meanwhile the loop turns to whatever else is ready
        return "ok"

    @app.post("/click")
    async def click() -> str:
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES ('click')")
        return "ok"

    @app.get("/look")
    async def look() -> list[str]:
        with engine.connect() as connection:
            return list(connection.exec_driver_sql("SELECT a FROM t").scalars())

    return app


async def _while_a_task_writes(app: ASGIApp, server: FastAPI, verb: str, path: str) -> list:
    """Whether the other request ended before the task's, and what is in the table then."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x", timeout=None) as client:
        task = asyncio.create_task(client.put("/task"))
        await server.state.written.wait()
        other = asyncio.create_task(client.request(verb, path))
        await _turns(other)
        first = other.done()
        server.state.go_on.set()
        assert [(await task).status_code, (await other).status_code] == [200, 200]
        return [first, (await client.get("/look")).json()]


async def _turns(task: asyncio.Task) -> None:
    """Let the loop turn until the task has ended, or so often that it never will by itself."""
    for _ in range(1000):
        if task.done():
            return
        await asyncio.sleep(0)


def test_without_turns_the_click_is_refused(server):
    """The fault that the middleware cures: the blocked loop cannot end the write it waits for."""
    with pytest.raises(OperationalError, match="locked"):
        asyncio.run(_while_a_task_writes(server, server, "POST", "/click"))


def test_with_turns_both_are_written(server):
    """The click waits until the task's request has been answered."""
    found = asyncio.run(_while_a_task_writes(TakeTurns(server), server, "POST", "/click"))
    assert found == [False, ["task", "click"]]


def test_who_only_reads_does_not_wait(server):
    """A page is shown while a change is under way."""
    found = asyncio.run(_while_a_task_writes(TakeTurns(server), server, "GET", "/look"))
    assert found == [True, ["task"]]


def test_a_request_that_breaks_gives_its_turn_back():
    """The next change is taken after one that raised."""
    seen = []

    async def broken(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["path"])
        raise LookupError

    async def ask() -> None:
        app = TakeTurns(broken)
        for path in ("/a", "/b"):
            with pytest.raises(LookupError):
                await app({"type": "http", "method": "POST", "path": path}, None, None)

    asyncio.run(ask())
    assert seen == ["/a", "/b"]
