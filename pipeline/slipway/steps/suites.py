"""Write or compare the suites of expectations that a line declares."""

from collections.abc import Mapping
from pathlib import Path

from slipway.kinds import kind_of
from slipway.steps import context
from slipway.validation import suite_files


def write(line_name: str) -> tuple[Path, ...]:
    """Generate the line's suites; returns the files that changed."""
    return suite_files.write(line_name, _suites(line_name), context.suites_folder(line_name))


def differences(line_name: str) -> tuple[str, ...]:
    """What the files say otherwise than the line; empty where they agree."""
    return suite_files.differences(line_name, _suites(line_name), context.suites_folder(line_name))


def _suites(line_name: str) -> Mapping[str, str]:
    line = context.declared(line_name)
    return kind_of(line).suites(line)
