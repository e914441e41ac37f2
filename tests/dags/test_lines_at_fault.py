"""DAG files beside lines at fault: the others' DAGs are as they were, and the bad one says why."""

import shutil
import sys
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException
from slipway.lines import store

sys.path.append(str(Path(__file__).parents[1]))

import lines_kit

AT_FAULT = {
    "deck_broken": "slipway plan deck_broken --apply",
    "deck_slow": "slipway plan deck_slow --apply",
    "deck_nameless": "slipway plan deck_nameless --apply",
    "deck_unread": "which is no Python",
    "deck_spoiled": "of digest",
    "fede": "correct the line's name",
}


@pytest.fixture(scope="module")
def beside(planned, parse, tmp_path_factory):
    """All DAGs with lines at fault beside the bundled ones: one has a damaged definition, one a table in
    the policy file alone.
    """
    folder = lines_kit.write(
        tmp_path_factory.mktemp("teams"),
        deck_broken=lines_kit.BROKEN,
        deck_slow=lines_kit.SLOW,
        deck_nameless=lines_kit.NAMELESS,
        deck_unread=lines_kit.NO_PYTHON,
    )
    home = Path(shutil.copytree(planned, tmp_path_factory.mktemp("home") / "home"))
    feed = store.in_use(home, "feed")
    spoiled = store.folder(home, "deck_spoiled")
    spoiled.mkdir()
    (spoiled / f"{'0' * 64}.json").write_text(feed.to_text())
    (spoiled / "in_use").write_text("0" * 64)
    policy = home / "policy.toml"
    policy.write_text("[fede]\nmargin = 0.05\n")
    return parse(home, SLIPWAY_LINES=str(folder), SLIPWAY_POLICY=str(policy))


def test_other_lines_keep_their_dags(dags, beside):
    """Every DAG of a sound line is there, with the same tasks; one at fault has one, and no code of
    it is run.
    """
    assert set(beside) == set(dags) | {f"retrain_{name}" for name in AT_FAULT}
    for dag_id, dag in dags.items():
        assert beside[dag_id].task_ids == dag.task_ids
        assert str(beside[dag_id].timetable) == str(dag.timetable)


@pytest.mark.parametrize(("name", "words"), AT_FAULT.items())
def test_the_dag_of_a_line_at_fault_fails_with_the_sentence(beside, name, words):
    """Its one task ends at once with what is wrong, and the DAG's page says it, too."""
    dag = beside[f"retrain_{name}"]
    (task,) = dag.tasks
    with pytest.raises(AirflowFailException, match=words):
        task.python_callable()
    assert words in dag.doc_md
    assert "**Red" in dag.doc_md
