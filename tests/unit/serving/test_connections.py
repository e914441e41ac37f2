"""A caller who is waited for never costs a reader the answer, and nobody is waited for endlessly."""

import asyncio
import logging
import socket
import threading
from contextlib import ExitStack, closing, contextmanager

import pytest
import uvicorn
from slipway.serving.connections import BoundedProtocol, WaitLimits, room

FOREVER = WaitLimits(head=1e9, body=1e9, reading=1e9)
ASK = b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}"


@contextmanager
def serving(limits, places=1000, size=2, thinks_s=0.0, loop="auto"):
    """A server of its own limits in a thread; yields its port. It answers with ``size`` bytes."""

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        while (message := await receive())["type"] == "http.request" and message["more_body"]:
            pass
        if message["type"] == "http.disconnect":
            return
        await asyncio.sleep(thinks_s)
        headers = [(b"content-length", str(size).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"x" * size})

    bounded = type("Bounded", (BoundedProtocol,), {"limits": limits, "room": places})
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(200)
        config = uvicorn.Config(
            app,
            http=bounded,
            loop=loop,
            lifespan="off",
            log_level="error",
            timeout_keep_alive=3600,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            thread.join()


def connect(stack, port):
    return stack.enter_context(closing(socket.create_connection(("127.0.0.1", port))))


def answer(client):
    """What comes until the server ends the connection or has answered in two bytes; b"" if it just ends."""
    found = b""
    while not found.endswith(b"\r\n\r\nxx"):
        try:
            part = client.recv(65536)
        except ConnectionResetError:
            break
        if not part:
            break
        found += part
    return found


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", b""),
        (b"POST /x HT", b"408"),
        (b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{", b"408"),
        (b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n", b"408"),
        (ASK + b"POST", b"200"),
    ],
)
def test_a_silent_caller_is_not_waited_for(sent, status):
    """Before, within and after a request: the connection ends, with a word where one was begun."""
    with serving(WaitLimits(0.1, 0.1, 0.1)) as port, ExitStack() as stack:
        client = connect(stack, port)
        client.sendall(sent)
        assert answer(client)[9:12] == status
        while client.recv(65536):
            pass


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("asked", [1, 3])
def test_who_has_said_all_is_answered(loop, asked):
    """A caller who ends its own direction after its requests gets each answer, then the end."""
    with serving(FOREVER, thinks_s=0.05, loop=loop) as port, ExitStack() as stack:
        client = connect(stack, port)
        client.sendall(ASK * asked)
        client.shutdown(socket.SHUT_WR)
        found = b""
        while part := client.recv(65536):
            found += part
        assert found.count(b"HTTP/1.1 200") == asked


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize(("sent", "status"), [(b"", b""), (b"POST", b""), (ASK[:-1], b"400")])
def test_who_ends_within_a_request_is_not_waited_for(loop, sent, status):
    """What will never be whole is no request: the connection ends, with a word where a body was begun."""
    with serving(FOREVER, thinks_s=0.05, loop=loop) as port, ExitStack() as stack:
        client = connect(stack, port)
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        assert answer(client)[9:12] == status


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_who_is_refused_while_still_sending_can_read_why(loop):
    """The connection is not closed over bytes on their way: that would take the answer back."""
    with serving(FOREVER, loop=loop) as port, ExitStack() as stack:
        for _ in range(20):
            client = connect(stack, port)
            client.sendall(b"no request\r\n\r\n")
            for _ in range(50):
                client.sendall(b"x" * 10_000)
            client.shutdown(socket.SHUT_WR)
            found = b""
            while part := client.recv(65536):
                found += part
            assert found[9:12] == b"400"


def test_nothing_is_written_behind_a_refusal(caplog):
    """Also not the word to go on, which a request before the unreadable one has asked for."""
    polite = ASK.replace(b"host", b"expect: 100-continue\r\nhost")
    said = logging.getLogger("uvicorn.error")
    with serving(FOREVER) as port, ExitStack() as stack:
        said.addHandler(caplog.handler)
        stack.callback(said.removeHandler, caplog.handler)
        client = connect(stack, port)
        client.sendall(polite + b"no request\r\n\r\n")
        assert answer(client)[9:12] == b"400"
    assert not [each for each in caplog.records if each.exc_info]


def test_a_caller_who_takes_no_answer_is_not_waited_for():
    """The answer's memory is given back: the server ends the connection that nobody reads from."""
    with serving(WaitLimits(1e9, 1e9, 0.1), size=40_000_000) as port, ExitStack() as stack:
        client = connect(stack, port)
        client.sendall(ASK)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            _send_until_told(client, b"x", 0.05)  # the kernel tells of the end only to who sends


def test_silent_callers_make_room_for_readers():
    """However many are silent, a reader who asks is answered; a reader's connection is the last to go."""
    with serving(FOREVER, places=20) as port, ExitStack() as stack:
        reader = connect(stack, port)
        reader.sendall(ASK)
        assert b"200" in answer(reader)
        crowd = [connect(stack, port) for _ in range(100)]
        for client in crowd[:50]:
            client.send(b"GET")
        newcomer = connect(stack, port)
        newcomer.sendall(ASK)
        assert b"200" in answer(newcomer)
        reader.sendall(ASK)
        assert b"200" in answer(reader)


def test_slow_bodies_make_room_for_readers():
    """Who sends half a body and then nothing gives way after a second."""
    half = ASK.replace(b"length: 2", b"length: 9")
    with serving(FOREVER, places=10) as port, ExitStack() as stack:
        for _ in range(10):
            connect(stack, port).sendall(half)
        found = b""
        while b"200" not in found:  # refused with 503 until a second has passed
            newcomer = connect(stack, port)
            newcomer.sendall(ASK)
            found = answer(newcomer)
            assert not found or b"503" in found or b"200" in found


def test_a_router_without_room_says_when_to_come_again():
    """Where each connection is being answered a newcomer is told so in our words."""
    half = ASK.replace(b"length: 2", b"length: 9")
    with serving(FOREVER, places=2) as port, ExitStack() as stack:
        busy = [connect(stack, port) for _ in range(2)]
        for client in busy:
            client.sendall(half)
        found = answer(connect(stack, port))
        assert b"503" in found[:12]
        assert b"retry-after: 1" in found
        assert found.endswith(b'{"error":"every connection is busy: try again in a second"}')


def _send_until_told(client, line, pause_s=0.0):
    """Send until the kernel says that nobody listens any more."""
    for _ in range(100 * 2**20 // len(line)):
        client.sendall(line)
        if pause_s:
            threading.Event().wait(pause_s)


@pytest.mark.parametrize("line", [b"x: " + b"y" * 10_000 + b"\r\n", b"GET /" + b"x" * 10**6])
def test_headers_without_end_are_refused(line):
    """No more of them is kept than the limit and one packet."""
    with serving(FOREVER) as port, ExitStack() as stack:
        client = connect(stack, port)
        if line.startswith(b"x"):
            client.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            _send_until_told(client, line)


def test_there_are_handles_left_beside_the_connections():
    """The log, the metrics and the registry need files of their own."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert 16 <= room() <= max(16, soft if soft != resource.RLIM_INFINITY else 10**9)
