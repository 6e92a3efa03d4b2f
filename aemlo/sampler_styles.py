"""The colour and marker that each sampler has in every chart.

They stand on the sampler's class, as literals (`title`, `colour`, `marker`). Charts
know only frames and may not import samplers, which load scikit-learn; and a colour must
not depend on what the process has imported before. So the literals are read from the
source text of `aemlo/samplers`, once a process, and nothing of it is imported. A test
compares them with the classes. A sampler that sets no style gets a colour and a marker
that no other has.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Style:
    """A colour, as "#RRGGBB", and the name of a Plotly marker."""

    colour: str
    marker: str


# Paul Tol's muted scheme, without what is close to a colour with a meaning.
FREE_COLOURS = (
    *("#332288", "#882255", "#44AA99", "#999933", "#AA4499", "#117733", "#88CCEE"),
    "#DDCC77",
)
FREE_MARKERS = (
    *("hexagram", "octagon", "star-diamond", "triangle-left", "triangle-right"),
    *("diamond-tall", "diamond-wide", "star-triangle-up"),
)

SAMPLERS = Path(__file__).parent / "samplers"


@cache
def styles() -> Mapping[str, Style]:
    """The Style of each sampler in `aemlo/samplers`, by title."""
    return assigned(declared(SAMPLERS))


def declared(folder: Path) -> dict[str, tuple[str | None, str | None]]:
    """{title: (colour, marker)} of the classes in the modules under `folder`.

    A class counts if its body sets `title` to a text; None stands for a colour or a
    marker that it does not set.
    """
    found: dict[str, tuple[str | None, str | None]] = {}
    for path in sorted(folder.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                texts = _texts(node)
                if "title" in texts:
                    found[texts["title"]] = texts.get("colour"), texts.get("marker")
    return found


def _texts(node: ast.ClassDef) -> dict[str, str]:
    """The attributes that the body of a class sets to a text."""
    return {
        target.id: statement.value.value
        for statement in node.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def assigned(
    wanted: Mapping[str, tuple[str | None, str | None]],
) -> dict[str, Style]:
    """The Style of each title: its own colour and marker, or free ones.

    Titles without are served in alphabetical order. Free colours start again when all
    are taken, with the markers shifted by one, so that no two titles look the same.
    """
    used = {colour for colour, _ in wanted.values()}
    colours = [colour for colour in FREE_COLOURS if colour not in used]
    place, styles = 0, {}
    for title in sorted(wanted):
        colour, marker = wanted[title]
        turn, position = divmod(place, len(colours))
        free_marker = FREE_MARKERS[(position + turn) % len(FREE_MARKERS)]
        styles[title] = Style(colour or colours[position], marker or free_marker)
        place += colour is None or marker is None
    return styles


def style_of(name: str) -> Style:
    """The Style of a sampler; one that is not known gets free ones by its name.

    A variant such as `MLSMOTE 25 %` shares the style of the title that it begins with.
    """
    known = styles()
    if name in known:
        return known[name]
    for title in sorted(known, key=len, reverse=True):
        if name.startswith(title):
            return known[title]
    number = sum(map(ord, name))
    return Style(
        FREE_COLOURS[number % len(FREE_COLOURS)],
        FREE_MARKERS[number % len(FREE_MARKERS)],
    )
