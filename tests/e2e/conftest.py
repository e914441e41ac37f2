"""Processes that several end-to-end tests share."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))

import registry_kit

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium; its waits have no end of their own, `hanging` finds those that hang."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine's PATH")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS), timeout=0)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def desk(tmp_path_factory):
    """A guarded MLflow server on SQLite, started once, with reviewers rita and ruth."""
    with registry_kit.running(tmp_path_factory.mktemp("registry")) as desk:
        desk.as_user().ensure_line("feed")
        yield desk
