"""A furnished home and a line's server in this process, for the router's unit tests."""

import asyncio
import json
import sys
import time
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))

import router_kit
from slipway.data import feature_table
from slipway.data.log import LogWriter
from slipway.serving.rank import LineServer
from slipway.serving.request_ids import RequestIds
from slipway.serving.served import Loader
from slipway.settings import EventClock


@pytest.fixture(scope="session")
def kit():
    return router_kit


@pytest.fixture
def home(tmp_path):
    return router_kit.furnish(tmp_path)


class Desk:
    """A line's server with its home; ``rank`` returns the answer and ``logged`` the log."""

    def __init__(self, home: Path, *, budget_s: float = 3600.0) -> None:
        self.home = home
        writer = LogWriter(home, router_kit.LINE, "unit", EventClock())
        self.server = LineServer(
            router_kit.LINE,
            RequestIds(home),
            writer,
            EventClock(),
            budget_s,
            features=feature_table.load(home, router_kit.LINE),
        )
        self.loader = Loader(home, router_kit.LINE)
        self.serve()

    def serve(self, digests=(), problems=(), **words) -> None:
        """Take over a release state."""
        known = router_kit.release(self.home, digests, problems, **words)
        self.server.served = self.loader.serve(known)

    def rank(self, body=None, **words) -> dict:
        """The answer to one request."""
        text = body if body is not None else json.dumps(router_kit.ask(**words)).encode()
        return json.loads(asyncio.run(self.server.rank(text, time.perf_counter())))

    def outcomes(self, body) -> dict:
        """The acknowledgement of a batch."""
        return json.loads(self.server.outcomes(json.dumps(body).encode()))

    def logged(self):
        """Exposures and outcomes as data frames; None where there are none."""
        self.server.writer.rotate()
        return tuple(
            table.to_pandas() if table is not None else None
            for table in router_kit.read_log(self.home)
        )


@pytest.fixture
def desk(home):
    return Desk(home)


@pytest.fixture
def users(kit):
    """The first user of each arm, while version 2 has half of the users."""
    from slipway.serving.assignment import SALT, assign

    found = {}
    for n in range(3000):
        arm = assign(f"u{n}", "feed", SALT, kit.LINE.policy, "2", 0.5)
        found.setdefault(arm.value, f"u{n}")
    return found
