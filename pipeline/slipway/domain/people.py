"""Who is who: one person's accounts in Airflow, MLflow and the operating system. Pure.

Four eyes are two people, not two accounts. Whether a review is somebody else's than the author's is
asked of :func:`four_eyes` alone, wherever it is asked.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from slipway.domain.errors import BadConfig
from slipway.domain.stand_in import StandIn

SYSTEMS = ("airflow", "mlflow", "os")
STANDS_IN, OVERSEER = "stands_in", "overseer"
"""Words of a person's table beside the systems: a stand-in with its days, and the right to stop."""
SCHEDULER = "scheduler"
"""The author of a run that nobody started: no person, and no account of one."""

_NOBODY: Mapping[tuple[str, str], str] = MappingProxyType({})
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0\ufeff"
)
"""Drawn as nothing, though no control character (with the variation selectors below)."""
_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_LIKE_LATIN = frozenset("асеорхуѕіјһԁԛԝѵӏαινορυχհոսօց")
"""Letters of other scripts that are read as Latin ones, in lower case."""


class FourEyes(StrEnum):
    """What the reviews of a version amount to."""

    ENOUGH = "enough"
    SECOND = "a second reviewer"  # the first one may be the author, or the policy asks for two
    AUTHOR = "somebody else than the author"


@dataclass(frozen=True, slots=True)
class People:
    """The people of an installation; ``accounts`` maps (system, account) to a person's name.

    ``overseers`` may stop what is on live traffic, and do nothing else.
    """

    accounts: Mapping[tuple[str, str], str] = field(default_factory=lambda: _NOBODY)
    stand_ins: tuple[StandIn, ...] = ()
    overseers: frozenset[str] = frozenset()

    @classmethod
    def from_dict(cls, raw: Mapping[str, object], where: str) -> Self:
        """Read ``person → system → accounts``; raises BadConfig, naming ``where`` it was read."""
        accounts: dict[tuple[str, str], str] = {}
        stand_ins, overseers = [], set()
        known = (*SYSTEMS, STANDS_IN, OVERSEER)
        for name, of in raw.items():
            person = checked_name(name, where)
            if not isinstance(of, Mapping) or not set(of) <= set(known):
                raise _refuse(f"{where}: {name}", of, f"a table of {', '.join(known)}")
            if STANDS_IN in of:
                place = f"{where}: {name}.{STANDS_IN}"
                stand_ins.append(StandIn.from_dict(person, of[STANDS_IN], place))
            if not isinstance(of.get(OVERSEER, False), bool):
                raise _refuse(f"{where}: {name}.{OVERSEER}", of[OVERSEER], "true or false")
            if of.get(OVERSEER):
                overseers.add(person)
            for system, named in ((s, of[s]) for s in SYSTEMS if s in of):
                if not isinstance(named, list) or not all(isinstance(n, str) for n in named):
                    raise _refuse(f"{where}: {name}.{system}", named, "a list of account names")
                for account in named:
                    key = (system, checked_name(account, f"{where}: {name}.{system}"))
                    if accounts.setdefault(key, person) != person:
                        raise _refuse(f"{where}: {system} account", account, "one person's alone")
        return cls(accounts, tuple(stand_ins), frozenset(overseers))

    def standing_in(self, account: str, at: datetime) -> StandIn | None:
        """Whom an account of MLflow stands in for at a time."""
        person = self.reviewer(account)
        return next((s for s in self.stand_ins if s.person == person and s.covers(at)), None)

    def oversees(self, account: str) -> bool:
        """Whether an account of MLflow is an overseer's."""
        return self.reviewer(account) in self.overseers

    def reviewer(self, account: str) -> str | None:
        """The person behind an account of MLflow; None where nobody knows."""
        return self.accounts.get(("mlflow", plain(account)))

    def author(self, account: str) -> str | None:
        """The person who started a run, by the name that Airflow gives; None where nobody knows.

        Airflow's own command line gives the account of the operating system.
        """
        name = plain(account)
        if name == SCHEDULER:
            return SCHEDULER
        found = {self.accounts.get((system, name)) for system in ("airflow", "os")} - {None}
        return found.pop() if len(found) == 1 else None


NOBODY = People()
"""Where no file says who is who."""


def four_eyes(author: str, reviewers: Sequence[str], people: People, at_least: int = 1) -> FourEyes:
    """Whether ``reviewers`` (accounts of MLflow) are enough for a version that ``author`` started.

    ``at_least`` is how many persons the policy asks for. Where the author or the reviewer is not known to be a certain person, two different reviewers
    are: one of them at least is not the author.
    """
    names = {plain(account) for account in reviewers}
    known = {people.reviewer(account) for account in reviewers}
    by = people.author(author)
    if not author.strip() or plain(author) in names or (by is not None and by in known):
        return FourEyes.AUTHOR
    if by is not None and known and None not in known:
        return FourEyes.ENOUGH if len(known) >= at_least else FourEyes.SECOND
    persons = {people.reviewer(account) or f"account {plain(account)}" for account in reviewers}
    return FourEyes.ENOUGH if len(persons) > 1 else FourEyes.SECOND


def plain(name: str) -> str:
    """An account's name as it is compared: without case, width or outer blanks.

    >>> plain(" Adam ")
    'adam'
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def checked_name(name: str, where: str) -> str:
    """``name`` as it is compared; raises BadConfig for one that can be read as another one."""
    found = plain(name)
    scripts = {unicodedata.name(c, "?").split()[0] for c in found if c.isalpha()}
    alphabets = scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}
    letters = {c for c in found if c.isalpha()}
    if not has_words(found) or any(_is_unseen(c) or c.isspace() for c in found):
        raise _refuse(where, name, "a name of visible characters without blanks")
    if len(alphabets) > 1 or (letters and letters <= _LIKE_LATIN):
        raise _refuse(where, name, "letters of one alphabet that are not read as another one's")
    return found


def has_words(text: str) -> bool:
    """Whether anything can be read in ``text``: a letter or a digit that is drawn.

    >>> has_words("ok"), has_words("\u200b"), has_words(" - ")
    (True, False, False)
    """
    return any(c.isalnum() and not _is_unseen(c) for c in text)


def _is_unseen(c: str) -> bool:
    return (
        c in _UNSEEN
        or any(ord(c) in selectors for selectors in _SELECTORS)
        or unicodedata.category(c) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
    )


def _refuse(what: str, found: object, expected: str) -> BadConfig:
    return BadConfig(
        what,
        found=found,
        expected=expected,
        next_step="correct the name; who is who says the file of SLIPWAY_PEOPLE",
    )
