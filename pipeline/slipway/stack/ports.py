"""Ports of the stack: the usual ones where they are free, others where they are taken."""

import random
import socket
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

from slipway.domain.errors import BadConfig

# Below the range from which Linux hands out ports to outgoing connections.
_SPARE = range(20_000, 30_000)


@dataclass(frozen=True, slots=True)
class Ports:
    """One TCP port for each listener of the stack; the defaults are the usual ones."""

    airflow: int = 8080
    mlflow: int = 5000
    router: int = 8900

    def to_dict(self) -> dict[str, int]:
        """A JSON-ready form."""
        return asdict(self)


def is_free(port: int) -> bool:
    """Whether nobody listens on ``port`` on any IPv4 address of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections that linger after a stop do not make the port taken; a listener does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def claim(wish: Ports, claimed: Iterable[int] = ()) -> Ports:
    """Free ports, as near to ``wish`` as possible; call it when the stack itself is down.

    ``claimed`` are those of stacks that start at this moment and do not listen yet.
    """
    taken = set(claimed)
    found: dict[str, int] = {}
    for item in fields(Ports):
        wished = getattr(wish, item.name)
        port = wished if wished not in taken and is_free(wished) else _spare(taken)
        taken.add(port)
        found[item.name] = port
    return Ports(**found)


def _spare(taken: Iterable[int]) -> int:
    # Random, so that two stacks that boot at once rarely choose the same one.
    for port in random.sample(_SPARE, k=200):
        if port not in taken and is_free(port):
            return port
    raise BadConfig(
        "free ports",
        found=0,
        expected=f"a free port from {_SPARE.start} to {_SPARE.stop}",
        next_step="stop some servers of this machine",
    )
