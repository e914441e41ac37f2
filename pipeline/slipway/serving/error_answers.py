"""What a caller is answered where something went wrong: whose fault it was, in one line of our words."""

import logging
from collections.abc import Mapping

import orjson

from slipway.domain.errors import BadInput, SlipwayError, UnknownReference
from slipway.serving.admission import RequestRefused
from slipway.settings import settings

log = logging.getLogger("uvicorn.error")

UNPROCESSABLE, FAULT, UNAVAILABLE = 422, 500, 503


def status_of(error: Exception) -> tuple[int, Mapping[str, str]]:
    """The HTTP status that says whose fault it was, and headers that go with it."""
    if isinstance(error, RequestRefused):
        return error.status, error.headers
    if isinstance(error, BadInput):
        return (400 if error.what == "body" else UNPROCESSABLE), {}
    if isinstance(error, UnknownReference):
        return UNPROCESSABLE, {}
    if not isinstance(error, SlipwayError | OSError):
        log.error("a request failed", exc_info=error)
        return FAULT, {}
    return UNAVAILABLE, {"retry-after": "1"}


def _public(error: Exception) -> str:
    """What a caller may read of an error: our own words, and nothing of where files are."""
    if isinstance(error, OSError):
        return f"the router cannot write to its disk ({error.strerror or 'no reason given'})"
    if not isinstance(error, SlipwayError | RequestRefused):
        return "a fault of the router; its log says more"
    return str(error).replace(str(settings().home), "~")


def error_body(error: Exception) -> bytes:
    """The body of the answer."""
    line = " ".join(_public(error).split())
    return orjson.dumps({"error": line.encode("utf-8", "replace").decode()})
