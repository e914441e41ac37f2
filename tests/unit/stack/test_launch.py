"""What a program of the stack does before it becomes what it is."""

import os
import subprocess
import sys

SCHEDULE = """
import gc
from airflow.executors.local_executor import LocalExecutor
from slipway.stack.launch import stay_frozen
stay_frozen()
gc.collect()
gc.freeze()
frozen = gc.get_freeze_count()
executor = LocalExecutor(parallelism=1)
executor.start()
print(frozen > 100_000, gc.get_freeze_count() >= frozen)
executor.end()
"""


def test_what_was_imported_for_tasks_stays_shared(tmp_path):
    """Airflow's own executor, started as the scheduler starts it, thaws nothing."""
    ran = subprocess.run(
        [sys.executable, "-c", SCHEDULE],
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "True True\n" in ran.stdout
