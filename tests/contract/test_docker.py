"""The container files: well-formed, and no second source of settings beside the embedded stack."""

import http.server
import json
import re
import subprocess
import sys
import threading
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway.domain.errors import BadConfig
from slipway.domain.people import FourEyes, People, four_eyes
from slipway.registry.attestation import public_key_bytes
from slipway.registry.server.command import mlflow_argv
from slipway.registry.server.keys import load_private, raw_public
from slipway.release.orders import OrderFolder
from slipway.settings import KNOWN
from slipway.stack.container import container_registry, installation, write
from slipway.stack.environment import process_environment
from slipway.stack.installation import Installation
from slipway.stack.launch import PROGRAMS, argv

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
ONE_SHOT = {"files", "airflow-migrate", "airflow-pool"}

# What cannot be the same in a container, and why.
OWN_LEDGER = "SLIPWAY_LEDGER_URL"  # the router reads it with an account that can write nothing
PUBLISHED = {"router": {"SLIPWAY_ROUTER_HOSTS", "SLIPWAY_ROUTER_TOKEN", OWN_LEDGER}}
"""What only a router that others than this machine reach has to know, and its own account."""
SUPERVISED = {"SLIPWAY_STACK", "SUPERVISOR_PROCESS_NAME", "SPT_NOENV"}  # Docker finds its processes
ELSEWHERE = {
    "NO_PROXY",
    "no_proxy",  # other hosts are inside
    "SLIPWAY_MLFLOW_URL",
    "SLIPWAY_MLFLOW_PAGES",  # as a browser outside reaches it
    "SLIPWAY_ROUTER_URL",
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
    "AIRFLOW__API__HOST",  # the container's own loopback address cannot be published
    "SLIPWAY_PEOPLE",  # beside the compose file, where it is edited
    "SLIPWAY_SIGNING_KEY",  # in a volume that the pipeline's containers do not mount
    "MLFLOW_FLASK_SERVER_SECRET_KEY",  # given, not made
    "AIRFLOW__CORE__DAGS_FOLDER",
    "AIRFLOW__CORE__PLUGINS_FOLDER",  # where the image has them
}
NOT_GIVEN = {"router": {OWN_LEDGER, "SLIPWAY_PEOPLE"}}  # it releases nothing


