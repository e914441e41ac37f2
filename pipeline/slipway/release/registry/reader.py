"""Reading the registry: versions, the release state, the reviewer's verified word."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from slipway.domain.approval import Approval
from slipway.domain.errors import BadInput, UnknownReference
from slipway.release.registry import files, page
from slipway.release.registry.attestation import VersionFacts, attested
from slipway.release.registry.keys import public_key_bytes
from slipway.release.registry.rest import RegistryRefused, Rest
from slipway.release.registry.words import EVIDENCE_FILES, KEY, RANKER_DIGEST, RELEASE
from slipway.settings import Settings

_MISSING = "RESOURCE_DOES_NOT_EXIST"


class RegistryReader:
    """What any account may ask. Methods raise ``RegistryUnavailable`` when MLflow is away."""

    def __init__(self, settings: Settings) -> None:
        self._rest = Rest(settings.mlflow_url, settings.mlflow_user, settings.mlflow_password)
        self._pages = settings.mlflow_pages
        self._public_key = settings.public_key

    @classmethod
    def connect(cls, url: str, user: str, password: str, public_key: Path) -> Self:
        """A connection with an account of one's own choice (a reviewer's, a test's)."""
        self = cls.__new__(cls)
        self._rest = Rest(url, user, password)
        self._pages = url
        self._public_key = public_key
        return self

    def reviews(self, line: str, version: str) -> Approval | None:
        """The reviewer's word on a version, verified; ``None`` while there is none.

        Raises ApprovalRefused where the attestation is forged, copied from another version, or
        where what was reviewed has changed since, the evidence files included.
        """
        facts = self.facts(line, version)
        word = attested(facts, public_key_bytes(self._public_key))
        if word is not None and EVIDENCE_FILES in facts.tags:
            files.check_evidence(self._rest, facts.run_id, facts.tags[EVIDENCE_FILES])
        return word

    def facts(self, line: str, version: str) -> VersionFacts:
        """Tags, source, run and description of a version; raises UnknownReference."""
        raw = self._found("model-versions/get", "model_version", name=line, version=version)
        if raw is None:
            raise _unknown("version", f"{line} version {version}")
        return VersionFacts(
            model=line,
            version=str(raw["version"]),
            tags={tag["key"]: tag["value"] for tag in raw.get("tags", ())},
            source=raw.get("source", ""),
            run_id=raw.get("run_id", ""),
            description=raw.get("description", ""),
            aliases=tuple(raw.get("aliases", ())),
        )

    def release_state(self, line: str) -> dict[str, Any] | None:
        """What the router obeys, or ``None`` before the first projection."""
        tags = {tag["key"]: tag["value"] for tag in self._need_model(line).get("tags", ())}
        return json.loads(tags[RELEASE]) if RELEASE in tags else None

    def download(self, line: str, version: str, into: Path) -> Path:
        """The ranker folder of a version in ``into``, checked against its digest.

        Raises BadInput where the files are not the registered ones.
        """
        facts = self.facts(line, version)
        return files.download(self._rest, facts.run_id, into, facts.tags.get(RANKER_DIGEST, ""))

    def version_url(self, line: str, version: str) -> str:
        """Deep link to a version's page."""
        return page.version_url(self._pages, line, version)

    # inside

    def _model(self, model: str) -> dict[str, Any] | None:
        return self._found("registered-models/get", "registered_model", name=model)

    def _need_model(self, line: str) -> dict[str, Any]:
        model = self._model(line)
        if model is None:
            raise _unknown("registered model", line)
        return model

    def _aliases(self, model: str) -> dict[str, str]:
        return aliases_of(self._model(model) or {})

    def _found(self, call: str, part: str, **query: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._rest.get(call, **query)[part]
        except RegistryRefused as refusal:
            if refusal.code == _MISSING:
                return None
            raise
        return found

    def _with_key(self, model: str, key: str) -> str | None:
        if "'" in key:
            raise BadInput(
                "registration key",
                found=key,
                expected="without quotes",
                next_step="name the run by its id and its digests",
            )
        query = f"name = '{model}' AND tags.`{KEY}` = '{key}'"
        found = self._rest.get("model-versions/search", filter=query).get("model_versions", ())
        return str(found[0]["version"]) if found else None


def aliases_of(model: Mapping[str, Any]) -> dict[str, str]:
    """Alias → version of a registered model's JSON."""
    return {a["alias"]: str(a["version"]) for a in model.get("aliases", ())}


def _unknown(what: str, found: str) -> UnknownReference:
    return UnknownReference(
        what, found=found, expected="registered in MLflow", next_step="register it first"
    )
