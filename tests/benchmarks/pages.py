"""Look at Slipway's pages in a real browser: two widths, light and dark, with axe-core where it is given.

    python tests/benchmarks/pages.py HOME [--axe node_modules/axe-core/axe.min.js] [--out FOLDER]

HOME is that of a running stack: its pages in Airflow, the review page of each line's newest version in MLflow,
and the evidence that is kept in the folder. `npm install axe-core` brings the other file. Exit code 1: a page
scrolls to the side, weighs more than 300 kB, takes more than a second to its first paint, or axe finds something
serious.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
from playwright.sync_api import Browser, Page, sync_playwright
from slipway.stack.installation import Installation

WIDTHS, SCHEMES = (1400, 390), ("light", "dark")
MOST_BYTES, MOST_PAINT_MS = 300_000, 1_000.0
SERIOUS = {"serious", "critical"}
SERVER = "performance.getEntriesByType('navigation')[0].responseStart"
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)[0] || 0"


class PageLook(NamedTuple):
    """One page to look at: a name, an address, and whose account of MLflow opens it ("": Airflow's viewer)."""

    name: str
    address: str
    account: str = ""


def token(installation: Installation, user: str = "viewer") -> str:
    """A word that Airflow takes for an account."""
    words = {"username": user, "password": installation.secrets.airflow[user]}
    answer = httpx.post(f"{installation.airflow_url}/auth/token", json=words, timeout=None)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def reviewer(installation: Installation) -> str:
    """The first account that may review."""
    return installation.options.reviewers[0]


def versions(installation: Installation) -> list[tuple[str, str]]:
    """Line and number of each line's newest version."""
    word = installation.secrets.mlflow[user := reviewer(installation)]
    url = f"{installation.mlflow_url}/api/2.0/mlflow/registered-models/search"
    answer = httpx.get(url, auth=(user, word), timeout=None)
    answer.raise_for_status()
    found = []
    for model in answer.json().get("registered_models", []):
        newest = [v["version"] for v in model.get("latest_versions", [])]
        if newest and not model["name"].endswith("-rules"):
            found.append((str(model["name"]), str(max(newest, key=int))))
    return found


def pages(installation: Installation) -> Iterator[PageLook]:
    """Everything that there is to look at."""
    at = installation.airflow_url
    yield PageLook("releases", f"{at}/slipway/")
    yield PageLook("needs", f"{at}/slipway/needs")
    for line in sorted({name for name, _ in versions(installation)} or {"feed"}):
        yield PageLook(f"watch-{line}", f"{at}/slipway/watch/{line}")
    for line, version in versions(installation):
        query = f"{installation.mlflow_url}/slipway/review?name={line}&version={version}"
        yield PageLook(f"review-{line}", query, reviewer(installation))
    for work in sorted((installation.home / "work").iterdir()):
        kept = sorted(work.glob("runs/*/evidence/*.html"), key=lambda path: path.stat().st_mtime)
        # Great Expectations draws its own pages, which load from elsewhere
        newest = {path.stem: path for path in kept if not path.stem.startswith("datadocs")}
        yield from (PageLook(f"{n}-{work.name}", p.as_uri()) for n, p in newest.items())


def look(page: Page, axe: str, wide: int, size: int) -> tuple[list[str], float]:
    """What is wrong with the page that stands there, and when it was first painted (ms)."""
    found = []
    side = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if side > 0:
        found.append(f"scrolls {side} px to the side at {wide} px")
    if size > MOST_BYTES:
        found.append(f"{size:,} bytes, {MOST_BYTES:,} allowed")
    painted = float(page.evaluate(FIRST_PAINT))
    if painted > MOST_PAINT_MS:
        found.append(f"first paint after {painted:,.0f} ms")
    if axe:
        page.evaluate(axe)
        rules = page.evaluate("axe.run().then(found => found.violations)")
        found += [
            f"axe {rule['impact']}: {rule['id']}: {rule['nodes'][0]['html'][:120]}"
            for rule in rules
            if rule["impact"] in SERIOUS
        ]
    return found, painted


@contextmanager
def opened(
    browser: Browser,
    installation: Installation,
    wide: int,
    scheme: str,
    *,
    account: str = "",
    user: str = "viewer",
) -> Iterator[Page]:
    """A page of a browser in which ``user`` of Airflow is logged in, and ``account`` of MLflow."""
    login = {"username": account, "password": installation.secrets.mlflow.get(account, "")}
    context = browser.new_context(
        viewport={"width": wide, "height": 900},
        color_scheme=scheme,
        bypass_csp=True,  # type: ignore[arg-type]  # light or dark
        http_credentials=login if account else None,  # type: ignore[arg-type]  # as its documentation says
    )
    context.set_default_timeout(0)
    if not account:
        word = token(installation, user)
        context.add_cookies([{"name": "_token", "value": word, "url": installation.airflow_url}])
    try:
        yield context.new_page()
    finally:
        context.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of this machine, without a window."""
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu"],
            timeout=0,
        )
        try:
            yield browser
        finally:
            browser.close()


def visit(browser: Browser, installation: Installation, axe: str, out: Path) -> int:
    """Every page at every width in every scheme; returns how many faults there are."""
    faults = 0
    for of in pages(installation):
        for scheme in SCHEMES:
            for wide in WIDTHS:
                with opened(browser, installation, wide, scheme, account=of.account) as page:
                    page.goto(of.address)
                    size = len(page.content().encode())
                    wrong, painted = look(page, axe, wide, size)
                    served = float(page.evaluate(SERVER))
                    page.screenshot(path=out / f"{of.name}-{wide}-{scheme}.png", full_page=True)
                faults += len(wrong)
                row = f"{of.name:<18} {wide:>5} {scheme:<6} {size:>8,} bytes {painted:>6,.0f} ms, {served:,.0f} of the server"
                print(f"{row}  {'; '.join(wrong) or 'fine'}", flush=True)
    return faults


def main() -> int:
    """Print a line for each page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--axe", type=Path)
    parser.add_argument("--out", type=Path, default=Path("pages"))
    said = parser.parse_args()
    said.out.mkdir(parents=True, exist_ok=True)
    axe = said.axe.read_text() if said.axe else ""
    with chromium() as browser:
        faults = visit(browser, Installation.load(said.home), axe, said.out)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
