"""The supervisor of the stack, which has imported what its programs need: each of them is a fork of it.

What several programs need is imported once, before the first fork: it costs none of them anything,
nor their restarts, and the memory is shared. Importing is fork-safe where computing is not: nothing
here may start a thread.
"""

import signal
import sys

from setproctitle import setproctitle
from supervisor import supervisord
from supervisor.options import ServerOptions

from slipway.private_files import create_private
from slipway.stack import launch, preload
from slipway.stack.processes import show_program


class ForkingOptions(ServerOptions):  # type: ignore[misc]  # supervisor is untyped
    """supervisord's options, with programs that are forks of this very process."""

    def execve(self, filename: str, argv: list[str], env: dict[str, str]) -> None:  # noqa: ARG002 - supervisor's signature
        """Become the program that the command names last, in place of executing the command."""
        _like_new(argv[-1])
        with launch.end_with():
            launch.main(argv[-1])


def _like_new(program: str) -> None:
    """Undo what a fork has of its parent and a new process has not."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)) and number != signal.SIGINT:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    show_program(program)
    setproctitle(f"slipway {program}")


def main() -> None:
    """Supervise as ``-c CONFIGURATION`` says."""
    create_private()
    preload.load(preload.SHARED)
    supervisord.ServerOptions = ForkingOptions
    supervisord.main(sys.argv[1:])


if __name__ == "__main__":
    main()
