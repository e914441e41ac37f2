"""Show in Airflow's *Required actions* that a version waits for a reviewer, until the ledger has the decision.

It decides nothing: the answer is given on the version's review page in MLflow, by a reviewer who is not its
author. A button here makes it look again. **Red?** The ledger could not be read: the first line of the log says
why. **Pink?** No version waits. The release goes on without this DAG as with it.
"""

from airflow.sdk import DAG, Asset
from slipway.lines.definition import Definition
from slipway_approval import ApprovalMirror
from slipway_lines import each_line
from slipway_tasks import approval_asked, settings_of


def declare(line: Definition) -> None:
    """One task; started by the release that asks."""
    with DAG(
        dag_id=f"approval_{line.name}",
        schedule=[Asset(approval_asked(line.name))],
        max_active_runs=4,
        allowed_run_types=["asset_triggered", "manual"],
        **settings_of(line.name, __doc__),
    ):
        ApprovalMirror(task_id="wait_for_reviewer", line=line.name)


each_line(declare)
