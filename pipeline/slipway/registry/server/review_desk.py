"""The review gesture on MLflow's tables: what was seen, what is signed, what is taken back."""

import re
import time
from datetime import datetime
from pathlib import Path

from mlflow.store.model_registry.dbmodels.models import SqlRegisteredModelTag
from sqlalchemy.orm import Session

from slipway.domain.approval import Approval
from slipway.domain.errors import ApprovalRefused
from slipway.registry.attestation import attested, key_id, sign
from slipway.registry.facts import VersionFacts
from slipway.registry.names import (
    ATTESTATION,
    EVIDENCE_DIGEST,
    ORDERS,
    RELEASE,
    REVIEW,
    STOP,
    USED,
    WITHDRAWN,
)
from slipway.registry.order_tag import orders_of, orders_text
from slipway.registry.server import stored
from slipway.registry.server.caller import Caller, Role, may_review
from slipway.registry.server.endings import TAKEN_UP, check_undecided, takes_up, withdrawn
from slipway.registry.server.keys import load_private, raw_public, replaced_keys
from slipway.registry.server.refusals import Refused
from slipway.registry.server.review import (
    Review,
    check_reopening,
    check_withdrawal,
    judge_review,
    read_review,
)
from slipway.registry.server.stop import may_not_stop, stopped
from slipway.registry.server.tables import GuardedTables, as_mlflow_exceptions
from slipway.registry.shown import ShownRun, check_shown
from slipway.registry.state import ReleaseState
from slipway.settings import settings

_WORDS = {
    "approve": "Approved",
    "reject": "Rejected",
    "endorse": "Endorsed, waits for a second reviewer",
}


