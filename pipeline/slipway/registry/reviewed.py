"""Versions under review: what is attached for the reviewer, and the reviewer's word."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from slipway.artifact.digest import files_digest
from slipway.domain.approval import Approval
from slipway.domain.errors import ApprovalRefused, BadConfig
from slipway.domain.people import People
from slipway.domain.release import Transition
from slipway.domain.stage import Stage
from slipway.registry import files, page, runs
from slipway.registry.attestation import Attestation, attested
from slipway.registry.facts import VersionFacts
from slipway.registry.names import (
    ATTESTATION,
    AUTHOR,
    EVIDENCE_DIGEST,
    LIVE_FILES,
    LIVE_FOLDER,
    REVIEW,
    REVIEWERS_ASKED,
    STAGE,
    USED,
)
from slipway.registry.reader import RegistryReader
from slipway.registry.rest import RegistryRefused, unless_it_stands
from slipway.registry.reviewer_keys import may_sign
from slipway.registry.shown import ShownRun, check_shown
from slipway.registry.state import ReleaseState


class ReviewedVersions(RegistryReader):
    """What the pipeline shows to reviewers and reads of them.

    ``public_key`` is the file with the key that reviews are signed with; ``people`` says who is who.
    ``pages`` is the address for a browser, where it differs. ``reviewer_keys`` is the folder of reviewers' own
    public keys, where they sign themselves.
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        public_key: Path,
        *,
        pages: str = "",
        people: Callable[[], People] = People,
        reviewer_keys: Path | None = None,
    ) -> None:
        super().__init__(url, user, password)
        self._account = url, user, password
        self._public_key, self._pages, self._people = public_key, pages or url, people
        self._reviewer_keys = reviewer_keys

    def describe(self, line: str, version: str, description: str) -> None:
        """Set a version's page; a version that waits for its reviewer says how to decide."""
        facts = self.facts(line, version)
        text = page.check_description(description).replace(page.RUN_PLACE, facts.run_id)
        self.ask_for_review(facts, text)

    def ask_for_review(self, facts: VersionFacts, text: str) -> None:
        """Set a version's page, with how to decide where it waits for its reviewer."""
        digest = facts.tags.get(EVIDENCE_DIGEST)
        if ATTESTATION in facts.tags:
            return  # the page that was decided on stays
        if facts.tags.get(STAGE) == Stage.APPROVAL and digest:
            link = page.review_url(self._pages, facts.model, facts.version)
            if self._reviewer_keys is not None:
                text = page.with_signing_block(text, digest, facts.model, facts.version)
            else:
                text = page.with_review_block(
                    text, digest, one=self._one_is_enough(facts), review_page=link
                )
        if text != facts.description:
            call = "model-versions/update"
            named = {"name": facts.model, "version": facts.version}
            with unless_it_stands():  # the reviewer may decide in this very moment
                self._rest.put(call, method="PATCH", **named, description=text)

    def _one_is_enough(self, facts: VersionFacts) -> bool:
        """Whether one reviewer is asked and known not to be the author; no page waits for a broken file."""
        if facts.tags.get(REVIEWERS_ASKED, "1") != "1":
            return False
        try:
            return self._people().author(facts.tags.get(AUTHOR, "")) is not None
        except BadConfig:
            return False

    def attach(self, line: str, version: str, folder: Path, under: str) -> None:
        """Add files to a version's run below ``live/<under>``."""
        run = runs.get(self._rest, self.facts(line, version).run_id)
        self._rest.upload(run.root, folder, f"{LIVE_FOLDER}/{under}")

    def attached(self, line: str, version: str) -> dict[str, str]:
        """Path below ``live`` → hex SHA-256 of each file that was attached to a version's run."""
        found = files.sha256_below(self._rest, self.facts(line, version).run_id, LIVE_FOLDER)
        return {path.removeprefix(f"{LIVE_FOLDER}/"): sha256 for path, sha256 in found.items()}

    def bind(
        self, line: str, version: str, attached: Mapping[str, str], reviewers: int = 1
    ) -> None:
        """Put the attached files under the review to come, and say how many ``reviewers`` it asks.

        What was reviewed stays as it was.
        """
        facts = self.facts(line, version)
        if ATTESTATION in facts.tags:
            return
        wanted = {LIVE_FILES: files_digest(attached)} if attached else {}
        if str(reviewers) != facts.tags.get(REVIEWERS_ASKED, "1"):
            wanted[REVIEWERS_ASKED] = str(reviewers)
        for key, value in wanted.items():
            if facts.tags.get(key) != value:
                with unless_it_stands():  # the reviewer may decide in this very moment
                    self._set_version_tag(line, version, key, value)

    def reviews(
        self, line: str, version: str, attached: Mapping[str, str] | None = None
    ) -> Approval | None:
        """The reviewer's word on a version, verified; ``None`` while there is none.

        Raises ApprovalRefused where the attestation is forged, copied from another version, or
        where what was reviewed has changed since: every file and number of the run included. A word
        that takes off counts whatever has changed. ``attached`` is what the pipeline itself remembers
        of the live evidence: a registry that names another was changed before the review.
        """
        facts = self.facts(line, version)
        if ATTESTATION not in facts.tags:
            return None  # where nobody has reviewed, no key is asked for
        approval = self._signed(facts)
        if approval is not None and approval.decision != "reject":
            self.check_as_shown(facts)
            if attached and files_digest(attached) != facts.tags.get(LIVE_FILES):
                raise ApprovalRefused(
                    f"live evidence of {facts.name}",
                    found="another one than was attached",
                    expected="what the decision was taken on",
                    next_step="look into the audit log, and retrain the week",
                )
        return approval

    def check_as_shown(self, facts: VersionFacts) -> None:
        """Raise ApprovalRefused where the run shows other files or numbers than the version's tags name."""
        found = files.sha256_below(self._rest, facts.run_id)
        check_shown(facts, ShownRun(found, runs.data_of(self._rest, facts.run_id)))

    def attest(self, line: str, version: str, attestation: Attestation) -> None:
        """Attach a review that a reviewer signed with a key of their own."""
        self._set_version_tag(line, version, ATTESTATION, attestation.to_json())

    def check_promotion(
        self, before: ReleaseState, after: ReleaseState, transitions: Iterable[Transition]
    ) -> None:
        """Raise ApprovalRefused for a promotion since ``before`` that no reviewer signed with a key of their own.

        A guard in the server asks this itself; where reviewers have no keys, nothing is asked here. Who
        comes back was promoted before, however many returns lead to it: a return waits for no signature.
        """
        if self._reviewer_keys is None or after.champion is None:
            return
        since = (t for t in transitions if t.epoch > before.epoch)
        promoted = {t.candidate.version for t in since if t.to_stage is Stage.CHAMPION}
        if after.champion not in promoted:
            return
        facts = self.facts(after.line, after.champion)
        approval = self._signed(facts) if ATTESTATION in facts.tags else None
        if approval is None or approval.decision != "approve":
            raise ApprovalRefused(
                f"promotion of {facts.name}",
                found="no reviewer's signed approval",
                expected="one, before everybody is answered by it",
                next_step="let a reviewer sign: `slipway approve`; nothing was shown to the router",
            )

    def _signed(self, facts: VersionFacts) -> Approval | None:
        """The verified word on a version that somebody reviewed; raises ApprovalRefused."""
        said = Attestation.from_json(facts.tags[ATTESTATION], facts.name).approval
        return attested(facts, may_sign(self._public_key, self._reviewer_keys, said))

    def use_approval(self, line: str, version: str) -> None:
        """Say that a promotion stands on the version's approval: from now on nobody withdraws it.

        Raises ApprovalRefused where it does not count any more; nothing is to be promoted then.
        """
        digest = self.facts(line, version).tags.get(EVIDENCE_DIGEST, "")
        try:
            self._set_version_tag(line, version, USED, digest)
        except RegistryRefused as refusal:
            raise ApprovalRefused(
                f"approval of {line} version {version}",
                found=refusal.message,
                expected="an approval that counts",
                next_step="review the present evidence; nothing was promoted",
            ) from refusal

    def review(self, line: str, version: str, word: str, reason: str) -> None:
        """Say ``word`` of the evidence that the version has now, as a reviewer's own account."""
        digest = self.facts(line, version).tags.get(EVIDENCE_DIGEST, "")
        self.set_review(line, version, f"{word} {digest[:12]} {reason}")

    def set_review(self, line: str, version: str, text: str) -> None:
        """Set the review tag, as the UI does (for a reviewer's own account)."""
        self._set_version_tag(line, version, REVIEW, text)

    def _set_version_tag(self, model: str, version: str, key: str, value: str) -> None:
        named = {"name": model, "version": version, "key": key, "value": value}
        self._rest.put("model-versions/set-tag", **named)
