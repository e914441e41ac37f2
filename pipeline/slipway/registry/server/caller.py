"""Who is asking: the user that MLflow authenticated, and the role the server gave that user."""

import logging
import os
import time
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from slipway.domain.errors import BadConfig
from slipway.domain.people import People
from slipway.settings import settings


class Role(StrEnum):
    """What a user of the registry may be."""

    SERVICE = "service"  # the pipeline: registers and shows the ledger, never reviews
    REVIEWER = "reviewer"  # a person: reviews, nothing else
    OVERSEER = "overseer"  # a person: stops what is on live traffic, nothing else
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


def caller_named(user: str, at: datetime | None = None) -> Caller:
    """The caller of that name, now or ``at`` a time; a service account is never anything else.

    A reviewer is who is listed, or stands in for one on that day.
    """
    if not user or user in _listed("SLIPWAY_SERVICE_USERS"):
        return Caller(user, Role.SERVICE if user else Role.OTHER)
    if user in reviewers():
        return Caller(user, Role.REVIEWER)
    people = _people()
    standing = people.standing_in(user, at or settings().clock.at(time.time()))
    if standing and standing.stands_for in map(people.reviewer, reviewers()):
        return Caller(user, Role.REVIEWER)
    return Caller(user, Role.OVERSEER if people.oversees(user) else Role.OTHER)


def may_review(user: str, at: datetime) -> bool:
    """Whether an account was, or is, a reviewer at a time."""
    return caller_named(user, at).role is Role.REVIEWER


def _people() -> People:
    """Who is who; nobody where the file cannot be read, so that pages can be read all the same."""
    try:
        return settings().people
    except BadConfig as error:
        logging.getLogger("slipway").warning("nobody stands in or oversees: %s", error)
        return People()


def current_caller() -> Caller:
    """The caller of the request in hand; outside of a request nobody asks, and may do nothing."""
    from flask import g, has_request_context  # only the server has it at hand

    user = g.get("mlflow_authenticated_user", "") if has_request_context() else ""
    return caller_named(user or "")
