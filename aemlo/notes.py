"""Notes: what a sampler or a classifier could not do as asked. Ours.

A note is a sentence that knows the positions of the labels it is about, so that a page
can write their names, and an ensemble its own positions, without reading the sentence.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from aemlo.arrays import Rows

MOST_LABELS = 10
PLACE = "{labels}"


class Note(str):
    """A sentence with `labels`, the positions of the labels it is about (none: ()).

    `template` is the sentence with "{labels}" where they stand; as text they are
    spelled by `names` where given, else by position, the first ten of them.
    """

    template: str
    labels: tuple[int, ...]

    def __new__(
        cls,
        template: str,
        labels: Iterable[int] = (),
        names: Sequence[Any] | None = None,
    ) -> Self:
        """The note of a template, with its labels spelled by `names`."""
        positions = tuple(int(j) for j in labels)
        spelled = [str(j if names is None else names[j]) for j in positions]
        rest = len(spelled) - MOST_LABELS
        listed = ", ".join(spelled[:MOST_LABELS])
        listed += f" and {rest} more" if rest > 0 else ""
        note = super().__new__(cls, template.replace(PLACE, listed))
        note.template, note.labels = template, positions
        return note

    def named(self, names: Sequence[Any]) -> "Note":
        """The note with its labels by name."""
        return Note(self.template, self.labels, names)

    def moved(self, position: Sequence[int] | Rows) -> "Note":
        """The note of a classifier on some labels, for all labels: j to position[j]."""
        return Note(self.template, [int(position[j]) for j in self.labels])

    def after(self, start: str) -> "Note":
        """The note with `start` before it; labels keep how they are spelled."""
        note = str.__new__(Note, f"{start}{self}")
        note.template, note.labels = f"{start}{self.template}", self.labels
        return note

    def stored(self) -> dict[str, Any]:
        """The note as plain JSON, for `read`."""
        return {"text": self.template, "labels": list(self.labels)}


def as_note(text: str) -> Note:
    """`text` if it is a Note already, else a Note about no label."""
    return text if isinstance(text, Note) else Note(text)


def read(entry: str | Mapping[str, Any]) -> Note:
    """The note that `Note.stored` wrote, or one of a run that stored sentences only."""
    if isinstance(entry, str):
        return _of_an_old_run(entry)
    return Note(entry["text"], entry["labels"])


def _of_an_old_run(sentence: str) -> Note:
    """Runs once stored the sentence alone: "Label 3 is ...", "Labels 1, 2: ..."."""
    match = re.search(r"\bLabels? (\d+(?:, \d+)*)", sentence)
    if match is None:
        return Note(sentence)
    template = f"{sentence[: match.start(1)]}{PLACE}{sentence[match.end(1) :]}"
    return Note(template, map(int, match[1].split(", ")))
