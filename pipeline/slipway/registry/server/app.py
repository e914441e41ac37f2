"""MLflow's basic-auth app with Slipway's accounts and the audit log (entry point of mlflow.app)."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from slipway.domain.errors import BadConfig
from slipway.registry.server.accounts import bring_up_to_date
from slipway.registry.server.audit import AuditLog
from slipway.registry.server.caller import Role, caller_named
from slipway.registry.server.logins import LoginGate, Logins, guard
from slipway.registry.server.proxy_login import ProxyGate, secret
from slipway.registry.server.setup import (
    ADMIN,
    ROUTER,
    accounts_of,
    audit_log_of,
    is_prepared,
    words_of,
)


def create_app() -> FastAPI:
    """The guarded MLflow application; uvicorn calls it in each worker.

    Raises BadConfig where the server was started otherwise than by
    :func:`slipway.registry.server.command.mlflow_argv`.
    """
    from mlflow.server import auth  # it reads its settings file when imported

    from slipway.registry.server.review_page import add_review_page

    ini = Path(os.environ.get("MLFLOW_AUTH_CONFIG_PATH", ""))
    if not is_prepared(ini):
        raise BadConfig(
            "MLFLOW_AUTH_CONFIG_PATH",
            found=str(ini),
            expected="a file written by slipway.registry.server.setup.prepare",
            next_step="prepare the server before it is started",
        )
    app = auth.create_app()
    add_review_page(auth.app, auth)
    if not isinstance(app, FastAPI):
        raise BadConfig(
            "MLflow's web server",
            found=type(app).__name__,
            expected="uvicorn with FastAPI",
            next_step="start it without --gunicorn-opts and --waitress-opts",
        )
    accounts = accounts_of(ini)
    bring_up_to_date(accounts, words_of(ini))
    logins = Logins(auth.store.authenticate_user)
    for user, password in accounts.items():
        logins.expect(user, password)
    guard(auth.store, logins)
    app.add_middleware(LoginGate, logins=logins, is_open=auth.is_unprotected_route)
    if path := os.environ.get("SLIPWAY_PROXY_SECRET"):
        app.add_middleware(ProxyGate, word=secret(Path(path)), is_person=_is_person(auth.store))
    app.add_middleware(AuditLog, path=audit_log_of(ini))
    return app


def _is_person(store: Any) -> Callable[[str], bool]:
    """Which accounts a proxy may name: those of people, and never the pipeline's or the administrator's."""

    def known(user: str) -> bool:
        machine = user in (ADMIN, ROUTER) or caller_named(user).role is Role.SERVICE
        return not machine and bool(store.has_user(user, use_primary=True))

    return known
