"""Formulas of samplers and classifiers: pairs of words and LaTeX."""

import re

import pytest

from aemlo.classifiers import CLASSIFIERS
from aemlo.samplers import SAMPLERS

CLASSES = [*SAMPLERS.values(), *CLASSIFIERS.values()]
WITH_FORMULAS = [cls for cls in CLASSES if cls.formulas]


@pytest.mark.parametrize("cls", WITH_FORMULAS, ids=lambda cls: cls.title)
def test_formulas_are_pairs_of_words_and_balanced_latex(cls):
    for words, formula in cls.formulas:
        assert words[0].isupper() and words.endswith(":")
        assert "$" not in words + formula
        plain = formula.replace(r"\{", "").replace(r"\}", "")
        assert plain.count("{") == plain.count("}")
        assert formula.count(r"\left") == formula.count(r"\right")


@pytest.mark.parametrize("cls", SAMPLERS.values(), ids=SAMPLERS)
def test_every_sampler_that_changes_rows_has_formulas(cls):
    assert cls.formulas or cls.title in ("none", "chain")


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.title)
def test_descriptions_leave_formulas_to_the_typeset_ones(cls):
    """No norms, subscripted sums or Greek words spelled out in a description."""
    assert not re.search(r"\|\||sum_|lambda \(|sigmoid\(|\^gamma", cls.__doc__)
