"""What MLflow's own accounts must be allowed, so that the guard is asked at all."""

import sys

from slipway.registry.server.caller import reviewers

_ACCOUNTS = "mlflow.server.auth"


def let_reviewers_review(model: str) -> None:
    """Give reviewers EDIT on ``model``, without which MLflow would not let them set the review tag.

    The guarded store refuses them everything else. Where no accounts are served nothing is done:
    MLflow's module may be imported without a database of accounts.
    """
    accounts = sys.modules.get(_ACCOUNTS)
    if accounts is None or not hasattr(accounts.store, "engine"):
        return
    for user in sorted(reviewers()):
        if accounts.store.has_user(user, use_primary=True):
            accounts.store.grant_user_permission(user, "registered_model", model, "EDIT")
