"""Only processes of one stack are found and ended."""

import http.server
import os
import subprocess
import sys
import threading
from contextlib import contextmanager

import psutil
import pytest
from slipway.stack import preload, processes

SLEEP = [sys.executable, "-c", "print(flush=True); import time; time.sleep(600)"]


@contextmanager
def sleeper(**words):
    """A process with these words in its environment."""
    process = subprocess.Popen(SLEEP, env={**os.environ, **words}, stdout=subprocess.PIPE)
    process.stdout.readline()  # the environment shows from here on
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_homes_of_other_stacks_are_known_as_far_as_they_say():
    """A process of another stack names its home; one that names none is passed over."""
    with (
        sleeper(SLIPWAY_STACK="unit-a", SLIPWAY_HOME="/a/home"),
        sleeper(SLIPWAY_STACK="unit-b", SLIPWAY_HOME="/another/home"),
        sleeper(SLIPWAY_STACK="unit-c", SLIPWAY_HOME=""),
    ):
        found = {str(home) for home in processes.other_homes("unit-a")}
    assert "/another/home" in found
    assert not {"/a/home", "", "."} & found


def test_other_processes_are_left_alone():
    """Ending one stack's processes leaves another stack's and everybody else's alive."""
    with (
        sleeper(SLIPWAY_STACK="unit-a", SUPERVISOR_PROCESS_NAME="mlflow") as mine,
        sleeper(SLIPWAY_STACK="unit-b", SUPERVISOR_PROCESS_NAME="mlflow") as other,
        sleeper() as stranger,
    ):
        found = processes.of_stack("unit-a")
        assert [process.pid for process in found] == [mine.pid]
        processes.kill(found)
        assert mine.poll() is not None
        assert other.poll() is None
        assert stranger.poll() is None


def test_one_program_is_told_from_the_others():
    """A restarted program ends its own remains and nothing of its neighbours."""
    with (
        sleeper(SLIPWAY_STACK="unit-c", SUPERVISOR_PROCESS_NAME="router") as router,
        sleeper(SLIPWAY_STACK="unit-c", SUPERVISOR_PROCESS_NAME="mlflow"),
    ):
        assert [p.pid for p in processes.of_stack("unit-c", "router")] == [router.pid]
        assert len(processes.of_stack("unit-c")) == 2


def test_the_caller_is_never_among_them(monkeypatch):
    """A driver started with the stack's environment may stop the stack and live on."""
    script = (
        "import os, subprocess, sys; from slipway.stack.processes import of_stack\n"
        "child = subprocess.Popen([sys.executable, '-c', 'print(flush=True); input()'],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE); child.stdout.readline()\n"
        "print([p.pid for p in of_stack('unit-d')] == [child.pid]); child.kill()"
    )
    environment = {**os.environ, "SLIPWAY_STACK": "unit-d"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True"


@pytest.fixture
def session():
    """A leader, its program, a worker that hides its environment and a task in a group of its own.

    So supervisord has the scheduler, and the scheduler Airflow's workers and tasks.
    """
    start = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']"
    program = (
        f"import subprocess, sys, time; print({start}, env={{}}).pid, flush=True); "
        f"print({start}, process_group=0).pid, flush=True); time.sleep(600)"
    )
    leader = (
        "import os, subprocess, sys, time; "
        f"words = dict(os.environ, {processes.PROGRAM}='scheduler'); "
        f"started = subprocess.Popen([sys.executable, '-c', {program!r}], env=words, process_group=0); "
        "print(started.pid, flush=True); started.wait(); time.sleep(600)"
    )
    words = {"SLIPWAY_STACK": "unit-e", processes.PROGRAM: processes.NO_PROGRAM}
    begun = subprocess.Popen(
        [sys.executable, "-c", leader],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **words},
    )
    numbers = [begun.pid, *(int(begun.stdout.readline()) for _ in range(3))]
    yield [psutil.Process(number) for number in numbers]
    processes.kill(processes.of_session(begun.pid))
    begun.communicate()


def test_who_hides_the_environment_is_found_by_the_session(session):
    """Workers and tasks that name no stack, of a program that was killed, are found and ended."""
    leader, program, worker, task = session
    assert set(processes.of_session(leader.pid)) == {leader, program, worker, task}
    assert processes.orphans(leader.pid) == []
    program.kill()
    psutil.wait_procs([program])
    assert set(processes.orphans(leader.pid)) == {worker, task}
    processes.kill([worker, task])
    assert processes.orphans(leader.pid) == []


def test_a_task_is_no_start_of_the_scheduler(session):
    """Airflow's tasks lead groups of their own and name the scheduler's program; they are not it."""
    leader, program, _worker, task = session
    assert os.getpgid(task.pid) == task.pid
    found = processes.of_stack("unit-e", "scheduler")
    assert set(found) == {program, task}
    assert processes.supervisors("unit-e") == [leader]
    assert processes.programs(found, leader) == [program]


def test_waiting_ends_when_the_server_answers():
    """A process that waits for the API server goes on with its first good answer."""

    class Answer(http.server.BaseHTTPRequestHandler):
        """Not up at first, healthy from the second question on."""

        asked = 0

        def do_GET(self):
            Answer.asked += 1
            self.send_response(200 if Answer.asked > 1 else 503)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        preload.await_api_server(f"http://127.0.0.1:{server.server_port}/execution/health")
        server.shutdown()
    assert Answer.asked == 2
