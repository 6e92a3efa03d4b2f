"""The colour and marker that each sampler has in every chart.

They stand on the sampler's class (`colour`, `marker`). Charts know only frames and may
not import samplers, so `aemlo.samplers` registers what its classes say here. It is
loaded by name when the first style is asked for: else a colour would depend on what the
process has imported before. A sampler that says nothing gets a colour and a marker that
no other has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module


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

_styles: dict[str, Style] = {}


def register(wanted: Mapping[str, tuple[str | None, str | None]]) -> None:
    """Take in {title: (colour, marker)}; None asks for a free one."""
    _styles.update(assigned(wanted))


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
    """The Style of a sampler; one that is not registered gets free ones by its name.

    A variant such as `MLSMOTE 25 %` shares the style of the title that it begins with.
    """
    if not _styles:
        import_module("aemlo.samplers")
    if name in _styles:
        return _styles[name]
    for title in sorted(_styles, key=len, reverse=True):
        if name.startswith(title):
            return _styles[title]
    number = sum(map(ord, name))
    return Style(
        FREE_COLOURS[number % len(FREE_COLOURS)],
        FREE_MARKERS[number % len(FREE_MARKERS)],
    )
