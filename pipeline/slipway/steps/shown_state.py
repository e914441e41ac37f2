"""What requests are answered by now, from whoever can say it."""

from contextlib import suppress
from typing import Any

import httpx

from slipway.registry.state import ReleaseState
from slipway.serving.state import StateFile
from slipway.settings import settings
from slipway.steps import context

ROUTER_S = 2.0
"""Wall seconds that the router has to say what it serves."""


def kept(line_name: str) -> ReleaseState | None:
    """What this stack's router was shown last; None where that cannot be read, or it was shown nothing."""
    try:
        state = StateFile(settings().home, line_name).read().release
    except Exception:  # noqa: BLE001 - a damaged state is no state
        return None
    return state if state.epoch else None


def served(line_name: str) -> ReleaseState | None:
    """The same, asked of the router itself where its file does not say."""
    if found := kept(line_name):
        return found
    with suppress(Exception):
        return router_says(line_name)
    return None


def router_says(line_name: str) -> ReleaseState:
    """The state that the router answers by; raises httpx.HTTPError and BadInput."""
    return ReleaseState.from_dict(router_page(f"v1/{line_name}/state", ROUTER_S), line_name)


def router_page(page: str, timeout_s: float) -> dict[str, Any]:
    """What a page of the router says to who knows its token; raises httpx.HTTPError and ValueError."""
    token = settings().router_token
    answer = httpx.get(
        f"{settings().router_url}/{page}",
        timeout=timeout_s,
        headers={"authorization": f"Bearer {token}"} if token else {},
    )
    if answer.is_error:  # in the router's own words, which say what keeps it
        raise httpx.HTTPStatusError(_own_words(answer), request=answer.request, response=answer)
    said: dict[str, Any] = answer.json()
    return said


def _own_words(answer: httpx.Response) -> str:
    try:
        return f"{answer.status_code}: {answer.json()['error']}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.reason_phrase} of {answer.url}"


def shown(line_name: str) -> ReleaseState | None:
    """The same, asked of the registry where neither file nor router say it."""
    if found := served(line_name):
        return found
    with suppress(Exception):
        return context.registry().release_state(line_name)
    return None
