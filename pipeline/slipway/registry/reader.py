"""Reading the registry: versions, their files, and the release state."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from slipway.domain.errors import BadInput, UnknownReference
from slipway.domain.last_look import LastLook
from slipway.registry import files
from slipway.registry.facts import VersionFacts
from slipway.registry.names import LOOKED, RANKER_DIGEST, RELEASE
from slipway.registry.rest import TASK, RegistryRefused, Rest, RetryPolicy
from slipway.registry.state import ReleaseState

_MISSING = "RESOURCE_DOES_NOT_EXIST"
_PAGE = 200
_ACCOUNT = frozenset((HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN))


class RegistryReader:
    """What any account may ask, and all that the router needs.

    Methods raise ``RegistryUnavailable`` when MLflow is away and ``RegistryRefused`` when it says
    no; ``retry`` says how long they wait.
    """

    def __init__(self, url: str, user: str, password: str, *, retry: RetryPolicy = TASK) -> None:
        self._rest = Rest(url, user, password, retry)

    def close(self) -> None:
        """Close the connections."""
        self._rest.close()

    def facts(self, model: str, version: str) -> VersionFacts:
        """Tags, source, run and description of a version; raises UnknownReference."""
        raw = self._found("model-versions/get", "model_version", name=model, version=version)
        if raw is None:
            raise unknown("version", f"{model} version {version}")
        return VersionFacts(
            model=model,
            version=str(raw["version"]),
            tags=tags_of(raw),
            source=raw.get("source", ""),
            run_id=raw.get("run_id", ""),
            description=raw.get("description", ""),
            aliases=tuple(raw.get("aliases", ())),
        )

    def all_tags(self, model: str) -> dict[str, dict[str, str]]:
        """Version → tags, of every version of a model."""
        found: dict[str, dict[str, str]] = {}
        query = {"filter": f"name = '{model}'", "max_results": _PAGE}
        while True:
            page = self._rest.get("model-versions/search", **query)
            found |= {str(v["version"]): tags_of(v) for v in page.get("model_versions", ())}
            if not page.get("next_page_token"):
                return found
            query["page_token"] = page["next_page_token"]

    def release_state(self, line: str) -> ReleaseState:
        """What the router obeys; a line that is not registered or not shown yet has its rules.

        Raises BadInput for a tag that cannot be understood.
        """
        return _release_of(tags_of(self._model(line) or {}), line)

    def last_look(self, line: str) -> LastLook | None:
        """When the reconciler last looked; None where it never did."""
        return LastLook.from_text(tags_of(self._model(line) or {}).get(LOOKED))

    def shown(self, line: str) -> tuple[ReleaseState, LastLook | None]:
        """Both in one call; raises as :meth:`release_state`."""
        tags = tags_of(self._model(line) or {})
        return _release_of(tags, line), LastLook.from_text(tags.get(LOOKED))

    def download(self, model: str, version: str, into: Path) -> Path:
        """The ranker folder of a version in ``into``, checked against its digest.

        Raises UnknownReference for a version that is not there, and BadInput where its files are
        not, or are not those it was registered with.
        """
        facts = self.facts(model, version)
        try:
            return files.download(self._rest, facts.run_id, into, facts.tags.get(RANKER_DIGEST, ""))
        except RegistryRefused as refusal:
            if refusal.status in _ACCOUNT:
                raise  # says nothing of the version
            raise BadInput(
                f"files of {facts.name}",
                found=f"HTTP {refusal.status} {refusal.code}",
                expected="a run with its ranker",
                next_step=refusal.message or "register the version again",
            ) from refusal

    def evidence_file(self, model: str, version: str, path: str) -> bytes | None:
        """One file of a version's run, as it is now; None where there is no such file."""
        try:
            return self._rest.artifact(self.facts(model, version).run_id, path)
        except RegistryRefused as refusal:
            if refusal.status in _ACCOUNT:
                raise
            return None

    def _model(self, model: str) -> dict[str, Any] | None:
        return self._found("registered-models/get", "registered_model", name=model)

    def _found(self, call: str, part: str, **query: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._rest.get(call, **query)[part]
        except RegistryRefused as refusal:
            if refusal.code == _MISSING:
                return None
            raise
        return found


def _release_of(tags: Mapping[str, str], line: str) -> ReleaseState:
    return ReleaseState.from_text(tags[RELEASE], line) if RELEASE in tags else ReleaseState(line)


def tags_of(raw: Mapping[str, Any]) -> dict[str, str]:
    """Key → value of a model's or a version's JSON."""
    return {tag["key"]: tag["value"] for tag in raw.get("tags", ())}


def unknown(what: str, found: str) -> UnknownReference:
    """The error for what is not registered."""
    return UnknownReference(
        what, found=found, expected="registered in MLflow", next_step="register it first"
    )
