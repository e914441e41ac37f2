"""Make the pictures of the README from a stack that a demo left running: `make demo KEEP=1`, then this.

    python tests/benchmarks/pictures.py HOME [--out .readme] [--only board backfill]

`make pictures` does both. Each is a page as an engineer or a reviewer sees it, in a window of 1200 by 760 pixels, as WebP; all of them
together stay below 300 kB.
"""

import argparse
import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pages import chromium, opened, reviewer, versions
from PIL import Image
from playwright.sync_api import Page
from slipway.release.ledger import Ledger
from slipway.stack.airflow_api import AirflowApi
from slipway.stack.installation import Installation

WIDE, HIGH, QUALITY = 1200, 760, 62
MOST_BYTES = 300_000
SETTLED_MS = 6_000
"""Airflow's and MLflow's pages go on drawing after they have loaded."""
DRAWN = """() => !document.querySelector('[class*=skeleton i], [data-testid=skeleton]')
    && !document.body.innerText.includes('No Task Instance found')"""
"""Airflow shows placeholders, and says that there is no task, while a busy server has not answered."""

Scene = Callable[[Page, Installation], None]


def newest_run(installation: Installation, dag: str, *, ended: bool = True) -> str:
    """The newest run of a DAG whose tasks all have a state: it took a step."""
    with AirflowApi(
        installation.airflow_url, "admin", installation.secrets.airflow["admin"]
    ) as api:
        runs = [run for run in api.runs(dag) if run["state"] == "success" or not ended]
        whole = [r for r in runs if None not in api.task_states(dag, r["dag_run_id"]).values()]
    return str((whole or runs)[0]["dag_run_id"])


def release(page: Page, at: Installation) -> None:
    """A run of the reconciler: one comparison for each gate."""
    page.goto(f"{at.airflow_url}/dags/release_feed/runs/{newest_run(at, 'release_feed')}")


def form(page: Page, at: Installation) -> None:
    """The form in which a backfill is asked for, with the line's choices."""
    page.goto(f"{at.airflow_url}/dags/retrain_feed")
    page.get_by_test_id("trigger-dag-button").click()
    page.get_by_text("Run this Dag for a range of dates").click()
    page.get_by_role("dialog").get_by_role("button", name="Recipe").click()
    page.wait_for_timeout(SETTLED_MS)
    page.get_by_text("max_iter (trees)").evaluate("e => e.scrollIntoView({block: 'center'})")


def required(page: Page, at: Installation) -> None:
    """The required actions: what waits for a reviewer, shown and not decided there."""
    run = newest_run(at, "approval_feed", ended=False)
    place = f"dags/approval_feed/runs/{run}/tasks/wait_for_reviewer/required_actions"
    page.goto(f"{at.airflow_url}/{place}")


def board(page: Page, at: Installation) -> None:
    """The page Releases."""
    page.goto(f"{at.airflow_url}/slipway/")


def version(page: Page, at: Installation) -> None:
    """The version in MLflow: verdicts, figures, how to decide."""
    page.goto(f"{at.mlflow_url}/#/models/feed/versions/{_shown(at)}")
    page.get_by_test_id("tags-form-input-name").wait_for()
    page.get_by_role("button", name="Close").first.click()  # MLflow's assistant, not the page


def validation(page: Page, at: Installation) -> None:
    """A training table that was stopped, or the newest one."""
    found = sorted((at.home / "work" / "feed").rglob("validation.html"), key=_when)
    stopped = [f for f in found if '"success": false' in f.with_suffix(".json").read_text()]
    page.goto((stopped or found)[-1].as_uri())
    # its first rows are addresses of this machine
    page.get_by_role("heading", name="training", exact=True).evaluate("e => e.scrollIntoView()")


def _when(path: Path) -> float:
    return path.stat().st_mtime


def _shown(at: Installation) -> str:
    """The champion, or the newest version."""
    champion = Ledger(f"sqlite:///{at.home / 'ledger.db'}").state("feed").champion
    return champion or dict(versions(at))["feed"]


def review(page: Page, at: Installation) -> None:
    """The review page of the champion, or of the newest version."""
    page.goto(f"{at.mlflow_url}/slipway/review?name=feed&version={_shown(at)}")


AIRFLOW: Mapping[str, Scene] = {
    "release": release,
    "backfill": form,
    "required_actions": required,
    "board": board,
    "validation": validation,
}
MLFLOW: Mapping[str, Scene] = {"version": version, "review": review}


def picture(page: Page) -> bytes:
    """What stands in the window once nothing is drawn as a placeholder, as WebP."""
    page.wait_for_timeout(SETTLED_MS)
    page.wait_for_function(DRAWN)
    image, kept = Image.open(io.BytesIO(page.screenshot())), io.BytesIO()
    image.convert("RGB").save(kept, "WEBP", quality=QUALITY, method=6)
    return kept.getvalue()


def main() -> int:
    """Write the pictures; exit code 1 where they are too large together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--out", type=Path, default=Path(".readme"))
    parser.add_argument("--only", nargs="*", default=[*AIRFLOW, *MLFLOW])
    said = parser.parse_args()
    said.out.mkdir(parents=True, exist_ok=True)
    at, total = Installation.load(said.home), 0
    with chromium() as browser:
        for scenes, account in ((AIRFLOW, ""), (MLFLOW, reviewer(at))):
            for name, scene in ((n, s) for n, s in scenes.items() if n in said.only):
                with opened(browser, at, WIDE, "light", account=account, user="admin") as page:
                    page.set_viewport_size({"width": WIDE, "height": HIGH})
                    scene(page, at)
                    kept = picture(page)
                (said.out / f"{name}.webp").write_bytes(kept)
                total += len(kept)
                print(f"{name:<18} {len(kept):>8,} bytes", flush=True)
    print(f"{total:,} bytes, {MOST_BYTES:,} allowed")
    return 1 if total > MOST_BYTES else 0


if __name__ == "__main__":
    sys.exit(main())
