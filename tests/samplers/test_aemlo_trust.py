"""Rows one can trust: no copies, no label without support, MeanIR that falls."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from toy_rows import alike, toy

from aemlo.imbalance import mean_ir
from aemlo.notes import Note
from aemlo.preparation.preparation import Preparation
from aemlo.samplers import AEMLO, SAMPLERS
from aemlo.samplers.aemlo import generation, trust
from aemlo.samplers.aemlo.amounts import Fall
from aemlo.samplers.base import Synthetic


def hurried(**more):
    """AEMLO as it is by default, in a hurry."""
    return AEMLO(**(AEMLO.cheap_settings | {"random_state": 0} | more))


def clouds(n=240, seed=0):
    """Labels that lie in places of their own, rarer and rarer, and doubled rows."""
    rng = np.random.default_rng(seed)
    place = rng.choice(5, size=n, p=[0.5, 0.25, 0.13, 0.08, 0.04])
    X = rng.normal(size=(n, 4)) + 4 * np.eye(5, 4)[place]
    Y = np.eye(5, dtype=np.uint8)[place]
    Y[:, 0] |= rng.random(n) < 0.3
    X[1], X[3] = X[0], X[2]
    return X, Y


def binary(n=200, d=5, seed=0):
    """A few two-valued columns: chance makes equal rows all the time."""
    rng = np.random.default_rng(seed)
    X = (rng.random((n, d)) < 0.5).astype(float)
    Y = (rng.random((n, 4)) < [0.5, 0.3, 0.1, 0.05]).astype(np.uint8)
    return X, Y


def new_rows(sampler, X, Y, **more):
    X_all, Y_all = sampler.fit_resample(X, Y, **more)
    return X_all[len(Y) :], Y_all[len(Y) :]


@pytest.mark.parametrize("data", [toy, clouds, binary])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_no_new_row_equals_a_real_one_or_another(data, kind):
    X, Y = data()
    new, _ = new_rows(hurried(), kind(X), Y)
    new = new.toarray() if sparse.issparse(new) else new
    real = {tuple(row) for row in X}
    seen = [tuple(row) for row in new]
    assert not real & set(seen)
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_copies_are_at_most_those_asked_for_and_keep_to_the_real_labels(share):
    X, Y = binary(d=8)
    sampler = hurried(copies=share)
    new, labels = new_rows(sampler, X, Y)
    of_row = {}
    for row, own in zip(map(tuple, X), Y, strict=True):
        of_row[row] = own & of_row.get(row, own)
    copies = 0
    assert len(new)
    for row, own in zip(map(tuple, new), labels, strict=True):
        if row in of_row:
            copies += 1
            assert not (own & (1 - of_row[row])).any()
    assert copies
    asked = hurried().preview(Y)["rows_for_label"].sum()
    assert copies <= share * asked
    assert len(set(map(tuple, new))) == len(new)


def test_whole_numbers_are_whole_before_they_are_compared():
    X, Y = binary()
    X = pd.DataFrame(X.astype(int)).add_prefix("x")
    X = X.assign(size=np.arange(len(X)) % 7)
    new, _ = new_rows(hurried(), X, pd.DataFrame(Y))
    assert (new.dtypes == X.dtypes).all()
    both = pd.concat([X, new])
    assert not both.duplicated().iloc[len(X) :].any()


def test_no_label_has_less_support_than_its_own_rows_give_it():
    X, Y = clouds()
    sampler = hurried()
    new, labels = new_rows(sampler, X, Y)
    k = trust.SUPPORT_NEIGHBOURS
    scale = X.max(axis=0) - X.min(axis=0)
    real, made = X / scale, new / scale
    far = ((real[:, None] - real[None]) ** 2).sum(axis=2)
    np.fill_diagonal(far, np.inf)
    support = Y[np.argsort(far, axis=1, kind="stable")[:, :k]].mean(axis=1)
    far = ((made[:, None] - real[None]) ** 2).sum(axis=2)
    order = np.argsort(far, axis=1, kind="stable")
    found = Y[order[:, :k]].mean(axis=1)
    frame = sampler.label_support_
    for j in range(Y.shape[1]):
        least = np.quantile(support[Y[:, j] == 1, j], 0.05)
        has = labels[:, j] == 1
        assert (found[has, j] >= least - 1e-9).all()
        assert frame["least_support"][j] == pytest.approx(least)
        assert frame["rows"][j] == has.sum()
        if has.any():
            assert frame["support"][j] == pytest.approx(found[has, j].mean())
        assert frame["nearest_has"][j] == Y[order[has, 0], j].sum()
        assert frame["below"][j] == 0


def test_labels_of_too_few_rows_get_none_unless_named():
    X, Y = toy()
    Y = np.column_stack([Y, np.zeros(len(Y), dtype=np.uint8)])
    Y[:2, 4] = 1
    sampler = hurried()
    sampler.fit_resample(X, Y)
    assert not (sampler.provenance_["label"] == 4).any()
    (note,) = [n for n in sampler.notes_ if isinstance(n, Note) and n.labels == (4,)]
    assert note == (
        "Made no rows for labels with fewer than 3 rows: 4. Name them in labels to "
        "make rows for them."
    )
    named = hurried(labels=[4], budget=0.05)
    named.fit_resample(X, Y)
    assert (named.provenance_["label"] == 4).sum() == 6


def test_rows_that_cannot_be_made_are_counted_with_the_reason():
    X, Y = toy()
    X[Y[:, 3] == 1] = X[0]  # all rows of the label are one
    sampler = hurried(tries=4)
    sampler.fit_resample(X, Y, categorical_features=[np.array([4, 5, 6])])
    asked = sampler.preview(Y)["rows_for_label"][3]
    row = sampler.label_support_.iloc[3].astype(int)
    assert row["made_for"] == 0 and row["missing"] >= asked > 0
    assert row["refused_copies"] == 4 * row["missing"]
    (note,) = [n for n in sampler.notes_ if isinstance(n, Note) and n.labels == (3,)]
    assert note == (
        f"Label 3: {row['missing']} rows fewer than asked for, after 4 tries each. "
        f"Refused: {row['refused_copies']} equal to a real row."
    )


def test_a_row_is_tried_anew_at_most_as_often_as_asked():
    calls = []
    X, Y = toy()
    gate = trust.Gate(trust.RealRows(X, Y), copies=0, judged=False)
    plan = generation.Plan(
        *(np.zeros(3, dtype=int), np.zeros(3, dtype=int)),
        label=np.full(3, -1),
        step=np.zeros(3),
    )

    def copies(part):
        calls.append(len(part.seed))
        parents = np.column_stack([part.seed, part.partner])
        return Synthetic(X[part.seed], Y[part.seed], parents, part.label, part.step)

    list(gate.filled(plan, copies, lambda part: part, tries=20))
    assert calls == [3] * 20
    assert gate.refused.missing[-1] == 3 and gate.refused.copies[-1] == 60


def test_the_published_form_refuses_nothing_and_shows_the_same_counts():
    X, Y = clouds()
    paper = SAMPLERS["AEMLO-paper"](**AEMLO.cheap_settings, random_state=0)
    for sampler in (paper, alike()):
        _, labels = new_rows(sampler, X, Y)
        frame = sampler.label_support_
        assert frame["rows"].tolist() == labels.sum(axis=0).tolist()
        assert not frame.filter(like="refused").to_numpy().any()
        assert (frame["nearest_has"] + frame["nearest_lacks"] == frame["rows"]).all()


def test_relabelled_copies_are_counted():
    X, Y = clouds()
    real = trust.RealRows(X, Y)
    labels = Y[[5]].copy()
    labels[0, 4] = 1
    counts = trust.label_support(real, X[[5]], labels, np.array([4]), range(5))
    assert counts["copies"].tolist() == labels[0].tolist()
    assert counts["relabelled"].tolist() == (labels[0] & (1 - Y[5])).tolist()


def test_keys_are_those_of_the_values():
    X = np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0]])
    first, second, third = trust.row_keys(X)
    assert first == second != third
    stored = sparse.csr_matrix(([0.0, 1.0, 1.0, 1.0], [0, 1, 1, 0], [0, 2, 3, 4]))
    first, second, third = trust.row_keys(stored)
    assert first == second != third


def test_the_rows_asked_for_let_mean_ir_fall_and_no_further():
    Y = np.zeros((1000, 3), dtype=np.uint8)
    Y[:600, 0], Y[600:900, 1], Y[900:, 2] = 1, 1, 1
    fall = Fall.of(Y, 0.2, 3)
    assert fall.before == pytest.approx((1 + 2 + 6) / 3)
    rows = fall.rows(Y, np.zeros(3), 1000)
    # IRLbl of label 2 has to fall from 6 to 4.2, as 143 rows of 600 have it.
    assert rows.tolist() == [0, 0, 43]
    assert fall.reached(np.vstack([Y, np.repeat(np.eye(3, dtype=int), rows, axis=0)]))
    assert fall.rows(Y, np.zeros(3), 20).tolist() == [0, 0, 20]
    assert fall.rows(Y, np.array([0, 0, 100]), 1000).tolist() == [0, 0, 100]


def test_balanced_data_get_no_rows_for_a_fall():
    Y = np.tile(np.eye(4, dtype=np.uint8), (30, 1))
    assert not Fall.of(Y, 0.25, 3).rows(Y, np.zeros(4), 120).any()


SETS = {
    "flags": ("mulan/flags.arff", "mulan/flags.xml"),
    "foodtruck": ("mulan/foodtruck.arff", "mulan/foodtruck.xml"),
    "birds": ("mulan/birds-train.arff", "mulan/birds.xml"),
    "medical": ("mulan/medical.arff", "mulan/medical.xml"),
    "CAL500": ("mulan/cal500.arff", "mulan/cal500.xml"),
    "genbase": ("mulan/genbase.arff", "mulan/genbase.xml"),
}


@pytest.mark.parametrize("name", SETS)
def test_mean_ir_falls_by_a_fifth_with_no_more_new_rows_than_real_ones(shared, name):
    from aemlo import read

    path, xml = (shared / "data" / part for part in SETS[name])
    dataset = read(path, xml=xml)
    preparation = Preparation()
    X = preparation.fit_transform(dataset)
    Y = np.asarray(dataset.Y)
    # Labels with fewer than 3 rows get none, and one of them can make the mean.
    Y = Y[:, Y.sum(axis=0) >= 3]
    assert mean_ir(Y) > 1.5
    groups = preparation.categorical_features_
    sampler = hurried(epochs=3, width=32)
    new, labels = new_rows(sampler, X, Y, categorical_features=groups)
    assert 0 < len(labels) <= len(Y)
    assert mean_ir(np.vstack([Y, labels])) <= 0.8 * mean_ir(Y)
    frame = sampler.label_support_
    assert not frame[["copies", "relabelled", "below"]].to_numpy().any()
    assert len(set(trust.row_keys(new))) == len(labels)
