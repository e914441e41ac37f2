"""The lines in use as DAG files see them: read from their compiled definitions, no team's code is run."""

import re
from collections.abc import Callable

import pendulum
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException
from slipway import lines
from slipway.domain.errors import SlipwayError, UnknownReference
from slipway.lines import store
from slipway.lines.definition import Definition
from slipway.settings import settings
from slipway_tasks import TASK_DEFAULTS, step

DOC = """This line is not in use. **Red?** It always is: the first line of the task's log says what is wrong
and what to do. The other lines go on."""


def each_line(declare: Callable[[Definition], None], *, placeholder: str | None = None) -> None:
    """``declare`` the DAG of every line in use.

    For a team's line that is declared and not in use, or whose definition is damaged, ``placeholder`` is
    the DAG's prefix: its one task fails with what to do. So does that of a table in the policy file which
    is of no line. No fault of a line keeps the DAGs of the others away.
    """
    home = settings().home
    used = store.names(home)
    strangers = lines.policy_faults(settings().policy_file) if placeholder else {}
    for name, fault in strangers.items():
        if name not in used:
            _declare_fault(f"{placeholder}_{_id_part(name)}", name, fault)
    for name in dict.fromkeys((*used, *lines.all_names())):
        try:
            definition = store.in_use(home, name)
        except SlipwayError as error:
            definition, fault = None, str(error)
        else:
            fault = "" if definition else _not_planned(name)
        if definition:
            declare(definition)
        elif placeholder and fault:
            _declare_fault(f"{placeholder}_{name}", name, fault)


def _id_part(name: str) -> str:
    """A word of a policy file as a DAG's id holds it."""
    return re.sub(r"[^\w.-]", "_", name)[:100]


def _not_planned(name: str) -> str:
    """What to do about a line without a definition; nothing about a bundled one that nobody wants."""
    try:
        declaration = lines.declaration_of(name)
    except UnknownReference:
        return ""
    if declaration.bundled:
        return ""
    return declaration.fault or f"the line {name} is not planned yet: slipway plan {name} --apply"


def _declare_fault(dag_id: str, name: str, fault: str) -> None:
    def refuse() -> None:
        raise AirflowFailException(fault)

    refuse.__doc__ = fault
    with DAG(
        dag_id=dag_id,
        schedule=None,
        start_date=pendulum.datetime(2000, 1, 1, tz="UTC"),
        catchup=False,
        tags=["slipway", name[:100]],
        doc_md=f"{DOC}\n\n> {fault}",
        default_args=TASK_DEFAULTS,
    ):
        step(task_id="plan_line")(refuse)()
