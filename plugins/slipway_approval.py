"""A required action of Airflow that shows what a reviewer is asked. It decides nothing: the registry does.

Whoever answers it, and each time it was left alone for a while, the ledger is asked; as long as the
candidate waits there, the action stands there again.
"""

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput
from slipway_notes import annotate
from slipway_tasks import readable, was_cleared

LOOK_AGAIN = "Look again"
EVERY = timedelta(minutes=10)
"""How long the action stands there before the ledger is asked again."""


class ApprovalMirror(HITLOperator):  # type: ignore[misc]  # Airflow is untyped here
    """Stands in Airflow's list of required actions while a candidate of ``line`` waits for a reviewer."""

    def __init__(self, *, line: str, **arguments: Any) -> None:
        super().__init__(
            subject=f"{line}: a version waits for a reviewer",
            options=[LOOK_AGAIN],
            defaults=LOOK_AGAIN,
            response_timeout=EVERY,
            execution_timeout=None,
            **arguments,
        )
        self.line = line

    def execute(self, context: Context) -> None:
        """Ask; a run where no candidate waits is skipped, and so is one that was cleared.

        Airflow keeps an action's first words: cleared, it would ask about one version in the words of another.
        """
        if was_cleared(context["dag_run"]):
            raise AirflowSkipException(
                f"cleared: an action keeps its first words; trigger approval_{self.line} for the version that waits now"
            )
        asked = readable(_ledger().asked)(self.line)
        self.subject, self.body = asked.subject, asked.body
        self._park(context, asked.version)

    def execute_complete(
        self, context: Context, event: Mapping[str, Any], version: str = ""
    ) -> dict[str, str]:
        """Whatever was answered here: end with what the ledger says, or stand there again."""
        became = readable(_ledger().answer)(self.line, version)
        if not became:
            if by := (event.get("responded_by_user") or {}).get("name"):
                annotate(f"{by} looked; nothing was decided here, version {version} still waits")
            self._park(context, version)
        annotate(became)
        return {"version": version, "became": became}

    def _park(self, context: Context, version: str) -> None:
        try:
            super().execute(context)
        except TaskAwaitingInput as parked:
            parked.kwargs = {"version": version}
            raise


def _ledger() -> Any:
    return import_module("slipway.steps.approval_asked")
