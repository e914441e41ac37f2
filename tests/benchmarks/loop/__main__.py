"""``python -m tests.benchmarks.loop [off-policy|open-bandit|feedback] [WORLDS]``: prints its tables; all of them without a word.

The folder of the Open Bandit Dataset is ``SLIPWAY_OPEN_BANDIT``.
"""

import os
import sys
from pathlib import Path

from tests.benchmarks.loop import feedback, off_policy, open_bandit

WORLDS = 40
"""Of each kind and way to explore; six of them are 240."""


def open_bandit_table(_):
    """Its lines, or why there are none."""
    folder = os.environ.get("SLIPWAY_OPEN_BANDIT")
    return open_bandit.table(Path(folder)) if folder else ["SLIPWAY_OPEN_BANDIT names no folder"]


PARTS = {
    "off-policy": off_policy.table,
    "open-bandit": open_bandit_table,
    "feedback": feedback.table,
}


def main(words):
    """Each table as it comes."""
    wanted = [words[0]] if words else list(PARTS)
    worlds = int(words[1]) if len(words) > 1 else WORLDS
    for word in wanted:
        sys.stdout.write(f"## {word}\n\n")
        for line in PARTS[word](worlds):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        sys.stdout.write("\n")


main(sys.argv[1:])
