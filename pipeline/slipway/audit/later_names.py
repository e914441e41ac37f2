"""LeakKind.LATER: a note on columns whose name says an end, an outcome or a change: only their owner knows when."""

import re

from slipway.audit.finding import Finding, Grade, squash
from slipway.audit.proxies import Proxies
from slipway.audit.table import Prepared
from slipway.audit.thresholds import LATER_NAMES_FEW, LATER_NAMES_LONG, LATER_NAMES_MOST
from slipway.domain.leak import LeakKind

WORD = re.compile(r"[^\W\d_]+")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

ENDS = frozenset((
    "end", "ended", "stop", "exit", "close", "closed", "closing", "resolved", "resolution", "completed", "completion",
    "final", "finish", "finished", "outcome", "result", "results", "disposition", "discharge", "returned", "refund",
    "refunded", "cancelled", "canceled", "cancellation", "chargeback", "settled", "settlement", "paid", "payout",
    "terminated", "termination", "death", "died", "survival", "updated", "modified", "changed", "changes",
    "assigned", "dropoff", "delivered", "delivery", "actual", "post", "after", "reason", "cause", "recovered",
    "recoveries", "collection", "collected", "fee", "fees", "win", "won", "lost", "loss", "profit", "margin", "votes",
    "duration", "spell", "elapsed", "los", "stay", "followup", "fu", "futime", "survtime", "lifetime", "relapse",
    "progression", "processed", "decision", "approved", "rejected", "penalty", "review", "reviewed", "feedback",
    "ende", "dauer", "ergebnis", "geschlossen", "storniert", "grund", "entlassung", "bezahlt", "verweildauer",
    "fin", "duree", "durée", "resultat", "résultat", "motif", "cloture", "clôture", "sortie", "paye",
    "duracion", "duración", "resultado", "motivo", "cierre", "pagado", "duur", "uitslag", "reden", "durata", "esito",
    "est", "estimated", "predicted", "forecast", "fitted",
))  # fmt: skip
"""Words of names of what is written at an end or after it, in a few languages."""

LONG_ENDS = tuple(sorted(word for word in ENDS if len(word) >= LATER_NAMES_LONG))
"""Those by which a longer word may end: tstop, lastmodified."""

NUMBERED = re.compile(r"(?P<stem>.*[^\W\d_][._]?)(?P<number>\d{1,4})")

LASTS = frozenset(
    ("time", "days", "weeks", "months", "hours", "minutes", "seconds", "secs", "mins")
)
"""The same where they are the last word of the name of a number that is not the row's time."""


def judge(table: Prepared, proxies: Proxies) -> list[Finding]:
    """NOTEs, those first whose column also tells the label: what to look up, never an accusation."""
    found = [
        _note(name, word, proxies.strengths[name].within)
        for name in table.coded
        if name not in proxies.accused and name != table.group_name and (word := _said(table, name))
    ]
    return sorted(found, key=lambda f: (-f.strength, f.column))[:LATER_NAMES_MOST]


def _said(table: Prepared, name: str) -> str:
    """The word of a column's name that says so, or the number by which it is the last of its kind; "" without."""
    words: list[str] = [w.casefold() for part in CAMEL.split(name) for w in WORD.findall(part)]
    if table.kinds[name] == "number" and words and words[-1] in LASTS:
        return words[-1]
    ends = (word for word in words if word in ENDS or word.endswith(LONG_ENDS))
    return next(ends, "") or _last_of_kind(table, name)


def _last_of_kind(table: Prepared, name: str) -> str:
    """The number after a stem that another column (or the label) has with a smaller one: re78 beside re74 and re75."""
    found = NUMBERED.fullmatch(name)
    if found is None:
        return ""
    beside = [
        other
        for n in (*table.coded, table.label)
        if n != name and (other := NUMBERED.fullmatch(n)) and other["stem"] == found["stem"]
    ]
    earlier = [int(other["number"]) < int(found["number"]) for other in beside]
    few = 1 <= len(beside) <= LATER_NAMES_FEW
    return f"{found['number']}, the last of {found['stem']}…" if few and all(earlier) else ""


def _note(name: str, word: str, power: float) -> Finding:
    return Finding(
        name,
        LeakKind.LATER,
        Grade.NOTE,
        0.5 + squash(power) / 2,
        f"its name ({word!r}) is one of what is written at an end, or after it; the rows cannot tell when it was",
        "When is it written, and is it changed later? Look up a row's value as it was at the row's time.",
        {"distance": power},
    )
