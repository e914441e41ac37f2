"""Reading the registry over its REST interface: the release tag and the rankers' files."""

from pathlib import Path, PurePosixPath
from typing import Any

import httpx

from slipway.domain.errors import BadInput, SlipwayError, UnknownReference
from slipway.registry.names import RELEASE as TAG
from slipway.registry.state import ReleaseState
from slipway.training.ranker_folder import digest

FOLDER = "ranker"
DIGEST_TAG = "ranker_digest"
LARGEST_FILE = 512 * 2**20
_NOT_FOUND, _SERVER_ERROR = 404, 500
_UNREADABLE = frozenset((401, 403, 408, 429))


class RegistryUnavailable(SlipwayError):
    """The registry does not answer; the last known state goes on."""


class RegistryReader:
    """A read-only client of one MLflow server; ``url`` without a trailing slash."""

    def __init__(self, url: str, user: str, password: str, *, timeout_s: float = 5.0) -> None:
        auth = httpx.BasicAuth(user, password) if user else None
        self._url = url
        self._http = httpx.Client(base_url=url, auth=auth, timeout=timeout_s, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def release(self, line: str) -> ReleaseState:
        """The release state of ``line``; a line not yet registered serves its rules.

        Raises RegistryUnavailable, or BadInput for a tag that cannot be understood.
        """
        try:
            raw = self._json("registered-models/get", {"name": line})
        except UnknownReference:
            return ReleaseState(line)
        tags = {tag["key"]: tag["value"] for tag in raw["registered_model"].get("tags", [])}
        return ReleaseState.from_text(tags[TAG], line) if TAG in tags else ReleaseState(line)

    def download(self, model: str, version: str, target: Path) -> str:
        """Fetch the ranker of a version into the empty folder ``target``; returns its digest.

        Raises RegistryUnavailable, UnknownReference for a version or files that are not there, and
        BadInput where the files are not those the version was registered with.
        """
        found = self._json("model-versions/get", {"name": model, "version": version})
        tags = {t["key"]: t["value"] for t in found["model_version"].get("tags", [])}
        run = found["model_version"].get("run_id", "")
        self._folder(run, FOLDER, target)
        have = digest(target)
        if have != tags.get(DIGEST_TAG):
            raise BadInput(
                f"{DIGEST_TAG} of {model} version {version}",
                found=have,
                expected=f"{tags.get(DIGEST_TAG)}, as registered",
                next_step="find out who changed the artifacts; the version is not served",
            )
        return have

    def _folder(self, run: str, folder: str, target: Path) -> None:
        listing = self._json("artifacts/list", {"run_id": run, "path": folder})
        target.mkdir(parents=True, exist_ok=True)
        for entry in listing.get("files", []):
            name = PurePosixPath(entry["path"]).name
            if name in {"", ".", ".."}:
                raise _foreign(run, entry["path"])
            if entry.get("is_dir"):
                self._folder(run, f"{folder}/{name}", target / name)
            elif int(entry.get("file_size") or 0) > LARGEST_FILE:
                raise _foreign(run, entry["path"])
            else:
                answer = self._get("/get-artifact", {"path": f"{folder}/{name}", "run_uuid": run})
                (target / name).write_bytes(answer.content)

    def _json(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        answer = self._get(f"/api/2.0/mlflow/{path}", query)
        try:
            body: dict[str, Any] = answer.json()
        except ValueError as error:
            raise self._unavailable(f"no JSON from {path}") from error
        return body

    def _get(self, path: str, query: dict[str, str]) -> httpx.Response:
        try:
            answer = self._http.get(path, params=query)
        except (httpx.HTTPError, OSError) as error:
            raise self._unavailable(f"{type(error).__name__}: {error}") from error
        if answer.status_code == _NOT_FOUND:
            raise UnknownReference(
                "registry",
                found=f"404 for {path} {query}",
                expected="known to the registry",
                next_step="register it, or wait until it is",
            )
        if answer.status_code >= _SERVER_ERROR or answer.status_code in _UNREADABLE:
            raise self._unavailable(f"HTTP {answer.status_code} for {path}")
        if not answer.is_success:
            raise BadInput(
                "registry",
                found=f"HTTP {answer.status_code} for {path} {query}",
                expected="a successful answer",
                next_step="look at the registry's log",
            )
        return answer

    def _unavailable(self, found: str) -> RegistryUnavailable:
        return RegistryUnavailable(
            f"registry at {self._url}",
            found=found,
            expected="reachable and readable for the router's user",
            next_step="serving goes on with the last known state",
        )


def _foreign(run: str, path: str) -> BadInput:
    return BadInput(
        f"artifact of run {run}",
        found=path,
        expected="a ranker's file of usual size",
        next_step="register the version again",
    )
