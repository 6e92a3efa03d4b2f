"""Advice in words: each sentence appears where its rule holds, and only there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aemlo.formats import read
from aemlo.imbalance.advice import advise


def texts(Y, folds=5, **more):
    names = [f"L{j}" for j in range(np.shape(Y)[1])]
    return [sentence.text for sentence in advise(Y, names, folds, **more)]


def rows(*groups):
    """A label matrix from (how many, labelset) groups."""
    return np.array([row for count, row in groups for _ in range(count)], np.uint8)


def test_balanced_labels_need_no_sampler():
    Y = rows((50, [1, 0]), (50, [0, 1]))
    assert texts(Y) == [
        "The labels are about equally frequent (MeanIR 1.000, CVIR 0.000).",
        "100% of the label pairs depend on each other (chi-squared, 99 %): classifiers "
        "that use other labels, such as chains, are worth a try.",
        "Next: compare classifiers without sampling; there is little for a sampler to "
        "repair.",
    ]


def test_a_single_rare_label_is_imbalanced():
    assert texts(rows((95, [0]), (5, [1]))) == [
        "Within 1 label of 1 one side outnumbers the other by more than 9 to 1 (most "
        "in L0, ImR 19.0): a classifier of one label gains by always saying no; use F1 "
        "or AUC, not accuracy.",
        "1 label can be judged, but on 30 rows or fewer in all (L0): expect scores "
        "that swing from fold to fold. Published comparisons of AEMLO leave such "
        "labels out.",
        "95 rows (95%) have no label: they count as negatives of every label, and "
        "metrics by row are not defined on them.",
        "Next: for 1 label that fewer than 1 row in 10 has, compare the classifier as "
        "it is with class weights, with thresholds, and with an oversampler whose "
        "setting `labels` names them: no label is rarer than the others, so by itself "
        "it adds nothing.",
    ]


@pytest.mark.parametrize("positives, rare", [(10, False), (9, True), (95, False)])
def test_from_where_on_a_single_label_is_rare(positives, rare):
    Y = rows((positives, [1]), (100 - positives, [0]))
    assert any("no label is rarer than the others" in text for text in texts(Y)) == rare


def test_labels_that_are_all_rare_are_not_fine():
    Y = rows((90, [0, 0]), (5, [1, 0]), (5, [0, 1]))
    first = advise(Y, ["L0", "L1"])[0]
    assert first.text.startswith("The labels are about equally frequent")
    assert first.tone == "note"
    assert advise(rows((5, [1, 0]), (5, [0, 1])), ["L0", "L1"])[0].tone == "fine"


def test_rare_labels_that_ride_with_frequent_ones():
    Y = rows((100, [1, 0, 0]), (40, [0, 1, 0]), (4, [1, 1, 1]))
    found = texts(Y, folds=5)
    assert found[0] == (
        "The labels are imbalanced against each other (MeanIR 9.788, CVIR 1.436): "
        "L0 has 104 rows, L2 has 4."
    )
    assert (
        "1 label cannot be judged with 5 folds (L2; fewest rows: 4): some test part "
        "has no row of it and its scores there do not exist. Use fewer folds, or leave "
        "out such labels."
    ) in found
    assert not any("cannot be judged" in text for text in texts(Y, folds=4))
    assert "1 label can be judged, but on 30 rows or fewer in all (L2)" in " ".join(
        texts(Y, folds=4)
    )


def test_concurrence_is_read_from_scumble():
    # Five rare labels, each in ten rows that also have the frequent label: IRLbl 6,
    # so each such row has 1 - sqrt(6) / 3.5 = 0.300, and 50 of 60 rows are such.
    rides = [(10, [1, *(int(j == k) for k in range(5))]) for j in range(5)]
    together = " ".join(texts(rows((10, [1, 0, 0, 0, 0, 0]), *rides)))
    assert "Rare labels ride with frequent ones (SCUMBLE 0.250)" in together
    assert "REMEDIAL would split 50 rows" in together
    assert "10 of its 10 rows also have L0" in together
    assert "compare no sampling with REMEDIAL followed by an oversampler" in together
    apart = " ".join(texts(rows((60, [1, 0]), (4, [0, 1]))))
    assert "mostly do not ride with frequent ones (SCUMBLE 0.000)" in apart
    assert "compare no sampling with ML-ROS, MLSMOTE and AEMLO" in apart


def test_yeast_is_decoupled_first(shared):
    folder = shared / "data/mulan"
    dataset = read(folder / "yeast.arff", xml=folder / "yeast.xml")
    found = " ".join(s.text for s in advise(dataset.Y, dataset.label_names))
    assert "Rare labels ride with frequent ones (SCUMBLE 0.104)" in found
    assert "REMEDIAL would split 817 rows" in found
    assert "The strongest case is Class14 (SCUMBLE 0.723)" in found


def test_labels_that_cannot_be_learned():
    Y = rows((20, [1, 1, 0]), (10, [1, 0, 0]))
    assert (
        "Nothing can be learned of some labels: no row has L2; every row has L0. Leave "
        "them out on the Data set page."
    ) in texts(Y)


def test_a_single_row_is_beyond_interpolation():
    Y = rows((40, [1, 0]), (1, [0, 1]))
    assert (
        "1 label with a single row (L1) cannot be helped by interpolation: there is no "
        "second row to go towards."
    ) in texts(Y)


@pytest.mark.parametrize("empties, said", [(2, False), (10, True)])
def test_rows_without_labels(empties, said):
    Y = rows((60, [1, 0]), (40, [0, 1]), (empties, [0, 0]))
    assert any("have no label" in text for text in texts(Y)) == said


def test_single_use_labelsets_are_told():
    Y = np.unpackbits(np.arange(16, dtype=np.uint8)[:, None], axis=1)[:, 4:]
    assert any(text.startswith("16 of 16 labelsets occur once") for text in texts(Y))


@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 30), st.integers(1, 6)),
        elements=st.integers(0, 1),
    ),
    st.integers(2, 10),
)
@settings(deadline=None)
def test_no_sentence_without_rule_and_source(Y, folds):
    names = [f"L{j}" for j in range(Y.shape[1])]
    for empty in ("left out", "counts as 0"):
        for sentence in advise(Y, names, folds, empty):
            assert sentence.text.endswith(".") and "nan" not in sentence.text
            assert sentence.rule.endswith(".") and sentence.source
            assert sentence.tone in {"fine", "note", "problem"}
