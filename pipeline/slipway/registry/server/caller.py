"""Who is asking: the user that MLflow authenticated, and the role the server gave that user."""

import os
from enum import StrEnum
from typing import NamedTuple


class Role(StrEnum):
    """What a user of the registry may be."""

    SERVICE = "service"  # the pipeline: registers and shows the ledger, never reviews
    REVIEWER = "reviewer"  # a person: reviews, nothing else
    OTHER = "other"  # reads


class Caller(NamedTuple):
    """An authenticated user ("" where nobody is) and the role."""

    user: str
    role: Role


def _listed(variable: str) -> frozenset[str]:
    return frozenset(filter(None, (u.strip() for u in os.environ.get(variable, "").split(","))))


def reviewers() -> frozenset[str]:
    """Users who may review."""
    return _listed("SLIPWAY_REVIEWERS")


def caller_named(user: str) -> Caller:
    """The caller of that name; a service account is never a reviewer, whatever the lists say."""
    if user and user in _listed("SLIPWAY_SERVICE_USERS"):
        return Caller(user, Role.SERVICE)
    if user and user in reviewers():
        return Caller(user, Role.REVIEWER)
    return Caller(user, Role.OTHER)


def current_caller() -> Caller:
    """The caller of the request in hand; outside of a request nobody asks, and may do nothing."""
    from flask import g, has_request_context  # only the server has it at hand

    user = g.get("mlflow_authenticated_user", "") if has_request_context() else ""
    return caller_named(user or "")
