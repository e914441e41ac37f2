"""Posts of a Stack Exchange export as rows of the log."""

import gzip

import pytest
from slipway import lines
from slipway.data import posts
from slipway.domain.errors import BadInput, UnknownReference
from slipway.examples import stackexchange

HEAD = "site,Id,PostTypeId,ParentId,CreationDate,Title,Body\n"
ROWS = (
    "beer,2,2,1,2014-01-22T10:00:00.000,,<p>Ask <b>hops</b></p>\n"
    "beer,1,1,,2014-01-21T10:00:00.000,Why foam?,<p>I see <pre>x=1</pre>foam</p>\n"
    "beer,3,5,,2014-01-21T10:00:00.000,,wiki\n"
)


def write(folder, text):
    """An export in ``folder``."""
    with gzip.open(folder / "posts.csv.gz", "wt") as file:
        file.write(text)


def test_questions_and_answers_come_in_by_time(tmp_path):
    """Wikis are left out, HTML and code are gone, and the log takes the rows."""
    write(tmp_path, HEAD + ROWS)
    found = stackexchange.load(tmp_path)
    assert found["post_id"].tolist() == ["beer/1", "beer/2"]
    assert found["text"].tolist() == ["Why foam? I see foam", "Ask hops"]
    line = lines.load_clusters("posts")
    assert stackexchange.write(tmp_path, line, tmp_path) == 2
    assert len(list(posts.folder(tmp_path, line).glob("*.parquet"))) == 1


def test_a_wrong_export_is_refused(tmp_path):
    """A missing file and a missing column each say so."""
    with pytest.raises(UnknownReference, match=r"posts\.csv\.gz"):
        stackexchange.load(tmp_path)
    write(tmp_path, "site,Id\nbeer,1\n")
    with pytest.raises(BadInput, match="no column"):
        stackexchange.load(tmp_path)
