"""What a check gives: a finding, and the answers to it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """One way to deal with a finding: its words, and the steps it adds."""

    words: str
    steps: tuple[dict, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One thing found: `count` of `unit` (cells, rows, features, labels), in `words`.

    `names` are the features or labels meant. The first answer is what happens when
    nothing is chosen and has no steps. `serious` findings change scores.
    """

    check: str
    title: str
    count: int
    unit: str
    words: str
    answers: tuple[Answer, ...]
    names: tuple[str, ...] = ()
    serious: bool = False


KEEP = Answer("Keep as it is")
