"""The process that writes a demo's past (:mod:`slipway.demo.past`), as its driver starts and awaits it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from slipway.domain import errors
from slipway.domain.errors import SlipwayError
from slipway.stack import waiting
from slipway.stack.environment import process_environment
from slipway.stack.installation import Installation
from slipway.stack.waiting import Sight


def check(name: str, data: Path) -> None:
    """Raise SlipwayError where the data gives the line no past."""
    _answer(["check", name, str(data.absolute())], os.environ, Path(os.devnull))


def write(installation: Installation, name: str, data: Path | None) -> tuple[str, Path]:
    """Write the past of a line into its installation; what was written, and the folder of its rules.

    The process belongs to the stack: whoever stops the stack stops it, too.
    """
    words = ["write", name, *([str(data.absolute())] if data else [])]
    said = installation.run / "past.log"
    answer = _answer(words, process_environment(installation, "past"), said)
    return answer["words"], Path(answer["rules"])


def _answer(words: list[str], environment: Mapping[str, str], said: Path) -> dict[str, str]:
    """The answer of the process once it has ended; ``said`` is where its standard error goes."""
    command = [sys.executable, "-m", "slipway.demo.past", *words]
    with said.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    worker = psutil.Process(process.pid)
    try:
        waiting.until(
            "writing the past", lambda: process.poll() is not None,
            lambda: Sight(workers=[worker]), next_step=f"read {said}", poll_s=0.1,
        )  # fmt: skip
    finally:
        process.kill()
    printed = process.communicate()[0].splitlines()
    if process.returncode or not printed:
        raise SlipwayError(
            "writing the past", found=f"ended with {process.returncode}", expected="done",
            next_step=f"its last words are in {said}",
        )  # fmt: skip
    answer: dict[str, str] = json.loads(printed[-1])  # a library may have printed before
    if kind := answer.pop("error", ""):
        raise getattr(errors, kind, SlipwayError)(answer.pop("what"), **answer)
    return answer
