"""Airflow's own judge of accounts, as the embedded stack configures it: a viewer reads and does nothing else."""

import re
from pathlib import Path

import pytest
import slipway
import slipway_board
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from slipway.stack.environment import airflow_environment
from slipway.stack.installation import Installation, Options

ROOT = Path(__file__).parents[2]
PAGE = Path(slipway.__file__).parent / "registry" / "ROLES.md"
JUDGE = SimpleAuthManager()


def may(role, method, entity=None):
    """Whether an account of that role may do that to a DAG."""
    user = SimpleAuthManagerUser(username=role, role=role)
    return JUDGE.is_authorized_dag(method=method, user=user, access_entity=entity)


def test_the_stack_has_an_administrator_and_a_viewer(tmp_path):
    """No other account, and none that needs no password."""
    environment = airflow_environment(Installation.prepare(tmp_path, Options()))
    accounts = environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"]
    assert accounts == "admin:admin,viewer:viewer"
    assert "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS" not in environment


@pytest.mark.parametrize(
    "entity",
    [None, DagAccessEntity.RUN, DagAccessEntity.TASK_INSTANCE, DagAccessEntity.HITL_DETAIL],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_viewer_starts_clears_and_changes_nothing(method, entity):
    """An administrator does."""
    assert may("admin", method, entity)
    assert not may("viewer", method, entity)
    assert may("viewer", "GET", entity)


def test_every_page_of_ours_asks_for_the_right_to_read():
    """It hangs on the application, so that a page which is added later has it as well."""
    (asked,) = slipway_board.app.router.dependencies
    assert "requires_access_dag" in asked.dependency.__qualname__


def test_what_the_page_of_roles_calls_tested_is():
    """Each test that it names is there."""
    named = re.findall(r"`(tests/[\w/.]+?)(?:::(\w+))?`", PAGE.read_text("utf-8"))
    assert len(named) > 8
    for path, test in named:
        assert (ROOT / path).is_file(), path
        assert not test or f"def {test}(" in (ROOT / path).read_text("utf-8"), test
