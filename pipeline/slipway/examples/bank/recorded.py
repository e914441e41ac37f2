"""The real campaigns of ``bank-additional-full.csv`` in the columns of the line."""

from pathlib import Path

import pandas as pd

from slipway.domain.line import DType
from slipway.examples.bank.line import LINE

FILES = ("bank-additional-full.csv.gz", "bank-additional-full.csv")
BEGAN, ENDED = "2008-05-01", "2010-11-30"
"""The rows are in the order of time and say no year."""
NEVER = 999
"""Days since an earlier call where there was none."""
NAMES = {
    "in_default": "default", "weekday": "day_of_week", "days_since": "pdays",
    "emp_var_rate": "emp.var.rate", "cons_price_idx": "cons.price.idx", "cons_conf_idx": "cons.conf.idx",
    "nr_employed": "nr.employed",
}  # fmt: skip


def read(folder: Path) -> dict[str, pd.DataFrame]:
    """``visits``: a row for each call with its time ``at`` (UTC, spread evenly), columns and outcomes."""
    path = next(folder / name for name in FILES if (folder / name).is_file())
    raw = pd.read_csv(path, sep=";")
    at = pd.date_range(BEGAN, ENDED, periods=len(raw), tz="UTC")
    columns: dict[str, object] = {"at": at}
    for column in LINE.columns:
        values = raw[NAMES.get(column.name, column.name)]
        if column.dtype is DType.CODE:
            values = values.map({word: code for code, word in enumerate(column.words)})
        columns[column.name] = values.astype(float).to_numpy()
    frame = pd.DataFrame(columns)
    frame.loc[frame["days_since"] == NEVER, "days_since"] = None
    frame["subscribed"] = (raw["y"] == "yes").astype(float)
    frame["duration"] = raw["duration"].astype(float)
    return {"visits": frame}