def tool(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of this Python's environment from the repository."""
    name = str(Path(sys.executable).parent / words[0])
    return subprocess.run([name, *words[1:]], check=False, cwd=ROOT, capture_output=True, text=True)


def example() -> dict[str, str]:
    """docker/.env.example with every empty name filled."""
    lines = (DOCKER / ".env.example").read_text().splitlines()
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    return {name: value or f"word-of-{name.lower()}" for name, value in pairs}


def filled(text: object) -> str:
    """``text`` as compose interpolates it: every name must be in the example."""
    return re.sub(r"\$\{(\w+)[^}]*\}", lambda found: example()[found[1]], str(text))


def given(service: str) -> dict[str, str]:
    """The environment that compose gives to a service."""
    return {name: filled(value) for name, value in SERVICES[service]["environment"].items()}


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The embedded stack's own description of the installation that compose starts, elsewhere.

    Describing it makes keys, and the folder of a real installation is not for tests to write to.
    """
    described = installation({**example(), **given("files")})
    databases = {
        "airflow_db": given("scheduler")["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"],
        "ledger_url": given("scheduler")["SLIPWAY_LEDGER_URL"],
        "release_every_s": float(example()["RELEASE_EVERY_S"]),
    }
    keys = {"jwt": example()["AIRFLOW_JWT_SECRET"], "api": example()["AIRFLOW_API_SECRET"]}
    return replace(
        described,
        home=tmp_path_factory.mktemp("installation"),
        options=replace(described.options, **databases),
        secrets=replace(described.secrets, keys=keys),
    )


def test_the_dockerfile_has_no_complaint_of_hadolint() -> None:
    """The image follows Docker's own advice, notes included."""
    done = tool("hadolint", "--failure-threshold", "style", "docker/Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    """Every installed file is checked against the lock; the last user is not root."""
    text = (DOCKER / "Dockerfile").read_text()
    assert "--require-hashes" in text
    assert re.findall(r"^USER (.*)", text, re.MULTILINE)[-1] == "10001:10001"


def test_whatever_a_container_runs_creates_for_its_own_account_alone(tmp_path: Path) -> None:
    """The image's entry point sets the umask and becomes the command, words and spaces kept."""
    (entry,) = re.findall(r"^ENTRYPOINT (.*)", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)
    (tmp_path / "a name").mkdir()
    command = ["sh", "-c", 'cd "$0" && mkdir folder && stat -c %a folder', str(tmp_path / "a name")]
    done = subprocess.run(
        [*json.loads(entry), *command], check=True, capture_output=True, text=True, umask=0o022
    )
    assert done.stdout.strip() == "700"
    assert not any("entrypoint" in service for service in SERVICES.values() if service.get("build"))


def test_nobody_serves_task_logs_on_a_port_of_their_own() -> None:
    """Airflow's log server listens on every address and cannot be told another one: none is started."""
    assert "--skip-serve-logs" in SERVICES["scheduler"]["command"]


def test_the_image_holds_users_packages_as_wheels_with_a_bill_of_materials() -> None:
    """No tool of developers, nothing that is built from source, and a list of what is in it."""
    text = (DOCKER / "Dockerfile").read_text()
    assert "--only-binary :all:" in text
    assert "requirements-dev" not in text
    assert "slipway.stack.supply sbom requirements.lock > sbom.cdx.json" in text


def test_base_images_are_named_by_digest() -> None:
    """Whoever serves a tag can change what it means, and not what a digest means."""
    images = re.findall(r"^FROM (\S+)", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)
    images += [s["image"] for s in SERVICES.values() if not s.get("build")]
    assert len(images) == 2
    assert all(re.fullmatch(r"[a-z]+:\S+@sha256:[0-9a-f]{64}", image) for image in images)


def test_everything_the_image_copies_is_let_through() -> None:
    """The list of what may reach the build names every source, and the sources exist."""
    allowed = {
        line[1:]
        for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = re.findall(r"^COPY (.*) \S+$", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)
    assert {source for words in copied for source in words.split()} == allowed
    # setuptools itself refuses a package without the readme that pyproject.toml names
    missing = [name for name in allowed - {"README.md"} if not (ROOT / name).exists()]
    assert missing == []


def test_the_compose_file_is_valid() -> None:
    """It follows the schema of the compose specification."""
    done = tool(
        "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker/compose.yaml"
    )
    assert done.returncode == 0, done.stdout


def test_the_files_name_no_registry_host() -> None:
    """Where images and packages come from is the machine's own affair."""
    text = "".join(path.read_text() for path in DOCKER.iterdir() if path.is_file())
    images = re.findall(r"(?:FROM|image:) (\S+)", text)
    assert [image for image in images if "/" in image] == []
    assert not re.search(r"index-url|trusted-host", text)


def test_every_word_of_the_env_file_is_used_and_every_used_word_is_there() -> None:
    """The example names exactly what the compose file and the first job read."""
    text = (DOCKER / "compose.yaml").read_text()
    used = set(re.findall(r"\$\{(\w+)", text))
    read = {name for name in example() if re.match(r"(AIRFLOW|MLFLOW)_PASSWORD_|AUTHORS", name)}
    assert used | read == set(example())


def _at_home(value: str, embedded: Installation) -> str:
    """``value`` as it is where the containers have their home."""
    return value.replace(str(embedded.home), given("files")["SLIPWAY_HOME"])


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_service_has_the_environment_of_its_embedded_process(
    program: str, embedded: Installation
) -> None:
    """Name by name the same as `make up` gives, except for the names listed with their reasons."""
    wanted = {
        name: _at_home(value, embedded)
        for name, value in process_environment(embedded, program, inherited={}).items()
        if value and name not in SUPERVISED | NOT_GIVEN.get(program, set())
    }
    found = {n: v for n, v in given(program).items() if n not in PUBLISHED.get(program, set())}
    assert set(found) == set(wanted)
    differing = {name for name in found if found[name] != wanted[name]}
    assert differing <= ELSEWHERE, {n: (found[n], wanted[n]) for n in differing - ELSEWHERE}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_service_runs_the_command_of_its_embedded_process(
    program: str, embedded: Installation
) -> None:
    """The commands are those of `make up`; the servers listen to other containers too."""
    command = argv(embedded, program)
    if program == "mlflow":
        command = mlflow_argv(container_registry(embedded))
    wanted = [_at_home(word, embedded) for word in command]
    if program == "router":
        wanted = [*wanted, "--host", "0.0.0.0"]
    assert SERVICES[program]["command"] == ["python", *wanted[1:]]


def test_airflow_knows_the_commands_of_the_one_shot_jobs(tmp_path: Path) -> None:
    """Airflow's own parser accepts them, and a stop waits longer than any task may take."""
    words = [SERVICES[name]["command"][3:] for name in ("airflow-migrate", "airflow-pool")]
    code = (
        "import json, sys; from airflow.cli.cli_parser import get_parser; "
        "[get_parser().parse_args(words) for words in json.loads(sys.argv[1])]; "
        "import slipway_tasks; "
        "print(slipway_tasks.TASK_DEFAULTS['execution_timeout'].total_seconds())"
    )
    path = f"{ROOT / 'plugins'}:{ROOT / 'pipeline'}"
    environment = {"AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": path, "HOME": "/"}
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(words)],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    grace = re.fullmatch(r"(\d+)h(\d+)m", SERVICES["scheduler"]["stop_grace_period"])
    assert grace
    assert int(grace[1]) * 3600 + int(grace[2]) * 60 > float(done.stdout.splitlines()[-1])


def test_nothing_starts_before_what_it_needs() -> None:
    """Jobs are awaited until they have ended, servers until they are healthy."""
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            done = needed in ONE_SHOT
            wanted = "service_completed_successfully" if done else "service_healthy"
            assert how["condition"] == wanted, (name, needed)
            assert done or "healthcheck" in SERVICES[needed]
    before_scheduler = {"api-server", "airflow-pool", "mlflow", "router"}
    assert set(SERVICES["scheduler"]["depends_on"]) == before_scheduler


def test_every_server_restarts_and_is_watched() -> None:
    """Whatever is not a one-shot job comes back after a crash and says whether it is well."""
    for name in SERVICES.keys() - ONE_SHOT:
        assert SERVICES[name]["restart"] == "unless-stopped"
        assert "healthcheck" in SERVICES[name]
        assert "stop_grace_period" in SERVICES[name]
    assert all("restart" not in SERVICES[name] for name in ONE_SHOT)


def sources(service: dict[str, Any]) -> set[str]:
    """The volumes and folders that a service mounts, wherever and however it is written."""
    return {
        mount.split(":")[0] if isinstance(mount, str) else str(mount["source"])
        for mount in service.get("volumes", [])
    }


def test_no_server_but_mlflow_reads_the_signing_key() -> None:
    """It and the job that makes the key and ends mount the key's volume; nobody else's is its path."""
    key = Path(given("mlflow")["SLIPWAY_SIGNING_KEY"])
    assert key.is_relative_to("/var/lib/slipway/mlflow")
    holders = {name for name, service in SERVICES.items() if "mlflow" in sources(service)}
    assert holders == {"mlflow", "files"}
    assert "files" in ONE_SHOT
    assert SERVICES["files"]["command"] == ["python", "-m", "slipway.stack.container"]
    knows = {name for name, s in SERVICES.items() if "SLIPWAY_SIGNING_KEY" in s["environment"]}
    assert knows == {"mlflow"}


def test_no_container_has_a_way_round_its_walls() -> None:
    """None shares another's volumes, processes or memory, the host's or Docker's own socket."""
    shared = {"volumes_from", "privileged", "pid", "ipc", "userns_mode", "cap_add", "devices"}
    for name, service in SERVICES.items():
        assert not shared & set(service), name
        files = {source for source in sources(service) if "/" in source}
        assert files <= {"./databases.sql", "./people.toml"}, name
    named = {name for service in SERVICES.values() for name in sources(service)} - {
        "./databases.sql",
        "./people.toml",
    }
    assert named == set(COMPOSE["volumes"])
    assert all(volume is None for volume in COMPOSE["volumes"].values())  # no second name for one


def test_a_persons_word_is_given_to_no_server() -> None:
    """Reviewers' passwords reach the job that hands them to MLflow's volume, and nothing else."""
    people = {name for name in example() if name.startswith("MLFLOW_PASSWORD_")}
    people -= {"MLFLOW_PASSWORD_SLIPWAY", "MLFLOW_PASSWORD_ROUTER"}
    text = (DOCKER / "compose.yaml").read_text()
    assert [name for name in people if name in text] == []
    assert {name for name, s in SERVICES.items() if "env_file" in s} == {"files"}


def test_the_people_of_the_env_file_are_known() -> None:
    """One reviewer is enough for a run that Airflow's administrator started; the author is not."""
    raw = tomllib.loads((DOCKER / "people.toml").read_text())
    people, words = People.from_dict(raw, "people.toml"), example()
    assert four_eyes("admin", (words["REVIEWERS"],), people) is FourEyes.ENOUGH
    assert four_eyes("scheduler", (words["REVIEWERS"],), people) is FourEyes.ENOUGH
    assert four_eyes("admin", (words["AUTHORS"],), people) is FourEyes.AUTHOR


def test_changed_words_reach_mlflow_with_the_job_that_writes_them() -> None:
    """Where compose makes that job again it starts MLflow again, which reads words at its start."""
    assert SERVICES["mlflow"]["depends_on"]["files"]["restart"] is True


def test_settings_know_every_name_that_compose_gives() -> None:
    """No service would end on its first look at its own environment."""
    names = {name for s in SERVICES.values() for name in s["environment"]}
    assert {name for name in names if name.startswith("SLIPWAY_")} <= KNOWN


@pytest.mark.parametrize("host", ["mlflow:5000", "localhost:5001", "127.0.0.1:5000"])
def test_mlflow_answers_by_the_names_that_people_and_containers_use(host: str) -> None:
    """The list of host names holds the service's name and the published address at any port."""
    from mlflow.server.security_utils import is_allowed_host_header

    allowed = SERVICES["mlflow"]["command"][-1].split(",")
    assert is_allowed_host_header(allowed, host)
    assert not is_allowed_host_header(allowed, "evil.example")


def test_the_first_job_writes_what_the_servers_read(tmp_path: Path) -> None:
    """Accounts, keys and hook are where the environments say; a second run changes nothing."""
    environment = {**example(), **given("files"), "SLIPWAY_HOME": str(tmp_path)}
    (tmp_path / "mlflow").mkdir()
    write(environment)
    here = given("mlflow") | given("scheduler")
    there = {
        name: Path(value.replace("/var/lib/slipway", str(tmp_path))) for name, value in here.items()
    }
    signing = there["SLIPWAY_SIGNING_KEY"]
    assert public_key_bytes(there["SLIPWAY_PUBLIC_KEY"]) == raw_public(
        load_private(signing).public_key()
    )
    assert example()["MLFLOW_PASSWORD_RITA"] in there["MLFLOW_AUTH_CONFIG_PATH"].read_text()
    words = json.loads(there["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"].read_text())
    assert words["admin"] == example()["AIRFLOW_PASSWORD_ADMIN"]
    assert (there["AIRFLOW_HOME"] / "config" / "airflow_local_settings.py").exists()
    key = signing.read_bytes()
    write(environment)
    assert signing.read_bytes() == key


@pytest.mark.parametrize("missing", ["REVIEWERS", "MLFLOW_DB", "MLFLOW_PASSWORD_RITA"])
def test_a_missing_word_is_named(missing: str) -> None:
    """The first job ends with the name of the word that the env file lacks."""
    environment = {**example(), **given("files"), missing: ""}
    with pytest.raises(BadConfig, match=missing):
        installation(environment)


class _Report(http.server.BaseHTTPRequestHandler):
    """Airflow's health report with one sick part; any other page is missing."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
        self.wfile.write(b'{"scheduler": {"status": "healthy"}, "triggerer": {"status": null}}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_the_health_check_tells_well_from_sick() -> None:
    """It succeeds for an answering address and a healthy part, and for nothing else."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Report)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"

    def check(*words: str) -> int:
        line = [sys.executable, str(DOCKER / "healthy.py"), *words]
        done = subprocess.run(line, check=False, env={"NO_PROXY": "127.0.0.1"})
        return done.returncode

    try:
        assert check(f"{base}/health") == 0
        assert check(f"{base}/health", "scheduler") == 0
        assert check(f"{base}/health", "triggerer") == 1
        assert check(f"{base}/health", "dag_processor") == 1
        assert check(f"{base}/missing") == 1
    finally:
        server.shutdown()
        server.server_close()
    assert check(f"{base}/health") == 1


def test_a_router_reads_what_was_ordered_off_and_can_write_none_of_it() -> None:
    """Orders are mounted read-only, and its account of the ledger is not the owner's."""
    mounts = {name: service.get("volumes", []) for name, service in SERVICES.items()}
    assert "orders:/var/lib/slipway/orders:ro" in mounts["router"]
    assert "orders:/var/lib/slipway/orders" in mounts["scheduler"]
    assert OrderFolder(Path(given("router")["SLIPWAY_HOME"])).root == Path(
        "/var/lib/slipway/orders"
    )
    assert "//ledger_reader:" in given("router")[OWN_LEDGER]
