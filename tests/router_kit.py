"""A small shop for the router's tests: a catalogue, features, rankers, and the router as a process."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import waits
from slipway import lines
from slipway.artifact.digest import digest
from slipway.artifact.hist_trees import compile_trees
from slipway.artifact.manifest import Manifest
from slipway.data import catalog, features
from slipway.examples.films.catalog import CATALOG
from slipway.registry.state import ReleaseState
from slipway.serving.state import Known, StateFile
from slipway.stack import waiting

LINE = lines.load("feed")
JSON = {"content-type": "application/json"}
ITEMS = [f"film-{n:03}" for n in range(80)]


def furnish(home: Path, *, as_of: datetime | None = None, films: int = len(ITEMS)) -> Path:
    """A home with a catalogue of ``films`` and a first feature table."""
    rng = np.random.default_rng(5)
    born = [datetime(2024, 1 + n % 12, 1, tzinfo=UTC) for n in range(films)]
    columns = {
        "item": ITEMS[:films],
        "title": [item.title() for item in ITEMS[:films]],
        "genre": rng.integers(0, 14, films),
        "released_at": born,
        "editors_pick": rng.random(films) < 0.1,
    }
    catalog.write(home, LINE, pa.table(columns).cast(CATALOG))
    features.compute(home, LINE, as_of or datetime(2025, 1, 1, tzinfo=UTC))
    return home


@cache
def fitted(seed: int = 1, max_iter: int = 20):
    """A small click model over all features of the line."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(7)
    rows = rng.random((4000, len(LINE.features)))
    names = [column.name for column in LINE.features]
    categories = [names.index("age_band"), names.index("genre")]
    rows[:, categories] = rng.integers(0, [3, 14], (4000, 2))
    rows[:, names.index("film_age_days")] *= 800
    clicked = rng.random(4000) < 0.1 + 0.3 * rows[:, names.index("item_ctr")]
    model = HistGradientBoostingClassifier(
        max_iter=max_iter,
        max_features=0.5,
        random_state=seed,
        early_stopping=False,
        categorical_features=categories,
    )
    return model.fit(rows, clicked)


def ranker(folder: Path, *, kind: str = "trees", seed: int = 1, boost=None, max_iter=20) -> Path:
    """A ranker's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "trees":
        compile_trees(fitted(seed, max_iter)).save(folder / "trees.npz")
    if kind == "sklearn":
        from skops.io import dump

        dump(fitted(seed, max_iter), folder / "model.skops")
    inputs = tuple(column.name for column in LINE.features)
    manifest = Manifest(
        line="feed",
        kind=kind,
        inputs=inputs,
        examination=(1.0, 0.6),
        category_boost=boost,
        fingerprint=f"{kind}-{seed}",
    )
    manifest.write(folder)
    return folder


def install(home: Path, model: str, version: str, **how) -> tuple[str, str]:
    """Put a ranker where the router keeps what it fetched; returns its key and digest."""
    folder = ranker(home / "router" / model / version, **how)
    return f"{model}/{version}", digest(folder)


def release(home: Path, digests=(), problems=(), **words) -> Known:
    """Write the kept state of the line, as if the registry had given it."""
    known = Known(ReleaseState("feed", **words), dict(digests), dict(problems))
    StateFile(home, "feed").write(known)
    return known


def line_server(home: Path):
    """A line's server in this process, with features and without a state."""
    from slipway.data import feature_table
    from slipway.data.log import LogWriter
    from slipway.serving.rank import LineServer
    from slipway.serving.request_ids import RequestIds
    from slipway.settings import EventClock

    writer = LogWriter(home, LINE, f"unit-{os.urandom(4).hex()}", EventClock())
    table = feature_table.load(home, LINE)
    return LineServer(LINE, RequestIds(home), writer, EventClock(), 3600.0, features=table)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(user: str = "ann", items=None, **words) -> dict:
    return {"user": user, "context": {"age_band": 1}, "items": items or ITEMS[:30]} | words


def clicks(answer: dict, places=(0,)) -> dict:
    """The outcomes of a reader who clicks on ``places`` of an answer."""
    at = datetime.now(UTC).isoformat()
    return {
        "outcomes": [
            {
                "request_id": answer["request_id"],
                "item": answer["items"][p]["item"],
                "kind": "click",
                "value": 1,
                "happened_at": at,
            }
            for p in places
        ]
    }


