"""Releases simulated under the real gates and machine, beside other tools' rules."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # kits lie in the folder of the tests
