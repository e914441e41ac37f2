"""What can be read of one line: the release state in force, and who answers a user."""

import time
from urllib.parse import parse_qsl

import orjson

from slipway.domain.release import Arm
from slipway.serving.assignment import arm_of
from slipway.serving.rank import EXPLORE_VERSION, LineServer, NotReady
from slipway.serving.requests import MAX_WORD, refuse
from slipway.serving.served import Served
from slipway.settings import settings


def state(server: LineServer, age_s: float | None) -> bytes:
    """The release state with its problems; raises NotReady where none is loaded."""
    served = _served(server)
    features = server.features.as_of.isoformat() if server.features else None
    home = str(settings().home)
    return orjson.dumps(
        served.release.to_dict()
        | {
            "problems": {key: text.replace(home, "~") for key, text in served.problems.items()},
            "features_as_of": features,
            "registry_age_s": age_s,
            "now": server.clock.at(time.time()).isoformat(),
        }
    )


def assignment(server: LineServer, query: bytes) -> bytes:
    """Arm and version of the user in ``user=...``, as a request of theirs would be answered now.

    ``stage`` and ``epoch`` are to be logged with the answer. Raises BadInput, and NotReady as :func:`state`.
    """
    asked = parse_qsl(query.decode("ascii", "replace"), keep_blank_values=True)
    users = [value for name, value in asked if name == "user"]
    if len(asked) != 1 or len(users) != 1 or not 0 < len(users[0]) <= MAX_WORD:
        found = query.decode("ascii", "replace")
        raise refuse("query", found, f"user= and 1 to {MAX_WORD} characters, once")
    served, line = _served(server), server.line
    release = served.release
    arm = arm_of(users[0], line, release)
    version = EXPLORE_VERSION if arm is Arm.EXPLORE else served.chains[arm][0].version
    return orjson.dumps(
        {"arm": arm.value, "version": version, "stage": release.stage, "epoch": release.epoch}
    )


def _served(server: LineServer) -> Served:
    if server.served is None:
        raise NotReady(
            f"state of {server.line.name}",
            found="absent",
            expected="loaded",
            next_step="ask again in a second",
        )
    return server.served
