"""DAG files beside lines at fault: the others' DAGs are as they were, and the bad one says why."""

import sys
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException

sys.path.append(str(Path(__file__).parents[1]))

import lines_kit

DAGS = Path(__file__).resolve().parents[2] / "dags"


@pytest.fixture
def beside(dags, tmp_path, monkeypatch):
    """All DAGs with a broken and a nameless line beside the bundled ones."""
    from airflow.dag_processing.dagbag import DagBag

    folder = lines_kit.write(
        tmp_path / "teams", deck_broken=lines_kit.BROKEN, deck_nameless=lines_kit.NAMELESS
    )
    monkeypatch.setenv("SLIPWAY_LINES", str(folder))
    monkeypatch.setattr(sys, "path", [*sys.path])
    bag = DagBag(DAGS)
    assert bag.import_errors == {}
    yield bag.dags
    sys.modules.pop("deck_nameless", None)


def test_other_lines_keep_their_dags(dags, beside):
    """Every DAG of a sound line is there, with the same tasks; the bad ones have one more each."""
    assert set(beside) == set(dags) | {"retrain_deck_broken", "retrain_deck_nameless"}
    for dag_id, dag in dags.items():
        assert beside[dag_id].task_ids == dag.task_ids
        assert str(beside[dag_id].timetable) == str(dag.timetable)


def test_the_dag_of_a_line_at_fault_fails_with_the_sentence(beside):
    """Its one task ends at once with what is wrong, and the DAG's page says it, too."""
    dag = beside["retrain_deck_broken"]
    (task,) = dag.tasks
    with pytest.raises(AirflowFailException, match="No module named 'no_such_package'"):
        task.python_callable()
    assert "No module named 'no_such_package'" in dag.doc_md
    assert "**Red" in dag.doc_md
