"""The router beside ``mlflow models serve``: the same trees, the same items, in one run.

``python tests/benchmarks/serving.py [--seconds 4] [--rounds 3] [--trees 120] [--items 30] [--workers 2]
[--connections 1 8 32] [--beside CHECKOUT]``

The servers run two workers each on one machine and are asked in turns, round after round, by the same
client in a closed loop of 1, 8 and 32 connections. The router assigns the user, gathers the
features, scores 30 items, ranks them and logs the exposure before it answers; MLflow's servers are
sent the finished features of the same 30 items and only score them: once as a model is usually
logged (the scikit-learn pipeline with its signature, asked with named columns), once as fast as
MLflow can be asked (the bare estimator without a signature, asked with a matrix). CPU is that of the
server's processes alone, hence little disturbed by neighbours; the skew is the busiest worker's share of it
over the mean. A second router has each row on the disk before its answer (``SLIPWAY_LOG_SYNC_MS``), and the
router of another check-out may run beside them.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import psutil
import uvloop

sys.path.append(str(Path(__file__).parents[1]))

import router_kit as kit
from slipway.data import feature_table

TRUSTED = (
    "functools.partial",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
)


class Connection(asyncio.Protocol):
    """One caller in a closed loop: asks, waits for the whole answer, asks again."""

    def __init__(self, bodies: list[bytes], until: float, times: list[float]) -> None:
        self.bodies, self.until, self.times = bodies, until, times
        self.done = asyncio.get_running_loop().create_future()
        self.buffer, self.asked, self.count, self.wrong = b"", 0.0, 0, 0

    def connection_made(self, transport) -> None:
        """Ask for the first time."""
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        """Send the next request, or end."""
        if time.perf_counter() > self.until:
            self.transport.close()
            return
        self.count += 1
        self.asked = time.perf_counter()
        self.transport.write(self.bodies[self.count % len(self.bodies)])

    def data_received(self, data: bytes) -> None:
        """Wait for the whole body."""
        self.buffer += data
        head, mark, body = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) < length:
            return
        self.times.append(time.perf_counter() - self.asked)
        self.wrong += b" 200 " not in head[:15]
        self.buffer = b""
        self.ask()

    def connection_lost(self, _) -> None:
        """The loop is over, or the server hung up."""
        if not self.done.done():
            self.done.set_result(self.wrong + (time.perf_counter() < self.until))


def request(port: int, path: str, body: dict) -> bytes:
    """The bytes of one POST."""
    text = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


def cpu_s(pid: int) -> dict[int, float]:
    """CPU seconds of a process and its children so far, by process."""
    parent = psutil.Process(pid)
    times = {p.pid: p.cpu_times() for p in (parent, *parent.children(recursive=True))}
    return {pid: t.user + t.system for pid, t in times.items()}


def used(pid: int, before: dict[int, float], workers: int) -> tuple[float, float]:
    """CPU seconds since, and the busiest worker's over the mean of the busiest ``workers``."""
    since = sorted(spent - before.get(each, 0.0) for each, spent in cpu_s(pid).items())
    busiest = since[-workers:]
    return sum(since), busiest[-1] * len(busiest) / max(sum(busiest), 1e-9)


async def load(port: int, bodies: list[bytes], connections: int, seconds: float):
    """Times of all answers in seconds, and how many were wrong."""
    loop = asyncio.get_running_loop()
    until, times = time.perf_counter() + seconds, []
    made = [
        await loop.create_connection(lambda: Connection(bodies, until, times), "127.0.0.1", port)
        for _ in range(connections)
    ]
    wrong = sum([await protocol.done for _, protocol in made])
    return times, wrong


def stored(folder: Path, trees: int) -> dict[str, Path]:
    """The trees as MLflow stores them: a pipeline with a signature, and the bare estimator."""
    import mlflow
    from mlflow.models import infer_signature
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    bare = kit.fitted(1, trees)
    names = [column.name for column in kit.LINE.features]
    frame = pd.DataFrame(np.random.default_rng(1).random((2, len(names))), columns=names)
    take = ColumnTransformer([("inputs", "passthrough", list(range(len(names))))])
    pipeline = Pipeline([("take", take.fit(frame)), ("trees", bare)])
    how = {
        "skops_trusted_types": list(TRUSTED),
        "serialization_format": "skops",
        "pip_requirements": ["scikit-learn"],
    }
    signature = infer_signature(frame, pipeline.predict(frame))
    mlflow.sklearn.save_model(pipeline, str(folder / "usual"), signature=signature, **how)
    mlflow.sklearn.save_model(bare, str(folder / "bare"), **how)
    return {"mlflow": folder / "usual", "mlflow, bare": folder / "bare"}


