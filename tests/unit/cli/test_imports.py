"""Tables of a team's own systems come in by one command each."""

import json

import pytest
from slipway import lines
from slipway.data import catalog, posts
from slipway.settings import settings


@pytest.fixture
def home(monkeypatch, tmp_path):
    """An empty home."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()


def test_an_entity_is_replaced_as_a_whole(run, home, tmp_path):
    """The table stands in the catalogue with its words; one that does not fit leaves it as it was."""
    path = tmp_path / "pieces.csv"
    path.write_text("item,title,style,brand,price\n007,Shirt,a,x,1.5\n008,Hat,b,,\n")
    code, said, _ = run("import-entity", "fashion", str(path))
    assert code == 0
    assert "2 rows of item in the catalogue of fashion" in said
    found = catalog.load(home, lines.load("fashion"))
    assert found.items == ("007", "008")
    found = json.loads(run("import-entity", "fashion", str(path), "--json")[1])
    assert (found["entity"], found["rows"]) == ("item", 2)
    path.write_text("item,title,style,brand,price\n007,Shirt,a,x,1.5\n007,Hat,b,,\n")
    code, _, wrong = run("import-entity", "fashion", str(path))
    assert (code, "twice" in wrong) == (2, True)
    assert catalog.load(home, lines.load("fashion")).items == ("007", "008")
    code, _, wrong = run("import-entity", "fashion", str(path), "--entity", "store")
    assert (code, "must be one of item" in wrong) == (2, True)


def test_posts_of_any_system_are_a_table(run, home, tmp_path):
    """Three columns are enough, in any language; a post that came later than written says so itself."""
    path = tmp_path / "posts.csv"
    path.write_text('post_id,arrived_at,text\n1,2025-01-02T03:00:00Z,"Größe, Zoll & Rückgabe"\n')
    code, said, _ = run("import-posts", str(path))
    assert (code, said.startswith("1 post in the log")) == (0, True)
    line = lines.load_clusters("posts")
    (part,) = posts.folder(home, line).glob("*.parquet")
    assert json.loads(run("import-posts", str(path), "--json")[1]) == {"line": "posts", "posts": 1}
    assert list(posts.folder(home, line).glob("*.parquet")) == [part], "once is as good as twice"
