"""The pipeline's side of the registry: register, show the ledger, read the reviewer's word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from slipway.domain.errors import BadInput
from slipway.domain.release import LineState, Transition
from slipway.domain.stage import Stage
from slipway.registry import flavors, page, projection, runs
from slipway.registry.attestation import VersionFacts
from slipway.registry.names import (
    ATTESTATION,
    AUTHOR,
    EVIDENCE_DIGEST,
    EVIDENCE_FILES,
    EVIDENCE_FOLDER,
    FINGERPRINT,
    KEY,
    ORIGIN,
    PROJECTED,
    RANKER_DIGEST,
    RANKER_FOLDER,
    RELEASE,
    REVIEW,
    RULES,
    STAGE,
    rules_model,
)
from slipway.registry.reader import RegistryReader, aliases_of
from slipway.registry.rest import RegistryRefused, unless_it_stands
from slipway.registry.state import ReleaseState
from slipway.training.ranker_folder import digest as folder_digest


@dataclass(frozen=True, slots=True)
class _Registration:
    """One version to be: its model, the key that names the attempt, and what it is made of."""

    line: str
    model: str
    key: str
    ranker: Path
    evidence: Path | None
    tags: Mapping[str, str]
    description: str
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


class Registry(RegistryReader):
    """One line's models in MLflow, seen from the pipeline.

    Every method may be repeated: what already stands is left as it is. Methods raise
    ``RegistryUnavailable`` when MLflow is away and ``RegistryRefused`` when it says no.
    """

    # registering

    def ensure_line(self, line: str) -> None:
        """Make the registered models of a line and of its rules where they are missing."""
        for model in (line, rules_model(line)):
            if self._model(model) is not None:
                continue
            try:
                self._rest.create("registered-models/create", name=model)
            except RegistryRefused:
                if self._model(model) is None:
                    raise

    def register(
        self,
        line: str,
        ranker: Path,
        evidence: Path | None,
        *,
        key: str,
        tags: Mapping[str, str],
        description: str = "",
        params: Mapping[str, Any] | None = None,
        metrics: Mapping[str, float] | None = None,
    ) -> str:
        """Register a ranker folder with its evidence; returns the version.

        Args:
            line: the line.
            ranker: folder that the router loads.
            evidence: folder with the evidence page, figures and verdicts.
            key: names this registration; the same key gives the same version again.
            tags: ``author``, ``origin`` and ``fingerprint`` at least; digests are added here.
            description: markdown, at most 4500 characters; ``{{run_id}}`` becomes the run's id (in tags, too), for images like ``get-artifact?path=evidence/x.png&run_uuid={{run_id}}``.
            params: parameters of the run.
            metrics: finite numbers of the run.
        """
        self.ensure_line(line)
        return self._register(
            _Registration(
                line, line, key, ranker, evidence, tags, description, params or {}, metrics or {}
            )
        )

    def register_rules(self, line: str, ranker: Path, *, author: str, description: str = "") -> str:
        """Register the rules and give them their alias; the same files are the same version."""
        self.ensure_line(line)
        digest = folder_digest(ranker)
        tags = {AUTHOR: author, ORIGIN: "manual", FINGERPRINT: digest}
        model = rules_model(line)
        version = self._register(
            _Registration(line, model, digest, ranker, None, tags, description)
        )
        if self._aliases(model).get(RULES) != version:
            self._rest.put("registered-models/alias", name=model, alias=RULES, version=version)
        return version

    def _register(self, new: _Registration) -> str:
        page.check_description(new.description)
        known = self._with_key(new.model, new.key)
        if known:
            return known
        name = f"{new.model} {new.key[:24]}"
        run = runs.open_run(self._rest, new.line, name, {KEY: f"{new.model}:{new.key}"})
        runs.log(self._rest, run, new.params, new.metrics)
        with flavors.described(new.ranker, new.line) as folder:
            digests = {RANKER_DIGEST: self._rest.upload(run.root, folder, RANKER_FOLDER)}
        if new.evidence is not None:
            digests[EVIDENCE_FILES] = self._rest.upload(run.root, new.evidence, EVIDENCE_FOLDER)
        runs.end(self._rest, run, "FINISHED")
        tags = {**new.tags, **digests, KEY: new.key}
        answer = self._rest.create(
            "model-versions/create",
            name=new.model,
            source=f"{run.root}/{RANKER_FOLDER}",
            run_id=run.id,
            tags=[{"key": k, "value": page.placed(v, *run[:2])} for k, v in tags.items()],
            description=page.placed(new.description, *run[:2]),
        )
        return str(answer["model_version"]["version"])

    def log_validation_failure(
        self, line: str, *, key: str, reason: str, docs: Path | None, tags: Mapping[str, str]
    ) -> str:
        """Keep what stopped a run before training; returns the link to the run with its docs."""
        run = runs.open_run(self._rest, line, f"stopped {key[:24]}", {KEY: f"stopped:{key}"})
        runs.tag(self._rest, run, {**tags, "reason": reason, "mlflow.note.content": reason})
        if docs is not None:
            self._rest.upload(run.root, docs, EVIDENCE_FOLDER)
        runs.end(self._rest, run, "FAILED")
        return page.run_url(self._pages, run.experiment, run.id)

    def attach(self, line: str, version: str, folder: Path, under: str) -> str:
        """Add files to a version's run below ``under`` (not ``ranker`` or ``evidence``)."""
        run = runs.get(self._rest, self.facts(line, version).run_id)
        return self._rest.upload(run.root, folder, under)

    def describe(self, line: str, version: str, description: str) -> None:
        """Set a version's page; a version that waits for its reviewer says how to decide."""
        facts = self.facts(line, version)
        text = page.check_description(description).replace(page.RUN_PLACE, facts.run_id)
        self._describe(facts, text)

    def _describe(self, facts: VersionFacts, text: str) -> None:
        digest = facts.tags.get(EVIDENCE_DIGEST)
        if ATTESTATION in facts.tags:
            return  # the page that was decided on stays
        if facts.tags.get(STAGE) == Stage.APPROVAL and digest:
            text = page.with_review_block(text, digest)
        if text != facts.description:
            call = "model-versions/update"
            named = {"name": facts.model, "version": facts.version}
            with unless_it_stands():  # the reviewer may decide in this very moment
                self._rest.put(call, method="PATCH", **named, description=text)

    # showing the ledger

    def project(self, state: LineState, transitions: Sequence[Transition]) -> tuple[str, ...]:
        """Bring the registry in step with the ledger; returns what was changed.

        The release tag comes first, because the router obeys it: a return must not wait. A
        projection that was interrupted is finished by the next call.
        """
        model = self._need_model(state.line)
        tags = {tag["key"]: tag["value"] for tag in model.get("tags", ())}
        rules = self._aliases(rules_model(state.line)).get(RULES)
        since = int(tags.get(PROJECTED, 0))
        wanted = projection.project(state, transitions, rules, since)
        changed: list[str] = []
        if _shown(tags, state.line) != wanted.release:
            if not self._set_release(state.line, wanted.release.to_text()):
                return ()
            changed.append(RELEASE)
        changed += self._show_versions(state.line, wanted.versions)
        changed += self._show_aliases(state.line, wanted.aliases, aliases_of(model))
        if since != state.epoch:
            self._set_model_tag(state.line, PROJECTED, str(state.epoch))
        return tuple(changed)

    def _set_release(self, line: str, text: str) -> bool:
        """Whether it is shown now; False where a newer state already stands."""
        try:
            self._set_model_tag(line, RELEASE, text)
        except RegistryRefused as refusal:
            if refusal.status == HTTPStatus.CONFLICT:
                return False
            raise
        return True

    def _show_versions(self, line: str, versions: Mapping[str, Mapping[str, str]]) -> list[str]:
        changed = []
        for version, wanted in versions.items():
            facts = self.facts(line, version)
            for key, value in wanted.items():
                fixed = key == EVIDENCE_DIGEST and ATTESTATION in facts.tags
                if facts.tags.get(key) != value and not fixed:
                    self._set_version_tag(line, version, key, value)
                    changed.append(f"{version}.{key}")
            if wanted.get(STAGE) == Stage.APPROVAL:
                facts = self.facts(line, version)
                self._describe(facts, facts.description)
        return changed

    def _show_aliases(
        self, line: str, wanted: Mapping[str, str | None], now: Mapping[str, str]
    ) -> list[str]:
        changed = []
        for alias, version in wanted.items():
            if version == now.get(alias):
                continue
            named = {"name": line, "alias": alias}
            if version is None:
                self._rest.put("registered-models/alias", method="DELETE", **named)
            else:
                self._rest.put("registered-models/alias", **named, version=version)
            changed.append(alias)
        return changed

    # the reviewer

    def set_review(self, line: str, version: str, text: str) -> None:
        """Set the review tag, as the UI does (for a reviewer's own account)."""
        self._set_version_tag(line, version, REVIEW, text)

    def _set_model_tag(self, model: str, key: str, value: str) -> None:
        self._rest.put("registered-models/set-tag", name=model, key=key, value=value)

    def _set_version_tag(self, model: str, version: str, key: str, value: str) -> None:
        named = {"name": model, "version": version, "key": key, "value": value}
        self._rest.put("model-versions/set-tag", **named)


def _shown(tags: Mapping[str, str], line: str) -> ReleaseState | None:
    """The release state that a line's tags show; one that nobody understands is none."""
    try:
        return ReleaseState.from_text(tags[RELEASE], line) if RELEASE in tags else None
    except BadInput:
        return None