@contextmanager
def mlflow_serving(model: Path, workers: int):
    """``mlflow models serve`` on a stored model."""
    port = kit.free_port()
    command = [
        sys.executable, "-m", "mlflow", "models", "serve", "-m", str(model), "--port", str(port),
        "--env-manager", "local", "--workers", str(workers),
    ]  # fmt: skip
    here = str(Path(sys.executable).parent)  # mlflow looks for uvicorn on the PATH
    env = os.environ | {
        "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    log = model.with_suffix(".log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        until = time.monotonic() + 120
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/ping", timeout=5).is_success:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
            if time.monotonic() > until or process.poll() is not None:
                sys.exit(log.read_text()[-3000:])
        yield process.pid, port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def bodies_of(home: Path, asked: dict, count: int) -> dict[str, list[bytes]]:
    """Two hundred requests for the routers, and the same items' features for MLflow's servers."""
    table = feature_table.load(home, kit.LINE)
    rng = np.random.default_rng(3)
    names = [column.name for column in kit.LINE.features]
    bodies: dict[str, list[bytes]] = {name: [] for name in asked}
    for n in range(200):
        items = rng.choice(kit.ITEMS, count, replace=False).tolist()
        rows = table.matrix(f"u{n}", {"age_band": 1}, items, table.as_of).tolist()
        named = {"dataframe_split": {"columns": names, "data": rows}}
        for name, (_, port) in asked.items():
            path, body = "/v1/feed/rank", kit.ask(user=f"u{n}", items=items)
            if name.startswith("mlflow"):
                path, body = "/invocations", {"inputs": rows} if "bare" in name else named
            bodies[name].append(request(port, path, body))
    return bodies


def main() -> None:
    """Run all side by side and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--trees", type=int, default=120)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--beside", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        how = {"slipway": {}, "synced": {"SLIPWAY_LOG_SYNC_MS": "10000"}}
        if args.beside:
            how["beside"] = {"PYTHONPATH": str(args.beside / "pipeline")}
        asked = {}
        for name, env in how.items():
            home = kit.furnish(folder / name)
            digests = [kit.install(home, "feed", "1", max_iter=args.trees)]
            kit.release(home, digests, champion="1", epoch=1)
            router = stack.enter_context(kit.running(home, workers=args.workers, **env))
            router.wait_ready()
            asked[name] = (router.process.pid, router.port)
        for name, model in stored(folder, args.trees).items():
            asked[name] = stack.enter_context(mlflow_serving(model, args.workers))
        bodies = bodies_of(home, asked, args.items)
        servers = [(name, *asked[name], bodies[name]) for name in asked]
        compare(servers, args)
        stack.close()
        for name in how:
            exposures, _ = kit.read_log(folder / name)
            print(f"\nexposures in the log of {name}: {exposures.num_rows:,} rows")


def compare(servers, args) -> None:
    """Ask in turns and print medians over the rounds, with the ratio of both servers."""
    for name, _, port, bodies in servers:
        _, wrong = uvloop.run(load(port, bodies, 4, 1.5))  # warm
        assert not wrong, f"{name} answered {wrong} requests wrongly"
    print("server        conns     req/s    p50 ms    p99 ms  p99.9 ms   CPU ms/req  skew")
    for connections in args.connections:
        results = {}
        for _ in range(args.rounds):
            for name, pid, port, bodies in servers:
                before = cpu_s(pid)
                times, wrong = uvloop.run(load(port, bodies, connections, args.seconds))
                assert not wrong, f"{name} answered {wrong} requests wrongly"
                late = np.percentile(times, [50, 99, 99.9]) * 1e3
                cpu, skew = used(pid, before, args.workers)
                found = (len(times) / args.seconds, *late, cpu / len(times) * 1e3, skew)
                results.setdefault(name, []).append(found)
        medians = {name: np.median(found, axis=0) for name, found in results.items()}
        for name, (rate, p50, p99, last, cpu, skew) in medians.items():
            times = f"{p50:9.2f} {p99:9.2f} {last:9.2f}"
            print(f"{name:13} {connections:5} {rate:9.0f} {times} {cpu:12.3f} {skew:5.2f}")
        ours = medians.pop("slipway")
        for name, theirs in medians.items():
            ratios = " ".join(f"{ours[k] / theirs[k]:9.4f}" for k in range(1, 4))
            print(
                f"over {name:13} {ours[0] / theirs[0]:8.1f}x {ratios} {ours[4] / theirs[4]:12.4f}"
            )


if __name__ == "__main__":
    main()
