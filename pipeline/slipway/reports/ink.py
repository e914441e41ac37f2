"""Colours of pictures: told apart by colour-blind eyes, and readable on light and dark pages.

Light ones are those of Okabe and Ito (2008), darkened where white paper asks for it. A picture is drawn
in the light ones and holds a table of the dark ones, so that it follows the reader's own setting.
"""

import re

CHAMPION, CANDIDATE, RULES, LIMIT = "#7a8b99", "#0072b2", "#b87400", "#c04a00"
INK, CHANCE = "#1c2733", "#dbe2e8"

_DARK = {
    INK: "#e6edf3",
    CHAMPION: "#9fb0bd",
    CANDIDATE: "#56b4e9",
    RULES: "#e69f00",
    LIMIT: "#ff8a4c",
    CHANCE: "#3a4754",
}
_DRAWN_BLACK = re.compile(r"#000000\b")
_FONT = re.compile(r"(font(?:-family)?: ?(?:[\w.%-]+ )*?)'DejaVu Sans'[^;\"]*")
_HEAD = re.compile(r"<\?xml.*?\?>\s*<!DOCTYPE.*?>\s*|<metadata>.*?</metadata>\s*", re.DOTALL)
_SIZE = re.compile(r'(<svg [^>]*?)width="([\d.]+)pt" height="([\d.]+)pt"')


def adaptive(svg: str) -> str:
    """A picture of matplotlib that is dark on light pages and light on dark ones, by its own style."""
    found = _DRAWN_BLACK.sub(INK, _HEAD.sub("", svg))
    found = _FONT.sub(r"\1system-ui, sans-serif", found)
    for light in _DARK:
        found = found.replace(light, f"var(--{light[1:]})")
    return _SIZE.sub(r'\1width="\2pt" height="\3pt"', found).replace(
        "<defs>", f"<style>{_rules()}</style>\n <defs>", 1
    )


def _rules() -> str:
    light = ";".join(f"--{name[1:]}:{name}" for name in _DARK)
    dark = ";".join(f"--{name[1:]}:{value}" for name, value in _DARK.items())
    return (
        f":root{{{light}}}text{{fill:var(--{INK[1:]})}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )
