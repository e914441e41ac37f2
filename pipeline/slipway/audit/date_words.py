"""Dates as people write them in other languages and programs, rewritten as ISO 8601 where they are no plain form."""

import re
from calendar import isleap
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

MONTHS = (
    "jan january januar janvier janv enero ene gennaio gen januari janeiro jän jänner styczeń stycznia ocak января январь tammikuuta ledna leden",
    "feb february februar février fevrier févr fevr febrero febbraio februari fevereiro fev luty lutego şubat февраля февраль helmikuuta února únor",
    "mar march märz maerz mrz mär mars marzo maart mrt março marco marzec marca mart марта март maaliskuuta března březen marts",
    "apr april avril avr abril abr aprile kwiecień kwietnia nisan апреля апрель huhtikuuta dubna duben",
    "may mai mayo maggio mag mei maio maj maja mayıs мая май toukokuuta května květen",  # noqa: RUF001 - Turkish
    "jun june juni juin junio giugno giu junho czerwiec czerwca haziran июня июнь kesäkuuta června červen",
    "jul july juli juillet juil julio luglio lug julho lipiec lipca temmuz июля июль heinäkuuta července červenec",
    "aug august août aout agosto ago augusti augustus sierpień sierpnia ağustos августа август elokuuta srpna srpen",
    "sep sept september septembre septiembre settembre set setembro wrzesień września eylül сентября сентябрь syyskuuta září",
    "oct october oktober okt octobre octubre ottobre ott outubro out październik października ekim октября октябрь lokakuuta října říjen",
    "nov november novembre noviembre novembro listopad listopada kasım ноября ноябрь marraskuuta",  # noqa: RUF001 - Turkish
    "dec december dezember dez décembre decembre déc diciembre dic dicembre dezembro grudzień grudnia aralık декабря декабрь joulukuuta prosince prosinec",  # noqa: RUF001 - Turkish
)  # fmt: skip
"""Names of the months in a few languages, with what they are shortened to."""
MONTH = {name: k + 1 for k, names in enumerate(MONTHS) for name in names.split()}
WEEKDAY = r"(?:[^\W\d_]{2,12}\.?,? +)?"
"""A weekday, or "le", "am", "el", in whatever language: all else has to be a full date."""
OF_DAY = r"(?:[,:]? *(?:[Tt]|at|um|à|a las)? *(?P<clock>\d\d?[:h]\d\d(?::\d\d(?:\.\d+)?)?(?: *[AaPp][Mm])?))?(?: +Uhr| *h)?"
ZONE = r"(?: *(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)(?:\[[\w/+-]+\])?)?"
NAME = r"(?P<month>[^\W\d_]{3,12})\.?"
FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{WEEKDAY}(?P<day>\d\d?)(?:\.|st|nd|rd|th|er|º)? *(?:de +|of +|[- ])?{NAME},? *(?:de +|-)?(?P<year>\d{{4}}){OF_DAY}{ZONE}",
        rf"{WEEKDAY}{NAME} +(?P<day>\d\d?)(?:st|nd|rd|th)?,? +(?P<year>\d{{4}}){OF_DAY}{ZONE}",
        rf"{WEEKDAY}{NAME} +(?P<day>\d\d?) +(?P<clock>\d\d:\d\d:\d\d)(?: (?P<zone>UTC|GMT|[+-]\d{{4}}))? (?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})[.] ?(?P<number>\d\d?)[.] ?(?P<day>\d\d?)[.]?{OF_DAY}{ZONE}",
        r"(?P<year>\d{4})(?P<number>\d\d)(?P<day>\d\d)T(?P<clock>\d{4}(?:\d\d)?)(?P<zone>Z|[+-]\d{4})?",
        rf"(?P<year>\d{{4}})[-/](?P<number>\d\d?)[-/](?P<day>\d\d?){OF_DAY}{ZONE}",
        r"(?P<year>(?:19|20)\d\d)[-./](?P<number>\d\d?)",
        r"(?P<number>\d\d?)[-./](?P<year>(?:19|20)\d\d)",
        rf"(?P<year>\d{{4}}) ?[年년] ?(?P<number>\d\d?) ?[月월] ?(?P<day>\d\d?) ?[日일]{OF_DAY}{ZONE}",
    )
)
WEEK = re.compile(r"(?P<year>\d{4})-?W(?P<week>[0-5]\d)(?:-?(?P<day>[1-7]))?")
"""ISO 8601 weeks: 2026-W10-3; a week without a day begins on its Monday."""
DAY_OF_YEAR = re.compile(r"(?P<year>\d{4})[-/.]?(?P<day>[0-3]\d\d)")
"""Ordinal dates: 2026-064 is the fifth of March."""
QUARTER = re.compile(
    r"(?P<year>\d{4})[- /]?[QqTt](?P<number>[1-4])|[QqTt](?P<quarter>[1-4])[- /]?(?P<of>\d{4})|(?P<first>[1-4])[Qq](?P<end>\d{4})"
)
DOT_NET = re.compile(r"/Date\((?P<ms>-?\d{1,15})(?:[+-]\d{4})?\)/")
PROBED = 100


