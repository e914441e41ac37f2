"""One client for tasks and router: patient as each needs, and never wrong about what it read."""

import hashlib
import socket
import threading

import pytest
import registry_answers
from slipway.artifact.digest import digest
from slipway.domain.errors import BadInput, UnknownReference
from slipway.registry import files
from slipway.registry.reader import RegistryReader
from slipway.registry.rest import RegistryRefused, RegistryUnavailable, RetryPolicy
from slipway.registry.state import ReleaseState

MODEL = f"{registry_answers.API}registered-models/get"
ONCE = RetryPolicy(timeout_s=5.0, attempts=1)
SHOWN = ReleaseState("feed", 3, champion="1")


@pytest.fixture
def mlflow():
    """What the registry answers, line by line of a table."""
    with registry_answers.answering() as answers:
        yield answers


@pytest.fixture
def ask(mlflow):
    """Makes a reader with this retry."""
    opened = []

    def make(retry=ONCE):
        opened.append(RegistryReader(mlflow.url, "", "", retry=retry))
        return opened[-1]

    yield make
    for reader in opened:
        reader.close()


@pytest.mark.parametrize("away", [(500, {}), (503, b""), (429, b"slow down"), (408, b"")])
def test_a_router_asks_once_and_a_task_again(mlflow, ask, away):
    """A registry that is away for a moment costs a task a second look, and a poll nothing."""
    mlflow.tag("feed", SHOWN.to_text())
    shown = mlflow.table[MODEL]
    mlflow.table[MODEL] = [away, shown]
    assert ask(RetryPolicy(timeout_s=5.0, attempts=2)).release_state("feed") == SHOWN
    mlflow.table[MODEL], mlflow.asked[MODEL] = [away, shown], 0
    with pytest.raises(RegistryUnavailable):
        ask().release_state("feed")
    assert mlflow.asked[MODEL] == 1


@pytest.mark.parametrize("page", [b"<html>log in</html>", b"\xff"])
def test_a_page_that_is_no_json_is_no_answer(mlflow, ask, page):
    """What a proxy says in MLflow's place is taken for neither a state nor a refusal."""
    mlflow.table[MODEL] = (200, page)
    with pytest.raises(RegistryUnavailable, match="no JSON"):
        ask().release_state("feed")


def test_a_registry_that_sends_a_byte_now_and_then_is_not_waited_for():
    """Each byte keeps a client's own limit away; the whole answer has one of its own."""
    over = threading.Event()

    def drip(listener):
        caller, _ = listener.accept()
        with caller:
            caller.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            while not over.wait(0.02):
                caller.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        dripping = threading.Thread(target=drip, args=(listener,))
        dripping.start()
        patience = RetryPolicy(timeout_s=60.0, attempts=1, whole_s=0.5)
        reader = RegistryReader(
            f"http://127.0.0.1:{listener.getsockname()[1]}", "", "", retry=patience
        )
        try:
            with pytest.raises(RegistryUnavailable, match="no whole answer"):
                reader.release_state("feed")
        finally:
            over.set()
            dripping.join()
            reader.close()


def test_a_registry_that_nobody_runs_is_unavailable():
    """A closed port is the same one error for everybody, with the way out."""
    with pytest.raises(RegistryUnavailable, match="start it again"):
        RegistryReader("http://127.0.0.1:9", "", "", retry=ONCE).release_state("feed")


def test_a_line_that_is_not_shown_has_its_rules(mlflow, ask):
    """Neither an unregistered line nor one without a tag is an error."""
    assert ask().release_state("feed") == ReleaseState("feed")
    mlflow.tag("feed", None)
    assert ask().release_state("feed") == ReleaseState("feed")


def test_only_mlflow_says_that_a_line_is_not_registered(mlflow, ask):
    """Another server's 404, or an account that may not read, takes no champion away."""
    for status in (404, 401, 403):
        mlflow.table[MODEL] = (status, b"<html>nothing here</html>")
        with pytest.raises(RegistryRefused):
            ask().release_state("feed")


def test_a_version_is_downloaded_whole(mlflow, ask, tmp_path):
    """The files of the registered digest, in place; a second call fetches nothing."""
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "ranker.json").write_text("{}")
    mlflow.version({"ranker/ranker.json": b"{}"}, digest(tmp_path / "made"))
    for _ in range(2):
        into = ask().download("feed", "1", tmp_path / "feed" / "1")
        assert (into / "ranker.json").read_text() == "{}"
    assert mlflow.asked["/get-artifact"] == 1
    assert [path.name for path in (tmp_path / "feed").iterdir()] == ["1"]


@pytest.mark.parametrize("path", ["ranker/../../x", "elsewhere/x", "/etc/x", "ranker/."])
def test_a_file_from_outside_is_not_fetched(mlflow, ask, tmp_path, path):
    """No listing makes a reader write beside the folder it was given."""
    mlflow.version({path: b"x"}, hashlib.sha256(b"x").hexdigest())
    with pytest.raises(BadInput, match="foreign file"):
        ask().download("feed", "1", tmp_path / "feed" / "1")
    assert mlflow.asked["/get-artifact"] == 0
    assert list((tmp_path / "feed").iterdir()) == []


def test_a_file_that_would_not_fit_is_not_fetched(mlflow, ask, tmp_path, monkeypatch):
    """A file larger than any ranker is refused before it is read into memory."""
    monkeypatch.setattr(files, "LARGEST_FILE", 3)
    mlflow.version({"ranker/x": b"1234"}, "0" * 64)
    with pytest.raises(BadInput, match="at most 3 bytes"):
        ask().download("feed", "1", tmp_path / "feed" / "1")


def test_what_is_wrong_with_a_version_is_said_of_the_version(mlflow, ask, tmp_path):
    """Other files, or a run that is gone, are BadInput; an account that may not read is not."""
    listing = f"{registry_answers.API}artifacts/list"
    with pytest.raises(UnknownReference):
        ask().download("feed", "1", tmp_path / "feed" / "1")
    mlflow.version({"ranker/x": b"1"}, "0" * 64)
    with pytest.raises(BadInput, match="the registered digest 000000000000"):
        ask().download("feed", "1", tmp_path / "feed" / "1")
    mlflow.table[listing] = (400, {"error_code": "INVALID_PARAMETER_VALUE", "message": "no run"})
    with pytest.raises(BadInput, match=r"feed version 1.*no run"):
        ask().download("feed", "1", tmp_path / "feed" / "1")
    mlflow.table[listing] = (403, {"error_code": "PERMISSION_DENIED", "message": "not you"})
    with pytest.raises(RegistryRefused, match="not you"):
        ask().download("feed", "1", tmp_path / "feed" / "1")


def test_the_tags_of_all_versions_are_read_page_by_page(mlflow, ask):
    """However many versions a model has, each is there once with its tags."""

    def page(query):
        number = int(query.get("page_token", ["0"])[0])
        tags = [{"key": "stage", "value": "returned"}]
        found = {"model_versions": [{"version": str(number + 1), "tags": tags}]}
        return 200, found | ({"next_page_token": str(number + 1)} if number < 2 else {})

    mlflow.table[f"{registry_answers.API}model-versions/search"] = page
    assert ask().all_tags("feed") == {v: {"stage": "returned"} for v in ("1", "2", "3")}
