"""Work in threads that nothing has to wait for."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


async def in_daemon_thread(work: Callable[[], T]) -> T:
    """What ``work()`` gives, of a thread that keeps neither other work nor the process's end waiting."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            finish = partial(_finish, done, None, error)
        else:
            finish = partial(_finish, done, result, None)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(finish)

    threading.Thread(target=run, daemon=True).start()
    return await done


def within(seconds: float, work: Callable[[], T]) -> T:
    """What ``work()`` gives, or TimeoutError after so many wall seconds: nobody waits for it any more.

    A client's own limit begins anew with each byte: who sends one now and then is waited for endlessly.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return done.result(seconds)


def _finish(done: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if not done.done():
        done.set_exception(error) if error else done.set_result(result)
