"""Bodies are bounded one by one and together, and what was held is given back."""

import asyncio

import pytest
from slipway.serving import bodies
from slipway.serving.admission import RequestRefused
from slipway.serving.bodies import AtWork, read


def receiving(*parts, end=True):
    """What uvicorn hands on of a body that comes in parts; without an end the caller leaves."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append(
        {"type": "http.request", "body": b"", "more_body": False}
        if end
        else {"type": "http.disconnect"}
    )
    left = iter(messages)

    async def receive():
        return next(left)

    return receive


def take(*parts, end=True, length=None):
    headers = [(b"content-length", length)] if length else []
    return asyncio.run(read({"headers": headers}, receiving(*parts, end=end)))


def test_a_body_in_parts_is_whole():
    """The parts are put together in the order they came."""
    assert take(b"ab", b"", b"cd") == b"abcd"


@pytest.mark.parametrize("length", [b"1048577", b"-1", b"x", b"9" * 5000])
def test_a_length_that_is_too_large_is_refused_at_once(length):
    """Nothing of it is read."""
    with pytest.raises(RequestRefused) as caught:
        take(length=length)
    assert caught.value.status == 413


def test_large_bodies_share_a_bounded_room(monkeypatch):
    """Those beyond it are told to come again, small ones are not, and the room is given back."""
    monkeypatch.setattr(bodies, "MAX_LARGE", 150_000)
    monkeypatch.setattr(bodies._Large, "held", 100_000)
    assert len(take(b"x" * 60_000)) == 60_000
    with pytest.raises(RequestRefused) as caught:
        take(b"x" * 60_000, b"x" * 60_000)
    assert (caught.value.status, caught.value.headers) == (503, {"retry-after": "1"})
    with pytest.raises(RequestRefused, match="early"):
        take(b"x" * 40_000, b"x" * 5_000, end=False)
    assert bodies._Large.held == 100_000


def test_no_more_are_at_work_than_fit():
    """One too many is told to come again, and whoever leaves makes room, however they leave."""
    work = AtWork(most=1)
    with work, pytest.raises(RequestRefused, match="again"), work:
        pass
    with pytest.raises(ValueError, match="left"), work:
        raise ValueError("left")
    assert work.inside == 0
