"""Bring a line's alerts up to date, send what is to be said, and write the metrics of its watch."""

import logging
import time
from collections.abc import Sequence

from slipway.data import json_file
from slipway.domain.errors import SlipwayError
from slipway.monitoring import alerts, channels
from slipway.monitoring.channels import Channel, NotTaken, Routes
from slipway.settings import settings
from slipway.steps import alert_causes, context, watch_metrics
from slipway.steps.alert_desk import FILE, Desk, Waiting, desk_of


class AlertUndelivered(SlipwayError):
    """A channel did not take a message; it is kept and tried again at the next look."""

    retryable = True


def send_alerts(line_name: str, unseen: Sequence[str]) -> dict[str, object]:
    """Look for causes, say what is new, and try again what was not taken; ``unseen`` is what cannot be seen.

    A message is written down before it is sent, and stays until its channel took it: it may come twice, and
    is never lost. Raises AlertUndelivered naming each channel that took nothing, after all were tried, and
    BadConfig for an alerts file that cannot be read.
    """
    now, routes = context.now(), channels.read(settings().alerts_file)
    before = desk_of(line_name)
    causes, looked = alert_causes.find(line_name, now, unseen)
    told, said = alerts.step(line_name, before.alerts, causes, looked, now, routes.policy)
    for message in said:
        logging.getLogger("slipway").warning("%s: %s", message.title, message.cause.found)
    new = (
        Waiting(c.name, m) for m in said for c in routes.channels if m.cause.severity in c.classes
    )
    desk = _write(line_name, Desk(told, (*before.outbox, *new)))
    desk = _write(line_name, Desk(told, _sent(line_name, desk.outbox, routes)))
    watch_metrics.write(line_name, desk.open, len(desk.outbox), time.time())
    if desk.outbox:
        names = sorted({f"{each.channel} ({each.error})" for each in desk.outbox})
        raise AlertUndelivered(
            f"alerts of {line_name}",
            found=f"{len(desk.outbox)} not taken by {', '.join(names)}",
            expected="channels that take them",
            next_step="mend the channel; what waits is sent at the next look",
        )
    return {
        "line": line_name,
        "open": [a.cause.what for a in desk.open],
        "said": [m.title for m in said],
    }


def _write(line_name: str, desk: Desk) -> Desk:
    json_file.write(context.folder(line_name, "watch") / FILE, desk.to_dict())
    return desk


def _sent(line_name: str, outbox: Sequence[Waiting], routes: Routes) -> tuple[Waiting, ...]:
    """What is still waiting; a channel that fails once is not asked again in this look.

    What waits for a channel that is declared no more is dropped, and that is said.
    """
    by_name: dict[str, Channel] = {channel.name: channel for channel in routes.channels}
    failed: dict[str, str] = {}
    left: list[Waiting] = []
    for each in outbox:
        channel = by_name.get(each.channel)
        if channel is None:
            logging.getLogger("slipway").warning(
                "channel %s is declared no more: %s", each.channel, each.message.title
            )
            continue
        if each.channel not in failed:
            try:
                channel.send(each.message, routes.link(line_name))
            except NotTaken as error:
                failed[each.channel] = context.in_one_line(error)
            else:
                continue
        left.append(Waiting(each.channel, each.message, each.tries + 1, failed[each.channel]))
    return tuple(left)
