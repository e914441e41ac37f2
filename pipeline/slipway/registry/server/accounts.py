"""The accounts of MLflow's own database, brought in line with the declared ones at each start.

A password that was replaced where it is declared takes effect; one that a person changed in MLflow
stays, and that is said. Who is no reviewer any more may write no tag.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path

from mlflow.exceptions import MlflowException

from slipway.lines import all_names
from slipway.registry.server.caller import Role, caller_named
from slipway.registry.server.grants import let_reviewers_review
from slipway.registry.server.setup import ADMIN, write_private

MODEL, EDIT = "registered_model", "EDIT"
_LOG = logging.getLogger("slipway")


def bring_up_to_date(accounts: Mapping[str, str], remembered: Path) -> None:
    """Make accounts that are missing, replace passwords that were, keep who may review.

    ``remembered`` holds a digest of each declared password beside what MLflow made of it, so that a
    start with nothing changed asks for no slow comparison.
    """
    known: dict[str, str] = json.loads(remembered.read_text()) if remembered.is_file() else {}
    now = {user: _in_step(user, word, known.get(user)) for user, word in accounts.items()}
    if now != known:
        write_private(remembered, json.dumps(now, indent=1))
    _keep_reviewers()


def _in_step(user: str, word: str, known: str | None) -> str:
    """Bring one account in line; returns what is to be remembered of it."""
    from mlflow.server.auth import store  # it reads its settings file when imported

    if not store.has_user(user, use_primary=True):
        try:
            store.create_user(user, word, is_admin=user == ADMIN)
            return f"{_digest(word, user)}:{_held(user)}"
        except MlflowException:
            if not store.has_user(user, use_primary=True):
                raise  # not another worker that was faster
    declared, held = (known or ":").split(":")
    same = declared == _digest(word, user)
    if known and same and _held(user) == held:
        return known  # comparing the words themselves takes half a second each
    in_effect = store.authenticate_user(user, word)
    if same and not in_effect:
        _LOG.warning(
            "the password of %s was changed in MLflow: the declared one is not in effect. Declare"
            " another one to replace it.",
            user,
        )
        return f"{declared}:{held}"
    if not in_effect:
        store.update_user(user, word)
        _LOG.warning("the password of %s is the declared one now; the one before is void", user)
    return f"{_digest(word, user)}:{_held(user)}"


def _held(user: str) -> str:
    """A digest of what MLflow keeps of the password: another one whenever it was set."""
    from mlflow.server.auth import store  # it reads its settings file when imported

    return _digest(str(store.get_user(user).password_hash), user)


def _digest(text: str, user: str) -> str:
    return hashlib.sha256(f"{user}\0{text}".encode()).hexdigest()


def _keep_reviewers() -> None:
    """Let reviewers edit the lines' models, and nobody who was one."""
    from mlflow.server.auth import store  # it reads its settings file when imported

    for line in all_names():
        let_reviewers_review(line)
    for user in (found.username for found in store.list_users()):
        if caller_named(user).role is not Role.OTHER:
            continue
        for grant in store.list_registered_model_permissions(user):
            if grant.permission == EDIT and grant.name in all_names():
                store.revoke_user_resource_permission(user, MODEL, grant.name)
                _LOG.warning("%s is no reviewer any more and may not edit %s", user, grant.name)