class Router:
    """The router as real processes."""

    def __init__(self, process: subprocess.Popen, port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.url, timeout=None)

    def rank(self, **words) -> dict:
        """A ranking, which must succeed."""
        answer = self.http.post("/v1/feed/rank", json=ask(**words))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def state(self) -> dict:
        """The release state in force."""
        return self.http.get("/v1/feed/state").json()

    def output(self) -> str:
        """What the processes have said so far."""
        return self.log.read_text()

    def workers(self) -> list[int]:
        """Processes that serve; the parent and multiprocessing's own helper do not."""
        import psutil

        found = []
        for child in psutil.Process(self.process.pid).children():
            try:
                words = " ".join(child.cmdline())
            except (psutil.NoSuchProcess, psutil.ZombieProcess):  # it was killed a moment ago
                continue
            if words and "resource_tracker" not in words:
                found.append(child.pid)
        return found

    def wait(self, wish, poll_s: float = 0.05):
        """Ask until ``wish()`` is true and return it; asking keeps the router busy, which is no progress."""
        found = []

        def answered() -> bool:
            with suppress(httpx.TransportError):
                found.append(wish())
            return bool(found and found[-1])

        waiting.until(
            "the router",
            answered,
            lambda: waits.sight_of_process(
                self.process, self.log, tuple(self.workers()), shared=True
            ),
            next_step=f"read {self.log}",
            poll_s=poll_s,
        )
        return found[-1]

    def wait_epoch(self, epoch: int, poll_s: float = 0.05) -> None:
        """Wait until every worker serves that release state."""
        line = f'slipway_release_epoch{{line="feed"}} {epoch}.0'  # the smallest of all workers
        self.wait(lambda: line in self.http.get("/metrics").text, poll_s)

    def wait_ready(self) -> None:
        """Wait until a worker is able to answer."""
        self.wait(lambda: self.http.get("/readyz/feed").status_code == 200)


@contextmanager
def running(
    home: Path,
    *,
    workers: int = 2,
    registry: str = "http://127.0.0.1:9",
    budget_ms: float = 50.0,
    handles: int | None = None,
    drain_s: int | None = None,
    **env: str,
):
    """The router on a free port until the block ends; without a registry unless one is given.

    ``handles`` is how many open files each of its processes may have.
    """
    port = free_port()
    log = home / f"router-{port}.log"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SLIPWAY_")}
    settings = {"SLIPWAY_HOME": str(home), "SLIPWAY_MLFLOW_URL": registry, "OMP_NUM_THREADS": "1"}
    command = ["prlimit", f"--nofile={handles}:{handles}"] if handles else []
    command += [sys.executable, "-m", "slipway.serving", "--port", str(port)]
    command += ["--budget-ms", str(budget_ms)]
    command += ["--drain-s", str(drain_s)] if drain_s else []
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--workers", str(workers)],
            env=clean | settings | env,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    router = Router(process, port, log)
    try:
        yield router
    finally:
        router.http.close()
        waits.stop(process, log)


@contextmanager
def mlflow_server(folder: Path, port: int | None = None):
    """A real MLflow server without accounts on SQLite; yields its URL and process."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    env = os.environ | {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    command = [
        sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(port),
        "--host", "127.0.0.1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination", str(folder / "artifacts"), "--serve-artifacts",
    ]  # fmt: skip
    with (folder / "server.log").open("ab") as out:
        process = subprocess.Popen(
            command, env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{url}/health", timeout=None).is_success
        return False

    log = folder / "server.log"
    try:
        waits.answer_of(process, log, "MLflow's answer", answers)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # its workers, too
        try:
            waits.end_of(process, log)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def register(url: str, model: str, folder: Path, **tags) -> str:
    """Register a ranker's folder as the next version of ``model`` over REST; returns it."""
    tags = {"ranker_digest": digest(folder)} | tags
    with httpx.Client(base_url=f"{url}/api/2.0/mlflow", timeout=None) as http:

        def call(path: str, **body):
            answer = http.post(path, json=body)
            assert answer.is_success, answer.text
            return answer.json()

        run = call("/runs/create", experiment_id="0", start_time=int(time.time() * 1000))["run"]
        identity, root = run["info"]["run_id"], run["info"]["artifact_uri"]
        place = root.removeprefix("mlflow-artifacts:/")
        for file in folder.iterdir():
            target = f"{url}/api/2.0/mlflow-artifacts/artifacts/{place}/ranker/{file.name}"
            assert httpx.put(target, content=file.read_bytes(), timeout=None).is_success
        http.post("/registered-models/create", json={"name": model})
        found = call(
            "/model-versions/create",
            name=model,
            source=f"{root}/ranker",
            run_id=identity,
            tags=[{"key": key, "value": str(value)} for key, value in tags.items()],
        )
        return found["model_version"]["version"]


def announce(url: str, **words) -> None:
    """Set the release tag of the line in one piece."""
    with httpx.Client(base_url=f"{url}/api/2.0/mlflow", timeout=None) as http:
        http.post("/registered-models/create", json={"name": "feed"})
        text = ReleaseState("feed", **words).to_text()
        body = {"name": "feed", "key": "slipway.release", "value": text}
        answer = http.post("/registered-models/set-tag", json=body)
        assert answer.is_success, answer.text


def read_log(home: Path, line=LINE) -> tuple[pa.Table, pa.Table]:
    """All exposures and outcomes of the log, after recovering what dead writers left."""
    import pyarrow.parquet as pq
    from slipway.data.log import recover

    recover(home, line)
    tables = []
    for kind in ("exposures", "outcomes"):
        files = sorted((home / "log" / kind).rglob("[!.]*.parquet"))
        parts = [pq.read_table(file, partitioning=None) for file in files]
        tables.append(pa.concat_tables(parts) if parts else None)
    return tuple(tables)
