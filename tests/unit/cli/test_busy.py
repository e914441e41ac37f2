"""A command that takes its time says so on the terminal, and nowhere else."""

import io
import sys
import time

import pytest
import typer
from slipway import cli
from slipway.cli import busy


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self):
        """Yes."""
        return True


@pytest.fixture
def streams(monkeypatch):
    """Puts two streams in the place of stderr and stdout; in the test itself, as pytest has its own before."""
    monkeypatch.setenv("TERM", "xterm")

    def put(err, out):
        monkeypatch.setattr(sys, "stderr", err)
        monkeypatch.setattr(sys, "stdout", out)
        return err, out

    return put


def test_it_names_the_command_and_leaves_a_pipe_alone(streams):
    """The sign stands on stderr; what goes into the pipe is whole."""
    terminal, pipe = streams(Terminal(), io.StringIO())
    with busy.sign_of_life("consistency", after_s=0.0):
        for _ in range(600):
            if "consistency is at work" in terminal.getvalue():
                break
            time.sleep(0.05)
        sys.stdout.write("{}")
    assert "consistency is at work" in terminal.getvalue()
    assert pipe.getvalue() == "{}"


def test_a_quick_command_says_nothing(streams):
    """Nor does one that asks for a password or has a display of its own."""
    terminal, _ = streams(Terminal(), io.StringIO())
    for command in ("status", "withdraw", "demo", None):
        with busy.sign_of_life(command):
            pass
    assert not terminal.getvalue()


def test_without_a_terminal_nothing_is_written(streams):
    """A log is no terminal."""
    log, _ = streams(io.StringIO(), io.StringIO())
    with busy.sign_of_life("status", after_s=0.0):
        time.sleep(0.05)
    assert not log.getvalue()


def test_what_shows_by_itself_is_named_by_commands_that_there_are():
    """A command that was renamed would get two signs on one terminal."""
    assert set(typer.main.get_command(cli.app).commands) >= busy.OWN_DISPLAY | busy.ASKS