def plain(said: Sequence[str]) -> list[str]:
    """Words [d] in ISO 8601 where most of them are such dates; as they are otherwise.

    >>> plain(["5. März 2026", "12. Mai 2026"]), plain(["2026-W10-3"]), plain(["room 12"])
    (['2026-03-05', '2026-05-12'], ['2026-03-04'], ['room 12'])
    """
    some = said[:: max(1, len(said) // PROBED)]
    if sum(_iso(word) is not None for word in some) < max(1, len(some) / 2):
        return list(said)
    return [_iso(word) or word for word in said]


def _iso(word: str) -> str | None:
    word = word.strip()
    if week := WEEK.fullmatch(word):
        return _of_week(int(week["year"]), int(week["week"]), int(week["day"] or 1))
    if (other := _otherwise(word)) is not None:
        return other
    found = next((m for form in FORMS if (m := form.fullmatch(word))), None)
    if found is None:
        return None
    parts = found.groupdict()
    month = MONTH.get((parts.get("month") or "").casefold()) or int(parts.get("number") or 0)
    try:
        day = date(int(parts["year"]), month, int(parts.get("day") or 1))
    except ValueError:
        return None
    clock = f" {_of_day(parts['clock'])}" if parts.get("clock") else ""
    return f"{day.isoformat()}{clock}{_of_zone(parts.get('zone') or '') if clock else ''}"


def _of_week(year: int, week: int, day: int) -> str | None:
    try:
        return date.fromisocalendar(year, week, day).isoformat()
    except ValueError:
        return None


def _otherwise(word: str) -> str | None:
    """Ordinal dates, quarters and .NET's counts since 1970."""
    if found := DAY_OF_YEAR.fullmatch(word):
        year, day = int(found["year"]), int(found["day"])
        return (
            (date(year, 1, 1) + timedelta(day - 1)).isoformat()
            if 1 <= day <= isleap(year) + 365 and year
            else None
        )
    if found := QUARTER.fullmatch(word):
        of_year = found["year"] or found["of"] or found["end"]
        quarter = int(found["number"] or found["quarter"] or found["first"])
        return f"{of_year}-{3 * quarter - 2:02d}-01"
    if found := DOT_NET.fullmatch(word):
        return (
            datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found["ms"]))
        ).isoformat(" ")
    return None


def _of_day(clock: str) -> str:
    """A time of day with 24 hours: 4:05 PM is 16:05, and so are 16h05 and 1605."""
    clock = clock.replace("h", ":")
    if clock.isdigit():
        return ":".join(clock[k : k + 2] for k in range(0, len(clock), 2))
    half = clock[-2:].casefold()
    if half not in {"am", "pm"}:
        return clock if clock[1] != ":" else f"0{clock}"
    hour, rest = clock[:-2].strip().split(":", maxsplit=1)
    return f"{int(hour) % 12 + 12 * (half == 'pm'):02d}:{rest}"


def _of_zone(zone: str) -> str:
    return "Z" if zone.upper() in {"UTC", "GMT", "Z"} else zone