class ReviewDesk(GuardedTables):
    """Tables on which reviewers decide; the key in file ``key`` signs their words.

    Those that it replaced are kept beside it: what they signed stands.
    """

    def __init__(self, database_url: str, key: Path) -> None:
        super().__init__(database_url)
        self._key = load_private(key)
        self._public = raw_public(self._key.public_key())
        self._old_keys = replaced_keys(key)

    def seen(self, caller: Caller, name: str, version: str, text: str) -> ShownRun | None:
        """What the reviewer can open now; read before the row is held, for it may take a while.

        A word that only takes away is never kept waiting for what it does not need.
        """
        if caller.role is not Role.REVIEWER:
            return None
        with as_mlflow_exceptions():
            if read_review(text, f"{name} version {version}").decision != "approve":
                return None
            with self.ManagedSessionMaker() as session:
                facts = self._look(session, name, version)
            return stored.shown(facts) if facts and facts.run_id else ShownRun({}, "")

    def review(
        self,
        session: Session,
        caller: Caller,
        facts: VersionFacts,
        seen: ShownRun | None,
        text: str,
    ) -> None:
        """Sign what a reviewer says of the version, or take back what was said; raises Refused."""
        now, people = settings().clock.at(time.time()), settings().people
        review = read_review(text, facts.name)
        if review.decision == "withdraw":
            check_withdrawal(caller, facts, review)
            self._take_back(session, caller, facts, review, now)
        elif review.decision == "reopen":
            check_reopening(caller, facts, review, people)
            self._take_back(session, caller, facts, review, now)
        else:
            approval = judge_review(
                caller, facts, review, now, people=people, earlier=self._endorsed(facts)
            )
            if seen is not None:
                check_shown(facts, seen)
                check_undecided(facts, self._twins(session, facts))
            self._put(session, facts, ATTESTATION, sign(approval, facts, self._key).to_json())
        self._put(session, facts, REVIEW, text)

    def version_facts(self, name: str, version: str) -> VersionFacts | None:
        """What the tables hold of a line's version; None for what is no such thing."""
        if not self.is_of_a_line(name) or not re.fullmatch("[0-9]{1,18}", version, re.ASCII):
            return None
        with self.ManagedSessionMaker() as session:
            return self._look(session, name, version)

    def why_not(self, caller: Caller, facts: VersionFacts) -> str:
        """Why this person may not decide about a version now; "" where a word would be taken."""
        asked = Review("reject", facts.tags.get(EVIDENCE_DIGEST, ""), "asked before it is said")
        now, people = settings().clock.at(time.time()), settings().people
        try:
            judge_review(caller, facts, asked, now, people=people, earlier=self._endorsed(facts))
        except Refused as refusal:
            return str(refusal)
        return ""

    def decided(self, facts: VersionFacts) -> dict[str, str] | None:
        """The word that stands on a version, for people; None where nobody said one that counts."""
        try:
            found = self.verified(facts)
        except ApprovalRefused as error:
            return {
                "word": "Void",
                "by": "nobody",
                "at": "now",
                "digest": "none",
                "reason": str(error),
            }
        if found is None:
            return None
        reasons = "; ".join(filter(None, (found.reason, found.second_reason)))
        return {
            "word": _WORDS[found.decision],
            "by": " and ".join(found.reviewers),
            "at": f"{found.at:%Y-%m-%d %H:%M}",
            "digest": found.evidence_digest[:12],
            "reason": reasons,
        }

    def _take_back(
        self,
        session: Session,
        caller: Caller,
        facts: VersionFacts,
        review: Review,
        now: datetime,
    ) -> None:
        """Away with the word before; who took it back, and why, stands beside it from now on."""
        word = {"by": caller.user, "word": review.decision, "reason": review.reason}
        record = withdrawn(facts, {**word, "at": now.isoformat()})
        for tag in (ATTESTATION, USED):
            self._drop(session, facts, tag)
        self._put(session, facts, WITHDRAWN, record)

    def stop(self, session: Session, caller: Caller, facts: VersionFacts, reason: str) -> None:
        """Take the version off what routers obey, and keep the order for the ledger; raises Refused."""
        now = settings().clock.at(time.time())
        shown, orders = self._shown(session, facts.model), self._model_tag(session, facts, ORDERS)
        found = stopped(
            caller, facts, shown, orders_of(orders, facts.model), reason=reason, now=now
        )
        self._put_model(session, facts, ORDERS, orders_text(found.orders))
        self._put_model(session, facts, RELEASE, found.release.to_text())
        self._put(session, facts, STOP, found.orders[-1].reason)

    def may_stop(self, caller: Caller, facts: VersionFacts) -> bool:
        """Whether this person may stop the version now."""
        with self.ManagedSessionMaker() as session:
            return may_not_stop(caller, facts, self._shown(session, facts.model)) is None

    def _shown(self, session: Session, model: str) -> ReleaseState | None:
        tag = self._get_registered_model_tag(session, model, RELEASE)
        return ReleaseState.if_understood(tag.value if tag else None, model)

    def _model_tag(self, session: Session, facts: VersionFacts, key: str) -> str | None:
        tag = self._get_registered_model_tag(session, facts.model, key)
        return str(tag.value) if tag else None

    def _put_model(self, session: Session, facts: VersionFacts, key: str, value: str) -> None:
        workspace = self._get_registered_model(session, facts.model).workspace
        session.merge(
            SqlRegisteredModelTag(workspace=workspace, name=facts.model, key=key, value=value)
        )

    def take_up(self, session: Session, caller: Caller, facts: VersionFacts, stage: str) -> None:
        """Note that the pipeline goes on with a version that a reviewer reopened."""
        if takes_up(facts, stage):
            at = settings().clock.at(time.time()).isoformat()
            word = {"by": caller.user, "word": TAKEN_UP, "reason": stage, "at": at}
            self._put(session, facts, WITHDRAWN, withdrawn(facts, word))

    def _endorsed(self, facts: VersionFacts) -> Approval | None:
        """A first reviewer's endorsement that still counts, if there is one."""
        try:
            found = self.verified(facts)
        except ApprovalRefused:
            return None
        if found is None or found.decision != "endorse":
            return None
        return found if all(may_review(who, found.at) for who in found.reviewers) else None

    def undecided(self, session: Session, facts: VersionFacts) -> Approval | None:
        """As :meth:`verified`; raises ApprovalRefused, too, for a model that was decided against."""
        check_undecided(facts, self._twins(session, facts))
        return self.verified(facts)

    def verified(self, facts: VersionFacts) -> Approval | None:
        """The review of a version; raises ApprovalRefused for one that was forged or is void."""
        return attested(facts, {**self._old_keys, key_id(self._public): self._public})
