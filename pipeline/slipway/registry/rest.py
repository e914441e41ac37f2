"""MLflow's REST API in the few calls that are needed: light enough for a task's start and the router."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from slipway.artifact.digest import digest
from slipway.domain.errors import BadInput, SlipwayError
from slipway.domain.json_value import Json
from slipway.threads import within

_SERVER_ERROR = 500
_COME_BACK = frozenset((HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS))
_HERE = frozenset(("127.0.0.1", "localhost", "::1"))


class RetryPolicy(NamedTuple):
    """How long one call may wait for MLflow: for each part of an answer, how often, and for all of it.

    The limit of a part begins anew with each byte. A file may take its time, however large it is.
    """

    timeout_s: float
    attempts: int
    whole_s: float | None = None


TASK = RetryPolicy(timeout_s=30.0, attempts=4)
"""A task that gives up costs its whole run a delay: it asks again."""


class RegistryUnavailable(SlipwayError):
    """MLflow did not answer in a way that can be understood; try again later."""

    retryable = True


class RegistryRefused(SlipwayError):
    """MLflow, or the guard in it, said no; ``status`` is the HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__("registry", found=status, expected="200", next_step=message)
        self.status = status
        self.code = code
        self.message = message


@contextmanager
def unless_it_stands() -> Iterator[None]:
    """Let a write go that came too late (409): what stands was decided meanwhile."""
    try:
        yield
    except RegistryRefused as refusal:
        if refusal.status != HTTPStatus.CONFLICT:
            raise


class Artifact(NamedTuple):
    """One file of a run: its path below the run's root, and its length."""

    path: str
    size_bytes: int


class Rest:
    """One authenticated connection to an MLflow server; safe to share between threads."""

    def __init__(self, url: str, user: str, password: str, retry: RetryPolicy = TASK) -> None:
        self.url = url.rstrip("/")
        self._attempts, self._whole_s = retry.attempts, retry.whole_s
        auth = httpx.BasicAuth(user, password) if user else None
        # a proxy of the environment never leads back to this machine
        address = httpx.URL(self.url)
        self._http = httpx.Client(
            base_url=self.url,
            auth=auth,
            timeout=retry.timeout_s,
            trust_env=address.host not in _HERE,
            verify=address.scheme == "https",  # plain HTTP needs no certificates: .1 s to load
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def get(self, call: str, **query: Json) -> dict[str, Any]:
        """One reading call, repeated while the server is away; raises RegistryUnavailable."""
        return self._patiently("GET", f"/api/2.0/mlflow/{call}", params=query)

    def search(self, call: str, **body: Json) -> dict[str, Any]:
        """A reading call that MLflow wants as POST."""
        return self._patiently("POST", f"/api/2.0/mlflow/{call}", json=body)

    def put(self, call: str, *, method: str = "POST", **body: Any) -> dict[str, Any]:
        """A writing call that may be repeated without harm."""
        return self._patiently(method, f"/api/2.0/mlflow/{call}", json=body)

    def create(self, call: str, **body: Json) -> dict[str, Any]:
        """A writing call that would do it twice when repeated: sent once."""
        return self._json("POST", f"/api/2.0/mlflow/{call}", json=body)

    def upload(self, artifact_root: str, folder: Path, under: str) -> str:
        """Upload the files of ``folder`` below ``under``; returns their digest."""
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = path.relative_to(folder).as_posix()
            target = _proxy_path(artifact_root, f"{under}/{name}")
            self._patiently("PUT", target, content=path.read_bytes())
        return digest(folder)

    def artifacts(self, run_id: str, under: str) -> Iterator[Artifact]:
        """All artifact files of a run below ``under``."""
        listing = self.get("artifacts/list", run_id=run_id, path=under)
        for item in listing.get("files", ()):
            if item.get("is_dir"):
                yield from self.artifacts(run_id, item["path"])
            else:
                yield Artifact(item["path"], int(item.get("file_size") or 0))

    def artifact(self, run_id: str, path: str) -> bytes:
        """The content of one artifact file."""
        query = {"path": path, "run_uuid": run_id}
        return self._retrying()(self._once, "GET", "/get-artifact", params=query).content

    def _patiently(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        return self._retrying()(self._json, method, path, **kwargs)

    def _retrying(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception_type(RegistryUnavailable),
            stop=stop_after_attempt(self._attempts),
            wait=wait_random_exponential(multiplier=0.3, max=3),
            reraise=True,
        )

    def _json(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        ask = partial(self._once, method, path, **kwargs)
        try:
            answer = within(self._whole_s, ask) if self._whole_s else ask()
        except TimeoutError as error:
            raise self._away(f"no whole answer in {self._whole_s:g} s") from error
        try:
            return answer.json() if answer.content else {}
        except ValueError as error:
            raise self._away(f"no JSON from {path}") from error

    def _once(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **kwargs)
        except (httpx.RequestError, OSError) as error:
            raise self._away(f"{type(error).__name__}: {error}") from error
        if answer.status_code >= _SERVER_ERROR or answer.status_code in _COME_BACK:
            raise self._away(f"{answer.status_code} {answer.text[:200]}")
        if not answer.is_success:
            raise _refusal(answer)
        return answer

    def _away(self, found: str) -> RegistryUnavailable:
        return RegistryUnavailable(
            f"MLflow at {self.url}",
            found=found,
            expected="an answer",
            next_step="start it again; the interrupted step is finished by the next look, and the"
            " router serves its last known state",
        )


def _refusal(answer: httpx.Response) -> RegistryRefused:
    try:
        body: Mapping[str, Any] = answer.json()
    except ValueError:
        body = {}
    message = body.get("message") or answer.text[:300]
    return RegistryRefused(answer.status_code, str(body.get("error_code", "")), message)


def _proxy_path(artifact_root: str, path: str) -> str:
    scheme, _, root = artifact_root.partition(":")
    if scheme != "mlflow-artifacts":
        raise BadInput(
            "artifact root of the run",
            found=artifact_root,
            expected="mlflow-artifacts:/...",
            next_step="start the server with --serve-artifacts, as mlflow_argv does",
        )
    return "/api/2.0/mlflow-artifacts/artifacts/" + quote(root.strip("/") + "/" + path)
