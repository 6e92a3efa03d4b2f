"""What a column of words is: categories, dates, ids or free text."""

import re

import numpy as np

from aemlo.formats.table import Column

DATE = re.compile(
    r"\s*(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})"
    r"([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?\s*$"
)
TEXT_WORDS = 3
TEXT_LETTERS = 25


def column_of_words(title, words, name, limits):
    """(Column, codes, None) of categories, or (Column, None, words) of text or dates.

    Text: values that mostly differ from row to row and are three words or 25 letters
    (and more than one word) long on average. Dates: every value is written as one.
    """
    known = [word for word in words if word is not None]
    different = sorted(set(known))
    if known and all(DATE.match(word) for word in different):
        return Column(title, "date"), None, np.array(words, dtype=object)
    if _is_text(known, different):
        return Column(title, "text"), None, np.array(words, dtype=object)
    limits.check(
        name, f"different values in column '{title}'", len(different), "categories"
    )
    place = {word: float(k) for k, word in enumerate(different)}
    codes = np.array([np.nan if w is None else place[w] for w in words])
    return Column(title, "nominal", tuple(different)), codes, None


def _is_text(known, different):
    if not different or len(different) <= max(2, 0.5 * len(known)):
        return False
    sample = different[:: max(1, len(different) // 1_000)]
    letters = sum(map(len, sample)) / len(sample)
    spaces = sum(len(word.split()) for word in sample) / len(sample)
    return spaces >= TEXT_WORDS or (letters >= TEXT_LETTERS and spaces > 1.5)
