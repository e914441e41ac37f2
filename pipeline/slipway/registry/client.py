"""The pipeline's side of the registry: register, show the ledger, read the reviewer's word."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from slipway.artifact.digest import digest as folder_digest
from slipway.domain.approval import Approval
from slipway.domain.release import LineState, Transition
from slipway.domain.stage import Stage
from slipway.registry import adoption, files, page, projection, registration, runs
from slipway.registry.attestation import attested, public_keys
from slipway.registry.facts import VersionFacts
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
    RELEASE,
    REVIEW,
    RULES,
    STAGE,
    rules_model,
)
from slipway.registry.reader import RegistryReader, tags_of, unknown
from slipway.registry.registration import Registration
from slipway.registry.rest import RegistryRefused, unless_it_stands
from slipway.registry.state import ReleaseState
from slipway.settings import Settings


class Registry(RegistryReader):
    """The lines' models in MLflow, seen from the pipeline or a person's own account.

    ``public_key`` is the file with the key that reviews are signed with; ``pages`` is the address
    for a browser, where it differs. Every method may be repeated: what already stands is left as it
    is.
    """

    def __init__(
        self, url: str, user: str, password: str, public_key: Path, *, pages: str = ""
    ) -> None:
        super().__init__(url, user, password)
        self._public_key, self._pages = public_key, pages or url
        self._account = url, user, password

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The registry with the account of this process."""
        url, user, password = settings.mlflow_url, settings.mlflow_user, settings.mlflow_password
        return cls(url, user, password, settings.public_key, pages=settings.mlflow_pages)

    def download_model(self, uri: str, into: Path) -> Path:
        """The files of a model that was registered elsewhere in this MLflow; see :mod:`.adoption`."""
        return adoption.download(*self._account, uri, into)

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
        new = Registration(
            line, line, key, ranker, evidence, tags, description, params or {}, metrics or {}
        )
        return registration.register(self._rest, new)

    def register_rules(self, line: str, ranker: Path, *, author: str, description: str = "") -> str:
        """Register the rules and give them their alias; the same files are the same version."""
        self.ensure_line(line)
        digest = folder_digest(ranker)
        tags = {AUTHOR: author, ORIGIN: "manual", FINGERPRINT: digest}
        model = rules_model(line)
        new = Registration(line, model, digest, ranker, None, tags, description)
        version = registration.register(self._rest, new)
        if self._aliases(model).get(RULES) != version:
            self._rest.put("registered-models/alias", name=model, alias=RULES, version=version)
        return version

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

    def project(
        self, state: LineState, transitions: Sequence[Transition], *, at_most: bool = False
    ) -> tuple[str, ...]:
        """Bring the registry in step with the ledger; returns what was changed.

        The release tag comes first, because the router obeys it: a return must not wait. A
        projection that was interrupted is finished by the next call. ``at_most`` shows no more than
        stands there: what a ledger that is not sound takes away.
        """
        model = self._model(state.line)
        if model is None and at_most:
            return ()
        if model is None:
            raise unknown("registered model", state.line)
        tags = tags_of(model)
        rules = self._aliases(rules_model(state.line)).get(RULES)
        since = int(tags.get(PROJECTED, 0))
        wanted = projection.project(state, transitions, rules, since)
        changed: list[str] = []
        shown = ReleaseState.if_understood(tags.get(RELEASE), state.line)
        if at_most:
            return self._take_away(shown or ReleaseState(state.line), wanted.release, transitions)
        if shown != wanted.release:
            if not self._set_release(state.line, wanted.release.to_text()):
                return ()
            changed.append(RELEASE)
        changed += self._show_versions(state.line, wanted.versions)
        changed += self._show_aliases(state.line, wanted.aliases, _aliases_of(model))
        if since != state.epoch:
            self._set_model_tag(state.line, PROJECTED, str(state.epoch))
        return tuple(changed)

    def _take_away(
        self, shown: ReleaseState, wanted: ReleaseState, transitions: Sequence[Transition]
    ) -> tuple[str, ...]:
        less = projection.at_most(shown, wanted, transitions)
        if less == shown or not self._set_release(shown.line, less.to_text()):
            return ()
        return (RELEASE,)

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

    def reviews(self, line: str, version: str) -> Approval | None:
        """The reviewer's word on a version, verified; ``None`` while there is none.

        Raises ApprovalRefused where the attestation is forged, copied from another version, or
        where what was reviewed has changed since, the evidence files included.
        """
        facts = self.facts(line, version)
        if ATTESTATION not in facts.tags:
            return None  # where nobody has reviewed, no key is asked for
        approval = attested(facts, public_keys(self._public_key))
        if approval is not None and EVIDENCE_FILES in facts.tags:
            files.check_evidence(self._rest, facts.run_id, facts.tags[EVIDENCE_FILES])
        return approval

    def set_review(self, line: str, version: str, text: str) -> None:
        """Set the review tag, as the UI does (for a reviewer's own account)."""
        self._set_version_tag(line, version, REVIEW, text)

    def version_url(self, line: str, version: str) -> str:
        """Deep link to a version's page, where a reviewer decides."""
        return page.version_url(self._pages, line, version)

    # inside

    def _aliases(self, model: str) -> dict[str, str]:
        return _aliases_of(self._model(model) or {})

    def _set_model_tag(self, model: str, key: str, value: str) -> None:
        self._rest.put("registered-models/set-tag", name=model, key=key, value=value)

    def _set_version_tag(self, model: str, version: str, key: str, value: str) -> None:
        named = {"name": model, "version": version, "key": key, "value": value}
        self._rest.put("model-versions/set-tag", **named)


def _aliases_of(model: Mapping[str, Any]) -> dict[str, str]:
    return {a["alias"]: str(a["version"]) for a in model.get("aliases", ())}
