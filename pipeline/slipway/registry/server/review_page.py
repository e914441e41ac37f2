"""The page on which a reviewer reads the evidence of a version and decides by a button.

It runs in MLflow's server behind its login. A button ends in the very call that the tag ``review`` makes:
:meth:`slipway.registry.server.guard.GuardedStore.set_model_version_tag`. What is shown is what the digest of
the version's tags names; the form carries a token of the server for this person, version and digest, so that
no other page can press a button, and none is pressed for evidence that has changed. No script is needed.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask, Response, current_app, redirect, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from mlflow.entities.model_registry import ModelVersionTag
from mlflow.exceptions import MlflowException

from slipway.registry.names import AUTHOR, EVIDENCE_DIGEST, REVIEW, STAGE, STOP
from slipway.registry.page import REVIEW_PATH, TEMPLATES
from slipway.registry.server.caller import Caller, Role, current_caller
from slipway.registry.server.evidence_shown import EvidenceShown, evidence_of
from slipway.registry.server.review_desk import ReviewDesk

if TYPE_CHECKING:
    from slipway.registry.facts import VersionFacts

TOKEN_S = 12 * 3600
"""Seconds for which a page that was opened may decide: a working day."""
DECISIONS = ("approve", "reject", STOP)
ROLES = {
    Role.REVIEWER: "a reviewer",
    Role.OVERSEER: "an overseer",
    Role.OTHER: "no reviewer",
    Role.SERVICE: "no person",
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def add_review_page(app: Flask, auth: Any) -> None:  # MLflow's module of accounts
    """Serve the page from MLflow's ``app``, to whoever ``auth`` lets read the model."""
    app.add_url_rule(REVIEW_PATH, "slipway_review", _answer, methods=["GET", "POST"])
    for method in ("GET", "HEAD", "POST"):
        auth.BEFORE_REQUEST_VALIDATORS[REVIEW_PATH, method] = lambda: _may_read(auth)


def _may_read(auth: Any) -> bool:
    return bool(auth._get_registered_model_permission(request.args.get("name", "")).can_read)  # noqa: SLF001 - no public way


def _answer() -> Response:
    name, version = request.args.get("name", ""), request.args.get("version", "")
    store = _store()
    facts = store.version_facts(name, version)
    if facts is None:
        text = f"There is no version {version!r} of a line {name!r} here; look it up on the page Models."
        return _plain(text, HTTPStatus.NOT_FOUND)
    if request.method == "POST":
        return _decide(store, facts)
    return _page(store, facts)


def _decide(store: ReviewDesk, facts: "VersionFacts") -> Response:
    """Say the word of the tag; a refusal is shown on the page with the reason that was typed."""
    decision, reason = request.form.get("decision", ""), request.form.get("reason", "")
    caller = current_caller()
    digest = _digest_of(request.form.get("csrf_token", ""), caller, facts)
    if digest is None or decision not in DECISIONS or not (digest or decision == STOP):
        refusal = "Nothing was decided: this page is too old or was not made for you; read it again, then press."
        return _page(store, facts, refusal, reason, HTTPStatus.FORBIDDEN)
    said = " ".join(reason.split())
    tag = ModelVersionTag(REVIEW, f"{decision} {digest} {said}")
    if decision == STOP:
        tag = ModelVersionTag(STOP, said)
    try:
        store.set_model_version_tag(facts.model, facts.version, tag)
    except MlflowException as error:
        return _page(store, facts, error.message, reason, HTTPStatus(error.get_http_status_code()))
    answer = redirect(request.full_path, HTTPStatus.SEE_OTHER)
    answer.headers.extend(_HEADERS)
    return answer  # type: ignore[return-value]  # werkzeug's class is flask's by another name


def _page(
    store: ReviewDesk,
    facts: "VersionFacts",
    refusal: str = "",
    reason: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    caller, shown = current_caller(), evidence_of(facts)
    digest = facts.tags.get(EVIDENCE_DIGEST, "")
    closed = store.why_not(caller, facts)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True
    )
    html = environment.get_template("decide.html.j2").render(
        **_words(facts, shown),
        user=caller.user,
        role=ROLES[caller.role],
        refusal=refusal,
        reason=reason,
        open=not closed,
        may_stop=store.may_stop(caller, facts),
        closed=closed,
        decided=store.decided(facts),
        digest=digest,
        token=_tokens().dumps([caller.user, facts.model, facts.version, digest]),
        action=f"{request.path}?{urlencode({'name': facts.model, 'version': facts.version})}",
    )
    return _html(html, status)


def _words(facts: "VersionFacts", shown: EvidenceShown) -> dict[str, str | bool]:
    return {
        "name": facts.name,
        "stage": facts.tags.get(STAGE, ""),
        "author": facts.tags.get(AUTHOR, ""),
        "version_page": f"./../#/models/{facts.model}/versions/{facts.version}",
        "evidence": shown.html,
        "evidence_path": shown.path,
        "bound": shown.bound,
        "no_evidence": shown.trouble,
    }


def _digest_of(token: str, caller: Caller, facts: "VersionFacts") -> str | None:
    """The digest that the page was made for; None where the token is not this person's for this version."""
    try:
        user, model, version, digest = _tokens().loads(token, max_age=TOKEN_S)
    except (BadSignature, ValueError, TypeError):
        return None
    mine = (user, model, version) == (caller.user, facts.model, facts.version)
    return str(digest) if mine else None


def _tokens() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="slipway review page")


def _store() -> ReviewDesk:
    from mlflow.server.handlers import _get_model_registry_store  # only in the server

    found = _get_model_registry_store()
    assert isinstance(found, ReviewDesk)
    return found


def _html(text: str, status: HTTPStatus) -> Response:
    return Response(text, int(status), _HEADERS, content_type="text/html; charset=utf-8")


def _plain(text: str, status: HTTPStatus) -> Response:
    return Response(text + "\n", int(status), _HEADERS, content_type="text/plain; charset=utf-8")
