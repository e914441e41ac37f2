"""On SQLite the API server answers one changing request at a time (see ``slipway.stack.turns``)."""

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin
from slipway.stack.turns import TakeTurns


class OneWriter(AirflowPlugin):  # type: ignore[misc]  # Airflow is untyped here
    """Registers the middleware with Airflow where the database is SQLite."""

    name = "slipway_turns"
    fastapi_root_middlewares = (
        [{"name": "Slipway turns", "middleware": TakeTurns}]
        if conf.get("database", "sql_alchemy_conn").startswith("sqlite")
        else []
    )
