"""The pipeline's side of the registry: register, show the ledger, read the reviewer's word."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from slipway.artifact.digest import digest as folder_digest
from slipway.domain.last_look import LastLook
from slipway.domain.release import LineState, Transition
from slipway.domain.stage import Stage
from slipway.registry import adoption, page, projection, registration, runs
from slipway.registry.names import (
    ATTESTATION,
    AUTHOR,
    EVIDENCE_DIGEST,
    EVIDENCE_FOLDER,
    FINGERPRINT,
    KEY,
    LOOKED,
    ORDERS,
    ORIGIN,
    PROJECTED,
    RELEASE,
    RULES,
    STAGE,
    rules_model,
)
from slipway.registry.order_tag import OrderedRegistry, orders_of
from slipway.registry.reader import tags_of, unknown
from slipway.registry.registration import Registration
from slipway.registry.rest import RegistryRefused
from slipway.registry.reviewed import ReviewedVersions
from slipway.registry.state import ReleaseState
from slipway.settings import Settings

LOOK_SHOWN_S = 5.0
"""Wall seconds between two looks that are shown."""


class Registry(ReviewedVersions, OrderedRegistry):
    """The lines' models in MLflow, seen from the pipeline or a person's own account.

    Every method may be repeated: what
    already stands is left as it is.
    """

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The registry with the account of this process."""
        url, user, password = settings.mlflow_url, settings.mlflow_user, settings.mlflow_password
        return cls(
            url,
            user,
            password,
            settings.public_key,
            pages=settings.mlflow_pages,
            people=lambda: settings.people,
            reviewer_keys=settings.reviewer_keys,
        )

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
        projected = tags.get(PROJECTED, "")
        since = int(projected) if projected.isascii() and projected.isdigit() else 0
        wanted = projection.project(state, transitions, rules, since)
        waiting = orders_of(tags.get(ORDERS), state.line)  # the ledger does not have them yet
        wanted = wanted.without({order.version for order in waiting})
        changed: list[str] = []
        shown = ReleaseState.if_understood(tags.get(RELEASE), state.line)
        if at_most and shown is None and RELEASE in tags:
            return ()  # nobody understands it: the router goes on by what it was shown before
        before = shown or ReleaseState(state.line)
        if at_most:
            wanted = wanted.at_most(before, transitions)
        self.check_promotion(before, wanted.release, transitions)
        for between in projection.climb(before, wanted.release, transitions):
            if not self._set_release(between):
                return ()
        if shown != wanted.release:
            if not self._set_release(wanted.release):
                return ()
            changed.append(RELEASE)
        changed += self._show_versions(state.line, wanted.versions)
        changed += self._show_aliases(state.line, wanted.aliases, _aliases_of(model))
        if since != state.epoch and not at_most:
            self._set_model_tag(state.line, PROJECTED, str(state.epoch))
        return tuple(changed)

    def show_look(self, line: str, at: float, every_s: float) -> LastLook:
        """Show that the release was looked at, at ``at`` POSIX seconds; often looks are shown seldom.

        Returns what is shown now.
        """
        before = self.last_look(line)
        if before and 0 <= at - before.at < LOOK_SHOWN_S:
            return before
        look = before.then(at, every_s) if before else LastLook(at, every_s)
        self._set_model_tag(line, LOOKED, look.to_text())
        return look

    def _set_release(self, release: ReleaseState) -> bool:
        """Whether it is shown now; False where a newer state already stands.

        Who would step in for the champion was approved long ago, perhaps: where that cannot be proven
        any more the rules step in, and a return does not wait for it.
        """
        try:
            self._set_model_tag(release.line, RELEASE, release.to_text())
        except RegistryRefused as refusal:
            if refusal.status == HTTPStatus.CONFLICT:
                return False
            alone = replace(release, previous_champion=None, previous_share=0.0)
            if refusal.status != HTTPStatus.FORBIDDEN or alone == release:
                raise
            self._set_model_tag(release.line, RELEASE, alone.to_text())
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
                self.ask_for_review(facts, facts.description)
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

    # for people

    def version_url(self, line: str, version: str) -> str:
        """Deep link to a version's page, where a reviewer decides."""
        return page.version_url(self._pages, line, version)

    # inside

    def _aliases(self, model: str) -> dict[str, str]:
        return _aliases_of(self._model(model) or {})


def _aliases_of(model: Mapping[str, Any]) -> dict[str, str]:
    return {a["alias"]: str(a["version"]) for a in model.get("aliases", ())}
