"""``python -m tests.golden``: what differs from the kept results; ``--write`` keeps today's instead."""

import sys

from .compare import GOLDEN, found, said, write

now = found()
lines = said(now)
sys.stdout.write("\n".join(lines or ["nothing differs"]) + "\n")
if sys.argv[1:] == ["--write"]:
    write(now)
    sys.stdout.write(f"written to {GOLDEN.name}\n")
elif sys.argv[1:]:
    sys.exit(f"arguments == {sys.argv[1:]}, must be none or --write")
