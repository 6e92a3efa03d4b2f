"""How the test rows of a comparison were chosen: what its verdicts may rest on. Ours.

Resampled splits (folds, random hold-outs) give differences of scores whose spread says
how a difference would vary with other rows. One set of test rows (a declared split, one
hold-out) gives one difference; repeats under other seeds repeat the same rows.
"""

from dataclasses import dataclass

import pandas as pd

from aemlo.wording import counted

LEAST_SPLITS = 5
ONE_SET = {"declared": "the declared test part", "hold-out": "one hold-out"}


@dataclass(frozen=True)
class Design:
    """`split` is "folds", "hold-out" or "declared", `splits` how many there are.

    `resampled` says whether the splits have different test rows; else there is one set
    of `test_rows` rows, tested once or several times.
    """

    split: str
    splits: int
    resampled: bool
    test_rows: int

    @classmethod
    def of(cls, scores: pd.DataFrame) -> "Design":
        """The Design of tidy rows of one data set.

        Read from the column `split`; frames without it (older runs) are taken for
        folds.
        """
        places = scores.drop_duplicates(["repeat", "fold"])
        split = "folds"
        if "split" in scores.columns and scores["split"].notna().any():
            split = str(scores["split"].dropna().iloc[0])
        resampled = split == "folds" or (split == "hold-out" and len(places) > 1)
        rows = scores["test_rows"].max() if "test_rows" in scores.columns else 0
        return cls(split, len(places), resampled, 0 if pd.isna(rows) else int(rows))

    def in_words(self, pairs: int) -> str:
        """What `pairs` paired differences are of: "10 folds", "917 test rows"."""
        if not self.resampled:
            return f"{counted(self.test_rows, 'row')} of {ONE_SET[self.split]}"
        return counted(pairs, "fold" if self.split == "folds" else "hold-out")
