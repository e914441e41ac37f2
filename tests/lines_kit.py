"""Lines of other teams, written into folders as they would write them: sound ones and broken ones."""

from pathlib import Path

SOUND = '''"""A sound line of another team: the feed's columns under another name."""

from dataclasses import replace

from slipway.examples.films.line import LINE as FEED

LINE = replace(FEED, name="{name}")
'''

BROKEN = "import no_such_package\n\nLINE = no_such_package.line()\n"
SLOW = "import time\n\ntime.sleep(3600)\n" + SOUND
NAMELESS = SOUND.replace("{name}", "")
NO_LINE = "LINE = 3\n"
ENDS = "import sys\n\nsys.exit('bye')\n\nLINE = None\n"
NO_PYTHON = "LINE = (\n"


def write(folder: Path, **modules: str) -> Path:
    """A folder of modules, by the name of the line that each of them is."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text.replace("{name}", name))
    return folder
