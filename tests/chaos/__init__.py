"""Chaos: a release goes its way while its processes are killed and what they need goes away.

``python -m tests.chaos`` from a checkout. Real parts: MLflow's server with the guard, router processes,
the ledger on SQLite or PostgreSQL, steps as processes of their own; only Airflow, which starts the steps
and has been killed elsewhere, is played by the loop. Everything drawn follows from ``--seed``; a run that
was stopped goes on where it stopped. What was seen is written to ``tests/chaos/RESULTS.md``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the kits of the tests
