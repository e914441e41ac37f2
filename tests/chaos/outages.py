"""What a release needs and does not have for an hour of event time, while looks go on."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from . import small_disk, steps
from .world import World

SLOW_MS = 300


def registry_away(world: World) -> str:
    """No registry."""
    world.registry_dies()
    said = _looks(world)
    world.registry_is_back()
    return said


def database_away(world: World) -> str | None:
    """No ledger; only where it is on PostgreSQL."""
    if world.database is None:
        return None
    world.database.kill()
    said = _looks(world)
    world.database.start()
    return said


def artifacts_away(world: World) -> str:
    """No artifact store."""
    folder = world.home / "registry" / "artifacts"
    gone = folder.with_name("artifacts-gone")
    folder.rename(gone)
    said = _looks(world)
    for path in folder.rglob("*") if folder.exists() else ():
        if path.is_file():  # what was written meanwhile is kept
            target = gone / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
    if folder.exists():
        folder.rename(folder.with_name(f"artifacts-empty-{time.time():.0f}"))
    gone.rename(folder)
    return said


def disk_full(world: World) -> str:
    """The log's disk is full; visitors are answered all the same."""
    with _router_moves(world):  # the folder is moved to a small disk
        why = small_disk.fill(world.home)
    if why:
        return f"not tried: {why}"
    ready = world.router.http.get("/readyz").text[:100]
    said = _looks(world)
    with _router_moves(world):
        small_disk.free(world.home)
    return f"readyz {ready}; {said}"


def disk_slow(world: World) -> str | None:
    """Each flush and each rename of the router's workers takes long."""
    if shutil.which("strace") is None:
        return None
    calls = "fsync,fdatasync,rename,openat"
    words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}"]
    words += ["-e", f"inject={calls}:delay_enter={SLOW_MS * 1000}"]
    traced = [
        subprocess.Popen([*words, "-p", str(worker)], stderr=subprocess.DEVNULL)
        for worker in world.router.workers()
    ]
    time.sleep(1)
    began, said = time.monotonic(), _looks(world)
    world.router.rank(user="slow")
    lived = sum(process.poll() is None for process in traced)
    for process in traced:
        process.terminate()
        process.wait()
    if not lived:
        return None
    took = time.monotonic() - began
    return f"{SLOW_MS} ms a flush in {lived} workers for {took:.0f} s; {said}"


def _looks(world: World) -> str:
    """Looks for an hour of event time, and what they said."""
    said = [world.run(steps.look).error for _ in world.an_hour()]
    red = [error for error in said if error]
    return f"{len(said)} looks, {len(red)} red: {red[-1][:100] if red else ''}"


@contextmanager
def _router_moves(world: World) -> Iterator[None]:
    """No router while the block works on its folder."""
    began = time.time()
    world.stop_router()
    yield
    world.start_router()
    world.down.append((began - 2, time.time() + 1))
