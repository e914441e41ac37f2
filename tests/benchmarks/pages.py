"""Look at Slipway's pages in a real Airflow: two widths, light and dark, with axe-core where it is given.

    python tests/benchmarks/pages.py HOME [--axe node_modules/axe-core/axe.min.js] [--out FOLDER]

HOME is that of a running stack. Exit code 1: a page scrolls to the side, weighs more than 300 kB, or axe finds
something serious.
"""

import argparse
import shutil
import sys
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright
from slipway.stack.installation import Installation

PAGES = {"releases": "slipway/", "needs": "slipway/needs", "watch": "slipway/watch/feed"}
WIDTHS, SCHEMES = (1400, 390), ("light", "dark")
MOST_BYTES = 300_000
SERIOUS = {"serious", "critical"}


def token(installation: Installation) -> str:
    """A word that Airflow takes for the viewer's account."""
    words = {"username": "viewer", "password": installation.secrets.airflow["viewer"]}
    answer = httpx.post(f"{installation.airflow_url}/auth/token", json=words, timeout=60)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def look(page: Page, axe: str, wide: int) -> list[str]:
    """What is wrong with the page that stands there."""
    found = []
    side = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if side > 0:
        found.append(f"scrolls {side} px to the side at {wide} px")
    size = len(page.content().encode())
    if size > MOST_BYTES:
        found.append(f"{size:,} bytes, {MOST_BYTES:,} allowed")
    if axe:
        page.evaluate(axe)
        rules = page.evaluate("axe.run().then(found => found.violations)")
        found += [
            f"axe {rule['impact']}: {rule['id']}: {rule['nodes'][0]['html'][:120]}"
            for rule in rules
            if rule["impact"] in SERIOUS
        ]
    return found


def visit(browser: Browser, installation: Installation, axe: str, out: Path) -> int:
    """Every page at every width in every scheme; returns how many faults there are."""
    faults, word = 0, token(installation)
    for scheme in SCHEMES:
        for wide in WIDTHS:
            context = browser.new_context(
                viewport={"width": wide, "height": 900}, color_scheme=scheme, bypass_csp=True
            )
            context.add_cookies(
                [{"name": "_token", "value": word, "url": installation.airflow_url}]
            )
            page = context.new_page()
            for name, path in PAGES.items():
                page.goto(f"{installation.airflow_url}/{path}", timeout=0)
                wrong = look(page, axe, wide)
                page.screenshot(path=out / f"{name}-{wide}-{scheme}.png", full_page=True)
                faults += len(wrong)
                size = len(page.content().encode())
                print(
                    f"{name:<9} {wide:>5} {scheme:<6} {size:>8,} bytes  {'; '.join(wrong) or 'fine'}"
                )
            context.close()
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
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu"],
            timeout=0,
        )
        faults = visit(browser, Installation.load(said.home), axe, said.out)
        browser.close()
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
