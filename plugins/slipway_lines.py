"""The declared lines as DAG files see them: each for itself, a bad one with a DAG that says why."""

from collections.abc import Callable

import pendulum
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException
from slipway import lines
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.errors import SlipwayError
from slipway_tasks import TASK_DEFAULTS, step

DOC = """This line cannot be loaded. **Red?** It always is: the first line of the task's log says what is
wrong and what to do. The other lines go on."""


def each_line(declare: Callable[[DeclaredLine], None], *, placeholder: str | None = None) -> None:
    """``declare`` the DAG of every declared line.

    For one that cannot be loaded ``placeholder`` is the DAG's prefix: its one task fails with the
    reason. No fault of a line keeps the DAGs of the others away.
    """
    for name in lines.all_names():
        try:
            line = lines.declared(name)
        except SlipwayError as error:
            if placeholder:
                _declare_fault(f"{placeholder}_{name}", name, str(error))
        else:
            declare(line)


def _declare_fault(dag_id: str, name: str, fault: str) -> None:
    def refuse() -> None:
        raise AirflowFailException(fault)

    refuse.__doc__ = fault
    with DAG(
        dag_id=dag_id,
        schedule=None,
        start_date=pendulum.datetime(2000, 1, 1, tz="UTC"),
        catchup=False,
        tags=["slipway", name],
        doc_md=f"{DOC}\n\n> {fault}",
        default_args=TASK_DEFAULTS,
    ):
        step(task_id="load_line")(refuse)()
