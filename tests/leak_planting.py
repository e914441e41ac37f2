"""What every plant of a leak is made of."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

BLATANT, MODERATE, FAINT = "blatant", "moderate", "faint"
STRENGTHS = (BLATANT, MODERATE, FAINT)
WHOLE_TABLE = ""
LEAK = "z"


@dataclass(frozen=True)
class Planted:
    """A table with a leak: ``where`` is accused if it is found ("" is the table as a whole).

    ``noted`` is enough where no column knows anything: a file that is sorted is a note.
    """

    frame: pd.DataFrame
    where: str = LEAK
    words: dict[str, Any] = field(default_factory=dict)
    noted: bool = False


def yes_of(frame):
    """The outcome as yes or no, of whatever kind the label is."""
    label = frame["label"].to_numpy()
    return label > np.median(label) if len(np.unique(label)) > 2 else label == label.max()


def with_column(frame, values):
    """The table with a planted column."""
    return Planted(frame.assign(z=values))
