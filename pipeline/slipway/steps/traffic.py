"""Show a line's release state to the team's own flags and servers, and tell later what could not be told."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from slipway.data import json_file
from slipway.domain.errors import SlipwayError
from slipway.domain.line import Line
from slipway.registry.state import ReleaseState
from slipway.release.orders import OrderFolder, ReturnOrder
from slipway.serving.traffic import ShownTraffic, adapter
from slipway.settings import settings
from slipway.steps import context


class TrafficUntold(SlipwayError):
    """A team's own flag or server could not be shown what holds; the next look shows it."""

    retryable = True


def adapters(line_name: str) -> Mapping[str, ShownTraffic]:
    """Who is shown the state of the line beside its router, by the name that messages use."""
    line = context.declared(line_name)
    if not isinstance(line, Line):
        return {}
    return {
        one.name: adapter(one, line.policy, _memory(line_name, one.name)) for one in line.traffic
    }


def show(line_name: str) -> None:
    """Show everybody what the registry shows; raises TrafficUntold, after all were told that could be."""
    every = adapters(line_name)
    if not every:
        return
    state = context.registry().release_state(line_name)
    orders, _ = OrderFolder(settings().home).read(line_name)
    state = state.without({order.version for order in orders if order.outranks(state.epoch)})
    troubles: dict[str, str] = {}
    json_file.write(_kept(line_name), state.to_dict())
    for name, one in every.items():
        try:
            if one.shown() != state.epoch:
                one.show(state)
        except Exception as error:  # noqa: BLE001 - whatever fails keeps no other from being told
            troubles[name] = context.in_one_line(error)
    if troubles:
        raise TrafficUntold(
            f"traffic of {line_name}",
            found="; ".join(troubles.values()),
            expected=f"epoch {state.epoch} shown to {', '.join(every)}",
            next_step="mend what is named: the next look shows it again",
        )


def take_off(order: ReturnOrder, name: str) -> None:
    """Show one of them what was shown last, less the version that was ordered off."""
    if not _kept(order.line).is_file():
        return  # nobody was shown anything yet
    known = ReleaseState.from_dict(json_file.read(_kept(order.line)), order.line)
    less = known.without({order.version})
    if less != known:
        adapters(order.line)[name].show(less)


def _kept(line_name: str) -> Path:
    """What everybody was to be shown last."""
    return context.folder(line_name, "traffic") / "state.json"


def _memory(line_name: str, name: str) -> Path:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return settings().home / "work" / line_name / "traffic" / f"{digest[:16]}.json"
