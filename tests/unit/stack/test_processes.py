"""Only processes of one stack are found and ended."""

import http.server
import os
import subprocess
import sys
import threading
from contextlib import contextmanager

import psutil
import pytest

from pipeline.stack import preload, processes

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
        "import os, subprocess, sys; from pipeline.stack.processes import of_stack\n"
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
    """A leader, its program in a group of its own, and the program's worker, as supervisord has them."""
    worker = "import time; time.sleep(600)"
    program = (
        "import subprocess, sys; "
        f"print(subprocess.Popen([sys.executable, '-c', '{worker}'], env={{}}).pid, flush=True); {worker}"
    )
    leader = (
        "import subprocess, sys; "
        f"started = subprocess.Popen([sys.executable, '-c', {program!r}], process_group=0); "
        f"print(started.pid, flush=True); started.wait(); {worker}"
    )
    begun = subprocess.Popen(
        [sys.executable, "-c", leader], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    numbers = [begun.pid, *sorted(int(begun.stdout.readline()) for _ in range(2))]
    yield [psutil.Process(number) for number in numbers]
    processes.kill(processes.of_session(begun.pid))
    begun.communicate()


def test_who_hides_the_environment_is_found_by_the_session(session):
    """A worker that names no stack, of a program that was killed, is found and ended."""
    leader, program, worker = session
    assert set(processes.of_session(leader.pid)) == {leader, program, worker}
    assert processes.orphans(leader.pid) == []
    program.kill()
    psutil.wait_procs([program])
    assert processes.orphans(leader.pid) == [worker]
    processes.kill([worker])
    assert processes.orphans(leader.pid) == []


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
