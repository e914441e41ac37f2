"""MLflow's REST API in the few calls the pipeline needs: light enough for a task's start."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from slipway.domain.errors import BadInput, SlipwayError
from slipway.release.registry.refusals import CONFLICT
from slipway.training.ranker_folder import digest

_ATTEMPTS = 4
_SERVER_ERROR = 500
_HERE = frozenset(("127.0.0.1", "localhost", "::1"))


class RegistryUnavailable(SlipwayError):
    """MLflow did not answer, or answered with a 5xx; try again later."""

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
        if refusal.status != CONFLICT:
            raise


class Rest:
    """One authenticated connection to an MLflow server; safe to share between threads."""

    def __init__(self, url: str, user: str, password: str, timeout_s: float = 30.0) -> None:
        self.url = url.rstrip("/")
        auth = httpx.BasicAuth(user, password) if user else None
        # a proxy of the environment never leads back to this machine
        place = httpx.URL(self.url)
        self._http = httpx.Client(
            base_url=self.url,
            auth=auth,
            timeout=timeout_s,
            trust_env=place.host not in _HERE,
            verify=place.scheme == "https",  # plain HTTP needs no certificates: .1 s to load
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def get(self, call: str, **query: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """One reading call, repeated while the server is away; raises RegistryUnavailable."""
        return self._patiently("GET", f"/api/2.0/mlflow/{call}", params=query)

    def search(self, call: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """A reading call that MLflow wants as POST."""
        return self._patiently("POST", f"/api/2.0/mlflow/{call}", json=body)

    def put(self, call: str, *, method: str = "POST", **body: Any) -> dict[str, Any]:  # noqa: ANN401
        """A writing call that may be repeated without harm."""
        return self._patiently(method, f"/api/2.0/mlflow/{call}", json=body)

    def create(self, call: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """A writing call that would do it twice when repeated: sent once."""
        return self._once("POST", f"/api/2.0/mlflow/{call}", json=body).json()  # type: ignore[no-any-return]

    def upload(self, artifact_root: str, folder: Path, under: str) -> str:
        """Upload the files of ``folder`` below ``under``; returns their digest."""
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = path.relative_to(folder).as_posix()
            target = _proxy_path(artifact_root, f"{under}/{name}")
            self._patiently("PUT", target, content=path.read_bytes())
        return digest(folder)

    def artifacts(self, run_id: str, under: str) -> Iterator[str]:
        """Paths of all artifact files of a run below ``under``."""
        listing = self.get("artifacts/list", run_id=run_id, path=under)
        for item in listing.get("files", ()):
            if item.get("is_dir"):
                yield from self.artifacts(run_id, item["path"])
            else:
                yield item["path"]

    def artifact(self, run_id: str, path: str) -> bytes:
        """The content of one artifact file."""
        query = {"path": path, "run_uuid": run_id}
        return self._retrying()(self._once, "GET", "/get-artifact", params=query).content

    def _patiently(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        answer = self._retrying()(self._once, method, path, **kwargs)
        return answer.json() if answer.content else {}

    def _retrying(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception_type(RegistryUnavailable),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.3, max=3),
            reraise=True,
        )

    def _once(self, method: str, path: str, **kwargs: Any) -> httpx.Response:  # noqa: ANN401
        try:
            answer = self._http.request(method, path, **kwargs)
        except httpx.TransportError as error:
            raise self._away(f"{type(error).__name__}: {error}") from error
        if answer.status_code >= _SERVER_ERROR:
            raise self._away(f"{answer.status_code} {answer.text[:200]}")
        if answer.is_error:
            raise _refusal(answer)
        return answer

    def _away(self, found: str) -> RegistryUnavailable:
        return RegistryUnavailable(
            f"MLflow at {self.url}",
            found=found,
            expected="an answer",
            next_step="start it again; the interrupted step is finished by the next look",
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
