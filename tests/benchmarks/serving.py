"""The router beside ``mlflow models serve``: the same trees, the same items, in one run.

``python tests/benchmarks/serving.py [--seconds 4] [--rounds 3] [--trees 120]``

Both servers run two workers on one machine and are asked in turns, round after round, by the same
client in a closed loop of 1, 8 and 32 connections. The router assigns the user, gathers the
features, scores 30 items, ranks them and logs the exposure before it answers; MLflow's servers are
sent the finished features of the same 30 items and only score them: once as a model is usually
logged (the scikit-learn pipeline with its signature, asked with named columns), once as fast as
MLflow can be asked (the bare estimator without a signature, asked with a matrix). CPU is that of the
server's processes alone, hence little disturbed by neighbours.
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

WORKERS = 2
CONNECTIONS = (1, 8, 32)
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


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and its children so far."""
    parent = psutil.Process(pid)
    times = [p.cpu_times() for p in (parent, *parent.children(recursive=True))]
    return sum(t.user + t.system for t in times)


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
def mlflow_serving(model: Path):
    """``mlflow models serve`` on a stored model."""
    port = kit.free_port()
    command = [
        sys.executable, "-m", "mlflow", "models", "serve", "-m", str(model), "--port", str(port),
        "--env-manager", "local", "--workers", str(WORKERS),
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


def bodies_of(home: Path, router: int, mlflow: int, bare: int) -> list[list[bytes]]:
    """Two hundred requests for the router, and the same items' features for MLflow's servers."""
    table = feature_table.load(home, kit.LINE)
    rng = np.random.default_rng(3)
    names = [column.name for column in kit.LINE.features]
    bodies: list[list[bytes]] = [[], [], []]
    for n in range(200):
        items = rng.choice(kit.ITEMS, 30, replace=False).tolist()
        rows = table.matrix(f"u{n}", {"age_band": 1}, items, table.as_of).tolist()
        named = {"dataframe_split": {"columns": names, "data": rows}}
        bodies[0].append(request(router, "/v1/feed/rank", kit.ask(user=f"u{n}", items=items)))
        bodies[1].append(request(mlflow, "/invocations", named))
        bodies[2].append(request(bare, "/invocations", {"inputs": rows}))
    return bodies


def main() -> None:
    """Run all side by side and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--trees", type=int, default=120)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        home = kit.furnish(folder / "home")
        digests = [kit.install(home, "feed", "1", max_iter=args.trees)]
        kit.release(home, digests, champion="1", epoch=1)
        router = stack.enter_context(kit.running(home, workers=WORKERS))
        peers = {
            name: stack.enter_context(mlflow_serving(model))
            for name, model in stored(folder, args.trees).items()
        }
        router.wait_ready()
        asked = {"slipway": (router.process.pid, router.port), **peers}
        bodies = bodies_of(home, *(port for _, port in asked.values()))
        servers = [(name, *asked[name], body) for name, body in zip(asked, bodies, strict=True)]
        compare(servers, args)
        stack.close()
        exposures, _ = kit.read_log(home)
        print(f"\nexposures in the log: {exposures.num_rows:,} rows")


def compare(servers, args) -> None:
    """Ask in turns and print medians over the rounds, with the ratio of both servers."""
    for name, _, port, bodies in servers:
        _, wrong = uvloop.run(load(port, bodies, 4, 1.5))  # warm
        assert not wrong, f"{name} answered {wrong} requests wrongly"
    print("server        conns     req/s    p50 ms    p99 ms   CPU ms/req")
    for connections in CONNECTIONS:
        results = {}
        for _ in range(args.rounds):
            for name, pid, port, bodies in servers:
                before = cpu_s(pid)
                times, wrong = uvloop.run(load(port, bodies, connections, args.seconds))
                assert not wrong, f"{name} answered {wrong} requests wrongly"
                p50, p99 = np.percentile(times, [50, 99]) * 1e3
                cpu = (cpu_s(pid) - before) / len(times) * 1e3
                results.setdefault(name, []).append((len(times) / args.seconds, p50, p99, cpu))
        medians = {name: np.median(found, axis=0) for name, found in results.items()}
        for name, (rate, p50, p99, cpu) in medians.items():
            print(f"{name:13} {connections:5} {rate:9.0f} {p50:9.2f} {p99:9.2f} {cpu:12.3f}")
        ours = medians.pop("slipway")
        for name, theirs in medians.items():
            print(
                f"over {name:13} {ours[0] / theirs[0]:8.1f}x {ours[1] / theirs[1]:9.4f} "
                f"{ours[2] / theirs[2]:9.4f} {ours[3] / theirs[3]:12.4f}"
            )


if __name__ == "__main__":
    main()
