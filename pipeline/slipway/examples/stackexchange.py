"""Real posts: a Stack Exchange export (CC BY-SA) as rows of the line ``posts``.

File: ``posts.csv.gz`` with the columns site, Id, PostTypeId (1 question, 2 answer), ParentId,
CreationDate, Title, Body (HTML). Code blocks and tags are left out of the text.
"""

import re
from html import unescape
from pathlib import Path

import pandas as pd

from slipway.data import posts as log
from slipway.domain.clusters import ClusterLine
from slipway.domain.errors import BadInput, UnknownReference

_COLUMNS = ("site", "Id", "PostTypeId", "ParentId", "CreationDate", "Title", "Body")
_SPOKEN = (1, 2)  # questions and answers; the rest are wikis and notes of moderators
_CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


def load(folder: Path) -> pd.DataFrame:
    """Posts by arrival: ``post_id`` (site/number), ``arrived_at`` and ``event_at`` (UTC), ``text``.

    ``site`` is kept beside them as a reference class; no model reads it. Raises UnknownReference
    for a missing file and BadInput for one without the columns.
    """
    path = folder / "posts.csv.gz"
    if not path.is_file():
        raise UnknownReference(
            "posts",
            found=str(path),
            expected="an existing file",
            next_step="pass the folder with posts.csv.gz",
        )
    raw = pd.read_csv(path, low_memory=False)
    missing = sorted(set(_COLUMNS) - set(raw.columns))
    if missing:
        raise BadInput(
            str(path),
            found=f"no column {missing[0]}",
            expected=f"columns {', '.join(_COLUMNS)}",
            next_step="export the posts again",
        )
    rows = raw[raw["PostTypeId"].isin(_SPOKEN)]
    at = pd.to_datetime(rows["CreationDate"], utc=True)
    said = rows["Title"].fillna("") + " " + rows["Body"].fillna("")
    posts = pd.DataFrame(
        {
            "post_id": rows["site"] + "/" + rows["Id"].astype(str),
            "arrived_at": at,
            "event_at": at,
            "text": said.map(plain),
            "site": rows["site"],
        }
    )
    return posts.sort_values(["arrived_at", "post_id"], ignore_index=True)


def write(home: Path, line: ClusterLine, folder: Path) -> int:
    """Put the posts of ``folder`` into the line's log; returns how many. Once is as good as twice."""
    posts = load(folder)
    log.append(home, line, posts)
    return len(posts)


def plain(html: str) -> str:
    """The words of an HTML text.

    >>> plain("<p>Is <b>stout</b> &amp; porter</p><pre>x = 1</pre> one?")
    'Is stout & porter one?'
    """
    return " ".join(unescape(_TAG.sub(" ", _CODE.sub(" ", html))).split())
