"""The environment of every process of the stack: nothing else configures Airflow or MLflow here."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from slipway import bundled
from slipway.registry.server.command import mlflow_environment
from slipway.registry.server.setup import RegistryServer
from slipway.stack.installation import Installation
from slipway.stack.processes import NO_PROGRAM, PROGRAM

# Another installation's variables must not leak in: they could point at somebody's database.
_FOREIGN = ("AIRFLOW_", "MLFLOW_", "SLIPWAY_", "SUPERVISOR_", "_AIRFLOW_")
_LOOPBACK = "127.0.0.1,localhost"


def registry_server(installation: Installation) -> RegistryServer:
    """The MLflow server of this installation."""
    options = installation.options
    return RegistryServer(
        home=installation.home / "mlflow",
        port=installation.ports.mlflow,
        reviewers=options.reviewers,
        authors=options.authors,
        backend_url=options.mlflow_db or "",
        auth_url=options.mlflow_db or "",
        keys=installation.home / "keys",
        clock_file=Path(options.clock_file) if options.clock_file else None,
        people_file=installation.people,
        proxy_secret=Path(os.environ["SLIPWAY_PROXY_SECRET"])
        if os.environ.get("SLIPWAY_PROXY_SECRET")
        else None,
    )


def client_environment(installation: Installation) -> dict[str, str]:
    """``SLIPWAY_*`` variables of the pipeline's own code: its account may not approve."""
    options = installation.options
    given = {
        "SLIPWAY_CLOCK": options.clock_file,
        "SLIPWAY_POLICY": options.policy_file,
        "SLIPWAY_LEDGER_URL": options.ledger_url,
        **_lines(installation),
    }
    return {
        "SLIPWAY_HOME": str(installation.home),
        "SLIPWAY_STACK": installation.stack_id,
        "SLIPWAY_MLFLOW_URL": installation.mlflow_url,
        "SLIPWAY_MLFLOW_PAGES": installation.mlflow_url,
        "SLIPWAY_MLFLOW_USER": "slipway",
        "SLIPWAY_MLFLOW_PASSWORD": installation.secrets.mlflow["slipway"],
        "SLIPWAY_ROUTER_URL": installation.router_url,
        "SLIPWAY_PUBLIC_KEY": str(installation.home / "keys" / "review.pub"),
        "SLIPWAY_PEOPLE": str(installation.people),
        "SLIPWAY_RELEASE_EVERY_S": str(options.release_every_s),
        **{name: value for name, value in given.items() if value},
    }


def _lines(installation: Installation) -> dict[str, str]:
    """Where lines are declared that are not installed."""
    folders = installation.options.lines
    return {"SLIPWAY_LINES": folders} if folders else {}


def process_environment(
    installation: Installation, program: str, inherited: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The whole environment of ``program``: ``mlflow``, ``router`` or a part of Airflow.

    The supervisor's own (``NO_PROGRAM``) is that of Airflow, which reads it when it is imported.
    """
    base = {
        **{name: value for name, value in inherited.items() if not name.startswith(_FOREIGN)},
        "SLIPWAY_HOME": str(installation.home),
        "SLIPWAY_STACK": installation.stack_id,
        PROGRAM: program,
        # keeps the two words above readable in /proc after a process renames itself
        "SPT_NOENV": "1",
        "NO_PROXY": _LOOPBACK,
        "no_proxy": _LOOPBACK,
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    if program == "mlflow":  # the guard has to know whose models it guards
        return mlflow_environment(registry_server(installation), base | _lines(installation))
    base |= client_environment(installation)
    if program == "router":
        word = installation.secrets.mlflow["router"]
        return base | {"SLIPWAY_MLFLOW_USER": "router", "SLIPWAY_MLFLOW_PASSWORD": word}
    preload = {NO_PROGRAM: "forks", "scheduler": "tasks", "dag-processor": "wait"}.get(program, "")
    return base | airflow_environment(installation) | {"SLIPWAY_PRELOAD": preload}


def airflow_environment(installation: Installation) -> dict[str, str]:
    """Airflow's settings; task cost and boot order depend on the commented ones."""
    home, options, keys = installation.airflow_home, installation.options, installation.secrets.keys
    sections: dict[str, dict[str, object]] = {
        "core": {
            "dags_folder": bundled.folder("dags"),
            "plugins_folder": bundled.folder("plugins"),
            "load_examples": False,
            "executor": "LocalExecutor",
            "parallelism": 6,  # an ended task keeps its slot for some seconds
            "dags_are_paused_at_creation": options.paused,
            "dagbag_import_timeout": 600,  # a busy machine parses slowly; a file that hangs is found
            "execution_api_server_url": f"{installation.airflow_url}/execution/",
            "simple_auth_manager_users": "admin:admin,viewer:viewer",
            "simple_auth_manager_passwords_file": home / "passwords.json",
            "hostname_callable": "socket.gethostname",
            "max_active_tasks_per_dag": 16,
        },
        "database": {"sql_alchemy_conn": options.airflow_db}
        if options.airflow_db
        else {
            "sql_alchemy_conn": f"sqlite:///{home / 'airflow.db'}",
            "sql_alchemy_connect_args": "slipway.stack.sqlite.CONNECT_ARGS",
            "sql_alchemy_connect_args_async": "slipway.stack.sqlite.CONNECT_ARGS",
        },
        "api": {
            "host": "127.0.0.1",
            "port": installation.ports.airflow,
            "base_url": installation.airflow_url,
            "secret_key": keys["api"],
            "workers": 1,
        },
        "api_auth": {"jwt_secret": keys["jwt"]},
        "scheduler": {
            "scheduler_idle_sleep_time": 0.7,  # .1 takes a third of a core, 1 a second for each task
            "job_heartbeat_sec": 2,
            # a killed scheduler's tasks are taken over after this many seconds
            "scheduler_health_check_threshold": 30,
            "orphaned_tasks_check_interval": 10,
            "task_instance_heartbeat_timeout": 300,
        },
        "workers": {
            "min_heartbeat_interval": 3,  # each one is a call; a finished task keeps its slot so long
            "execution_api_retries": 10,  # outlives a restart of the API server
            "execution_api_retry_wait_max": 5,
        },
        "dag_processor": {
            "refresh_interval": 30,
            "min_file_process_interval": 60,
            "dag_file_processor_timeout": 900,
        },
        "logging": {
            "colored_console_log": False,
            # Airflow sets these whatever the umask
            "file_task_handler_new_folder_permissions": "0o700",
            "file_task_handler_new_file_permissions": "0o600",
        },
        "usage_data_collection": {"enabled": False},
    }
    return {
        "AIRFLOW_HOME": str(home),
        "MLFLOW_CONFIGURE_LOGGING": "false",  # else every line of MLflow is an error in task logs
        "MLFLOW_DISABLE_TELEMETRY": "true",
        **{
            f"AIRFLOW__{section.upper()}__{name.upper()}": str(value)
            for section, values in sections.items()
            for name, value in values.items()
        },
    }


def write_airflow_files(installation: Installation) -> None:
    """The passwords file of Airflow's UI and the hook that preloads heavy imports."""
    home = installation.airflow_home
    (home / "config").mkdir(parents=True, exist_ok=True)
    words = home / "passwords.json"
    words.touch(mode=0o600)
    words.write_text(json.dumps(dict(installation.secrets.airflow)))
    (home / "config" / "airflow_local_settings.py").write_text(
        '"""Runs once in each Airflow process, before it forks."""\n\n'
        "from slipway.stack.preload import prepare\n\n"
        "__all__: list[str] = []\n\nprepare()\n"
    )
