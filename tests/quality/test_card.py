"""The quality card against cases worked by hand."""

import numpy as np
import pytest
from scipy import sparse

from aemlo.quality import card as quality_card
from aemlo.samplers.base import Synthetic, provenance

# Four real rows on a line, 1 apart, and four made ones.
REAL = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [3.0, 1.0]])
Y_REAL = np.array([[1, 0], [1, 0], [0, 1], [0, 1]])
MADE = np.array([[1.0, 1.0], [0.5, 1.0], [0.5, 1.0], [5.0, 1.0]])
Y_MADE = np.array([[1, 0], [1, 0], [1, 0], [0, 0]])


def case(kind=np.asarray):
    new = Synthetic(
        MADE, Y_MADE, np.array([[1], [0], [0], [3]]), np.array([0, 0, 0, 1])
    )
    return (
        kind(np.vstack([REAL, MADE])),
        np.vstack([Y_REAL, Y_MADE]),
        provenance(4, new),
    )


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_each_synthetic_row_is_measured(kind):
    rows = quality_card.per_row(*case(kind))
    assert rows.index.tolist() == [4, 5, 6, 7]
    assert rows["distance"].tolist() == pytest.approx([0, 0.5, 0.5, 2])
    assert rows["nearest"].tolist() == [1, 0, 0, 3]
    assert rows["is_copy"].tolist() == [True, False, False, False]
    assert rows["repeated"].tolist() == [False, False, True, False]
    assert rows["outside"].tolist() == [0, 0, 0, 1]
    assert rows["labels"].tolist() == [1, 1, 1, 0]
    # All four real rows are asked: two of four have just the same labels, or none do.
    assert rows["agreement"].tolist() == pytest.approx([0.5, 0.5, 0.5, 0])


def test_the_card_has_real_rows_beside_synthetic_ones():
    card = quality_card.card(*case()).set_index("measure")
    assert card.at["synthetic rows", "synthetic"] == 4
    assert card.at["copies of a real row", "synthetic"] == 0.25
    assert card.at["copies of a real row", "real"] == 0
    assert card.at["distance to the nearest real row", "synthetic"] == 0.5
    assert card.at["distance to the nearest real row", "real"] == 1
    assert card.at["out of range", "synthetic"] == 0.25
    assert card.at["labels per row", "synthetic"] == 0.75
    assert card.at["labels per row", "real"] == 1
    assert card.at["without a label", "synthetic"] == 0.25


def test_a_value_not_stored_counts_as_zero_in_ranges():
    real = sparse.csr_matrix([[1.0], [2.0]])
    made = sparse.csr_matrix((1, 1))
    Y = np.ones((3, 1), dtype=int)
    new = Synthetic(made, Y[:1], np.array([[0]]), np.array([0]))
    X = sparse.csr_matrix(sparse.vstack([real, made]))
    assert quality_card.per_row(X, Y, provenance(2, new))["outside"].tolist() == [1]


def test_no_synthetic_rows_are_no_failure():
    rows = quality_card.per_row(REAL, Y_REAL, provenance(4))
    assert len(rows) == 0
    card = quality_card.card(REAL, Y_REAL, provenance(4)).set_index("measure")
    assert card.at["synthetic rows", "synthetic"] == 0
    assert np.isnan(card.at["label agreement", "synthetic"])


@pytest.mark.parametrize(
    "rules, expected",
    [
        ({}, [False, False, False, False]),
        ({"copies": True}, [True, False, False, False]),
        ({"repeated": True}, [False, False, True, False]),
        ({"unlabelled": True}, [False, False, False, True]),
        ({"outside": True}, [False, False, False, True]),
        ({"farthest": 0.4}, [False, True, True, True]),
        ({"agreement": 0.3}, [False, False, False, True]),
        ({"labels": [1]}, [False, False, False, True]),
        ({"copies": True, "labels": [1]}, [True, False, False, True]),
    ],
)
def test_rules_turn_rows_away(rules, expected):
    rows = quality_card.per_row(*case())
    assert quality_card.rejected(rows, **rules).tolist() == expected
