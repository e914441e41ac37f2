"""As-of values as a beginner would compute them: one request, all rows of the log in Python lists.

It shares nothing with the product but the declaration, and is what every fast path is held to.
"""

from datetime import timedelta


def known(line, shown, came, as_of):
    """Rows that had arrived before ``as_of``, with each binary outcome as it was known then."""
    rows = []
    for row in shown:
        if row["arrived_at"] >= as_of:
            continue
        found = dict(row)
        for outcome in line.outcomes:
            times = [
                c["arrived_at"]
                for c in came
                if (c["request_id"], c["item"], c["kind"])
                == (row["request_id"], row["item"], outcome.event)
                and c["value"] > 0
                and c["arrived_at"] < as_of
            ]
            last = row["requested_at"] + outcome.window
            found[outcome.name] = int(any(row["requested_at"] <= at <= last for at in times))
        rows.append(found)
    return rows


def value(wanted, keys, rows, as_of, now):  # noqa: PLR0911 - a case for each statistic
    """What ``wanted`` is of the ``keys`` (name to value, None: missing) at ``now``."""
    prior = wanted.prior
    fallback = (
        value(prior, keys, rows, as_of, now)
        if hasattr(prior, "by")
        else 0.0
        if prior is None and wanted.statistic in ("count", "sum", "distinct")
        else prior
    )
    if any(keys[key] is None for key in wanted.by):
        other = wanted.missing
        return (
            value(other, keys, rows, as_of, now)
            if hasattr(other, "by")
            else fallback
            if other is None
            else other
        )
    mine = [
        row
        for row in rows
        if as_of - wanted.window <= row["requested_at"] < as_of
        and all(row[key] == keys[key] for key in wanted.by)
    ]
    if wanted.of is not None and wanted.statistic in ("time_since", "last"):
        mine = [
            r
            for r in mine
            if r[wanted.of] is not None and (wanted.statistic == "last" or r[wanted.of] > 0)
        ]
    if not mine and (wanted.by or wanted.statistic == "last"):
        return fallback
    values = [row[wanted.of] for row in mine if wanted.of and row[wanted.of] is not None]
    match wanted.statistic:
        case "rate" | "mean":
            return (sum(values) + wanted.strength * fallback) / (len(mine) + wanted.strength)
        case "count":
            return float(len(mine) if wanted.of is None else sum(v > 0 for v in values))
        case "sum":
            return float(sum(values))
        case "distinct":
            return float(len(set(values)))
        case "last":
            return max(mine, key=lambda r: (r["requested_at"], r["request_id"], r["position"]))[
                wanted.of
            ]
        case _:
            if not mine:
                return None
            return (now - max(row["requested_at"] for row in mine)) / timedelta(hours=1)
