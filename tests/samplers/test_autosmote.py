"""AutoSMOTE: its decisions learn, matter, can be seen, and fit the data given."""

import subprocess
import sys

import numpy as np
import pytest

from aemlo.errors import Stopped
from aemlo.samplers import SAMPLERS

Self, Cohort = SAMPLERS["AutoSMOTE-self"], SAMPLERS["AutoSMOTE-cohort"]
BOTH = pytest.mark.parametrize("cls", [Self, Cohort], ids=lambda cls: cls.title)
DECISIONS = ("participation", "neighbours", "aggregation")
SEEDED = {**Self.cheap_settings, "random_state": 0}


def clouds(n=90, q=1, seed=0):
    """Two numeric columns and a two-valued one; a label on a ninth of the rows."""
    rng = np.random.default_rng(seed)
    Y = np.zeros((n, q), dtype=np.uint8)
    Y[: n // 9, 0] = 1
    if q > 1:
        Y[:, 1:] = rng.random((n, q - 1)) < 0.5
    X = np.hstack([rng.normal(size=(n, 2)) + 2 * Y[:, :1], rng.random((n, 1)) < 0.4])
    return X, Y


@BOTH
def test_one_label_is_brought_to_half_of_all_rows(cls):
    X, Y = clouds()
    _, Y_new = cls(**SEEDED).fit_resample(X, Y)
    assert Y_new.sum() == 80 and len(Y_new) == 160


@BOTH
def test_every_feature_lies_between_those_of_seed_and_neighbours(cls):
    X, Y = clouds(q=3)
    sampler = cls(**SEEDED, labels=(0,), budget=0.5)
    X_new, Y_new = sampler.fit_resample(X, Y)
    made = sampler.provenance_[90:]
    assert len(made) == 45 and (Y_new[90:, 0] == 1).all()
    for row, parents in zip(X_new[90:], made["parents"], strict=True):
        around = X[list(parents)]
        assert (Y[list(parents), 0] == 1).all()
        assert (row[:2] >= around[:, :2].min(axis=0) - 1e-9).all()
        assert (row[:2] <= around[:, :2].max(axis=0) + 1e-9).all()
        assert row[2] in (0, 1)


@BOTH
def test_decisions_can_be_seen(cls):
    X, Y = clouds()
    sampler = cls(**SEEDED)
    sampler.fit_resample(X, Y)
    table = sampler.decisions_
    assert table["row"].tolist() == list(range(10))
    assert table["participation"].between(0, 1).all()
    assert table["k"].isin(sampler.candidates).all()
    assert table["rows_made"].sum() == 70
    assert sampler.history_["epoch"].tolist() == [1, 2, 3, 4]


def test_rows_of_a_cohort_decide_alike_and_rows_by_themselves_do_not():
    X, Y = clouds()
    together = Cohort(**SEEDED, cohorts=2)
    together.fit_resample(X, Y)
    by_cohort = together.decisions_.groupby("cohort")["participation"]
    assert by_cohort.ngroups == 2 and (by_cohort.nunique() == 1).all()
    alone = Self(**SEEDED)
    alone.fit_resample(X, Y)
    assert alone.decisions_["participation"].nunique() > 2


def learning(q=1):
    from aemlo.samplers.autosmote.network import Cells, Learning

    X, Y = clouds(q=q)
    row = np.arange(10)
    near = np.array([[(i + t) % 10 for t in range(1, 6)] for i in row])
    cells = Cells(
        row, np.zeros(10, int), near, np.full(10, 5), X[:10], np.full(10, 7.0)
    )
    settings = {
        "candidates": (1, 3, 5),
        "width": 8,
        "epochs": 2,
        "batch_size": 32,
        "learning_rate": 1e-2,
        "temperature": (1.0, 0.1),
        "frozen": (),
    }
    return Learning(X, Y, cells, settings, seed=0)


@pytest.mark.parametrize("name", DECISIONS)
def test_the_classifiers_loss_reaches_every_decision(name):
    work = learning()
    loss, _ = work.loss(np.arange(90), np.arange(10), 1.0)
    loss.backward()
    gradients = [p.grad.abs().sum() for p in getattr(work.network, name).parameters()]
    assert all(float(gradient) > 0 for gradient in gradients)


@pytest.mark.parametrize("name", DECISIONS)
def test_freezing_a_decision_changes_the_rows(name):
    X, Y = clouds()
    longer = SEEDED | {"epochs": 30, "learning_rate": 0.02}
    free, _ = Self(**longer).fit_resample(X, Y)
    frozen, _ = Self(**longer, frozen=(name,)).fit_resample(X, Y)
    assert free.shape == frozen.shape and not np.array_equal(free, frozen)


def test_aggregations_by_hand():
    import torch

    from aemlo.samplers.autosmote.network import aggregated, vote

    seed = torch.tensor([[0.0, 4.0]])
    near = torch.tensor([[[2.0, 0.0], [4.0, 8.0]]])
    at = torch.tensor([[0, 1]])  # k = 1 and k = 2
    u, pick = torch.tensor([[0.5, 0.25]]), torch.tensor([[0, 1]])
    made = aggregated(seed, near, at, u, pick)[0].tolist()
    assert made[0] == [[1, 2], [0, 0], [2, 4], [1, 2]]
    assert made[1] == [[2, 4], [0, 0], [4, 8], [1, 5]]
    # Of three votes two are needed, of two votes both: more than half.
    votes = torch.tensor([[[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]])
    assert vote(votes, torch.tensor([[1]])).tolist() == [[1, 1, 0]]
    assert vote(votes, torch.tensor([[0]])).tolist() == [[1, 0, 0]]


def test_a_gumbel_draw_is_one_hot_and_follows_its_logits():
    import torch

    from aemlo.samplers.autosmote.network import gumbel_one_hot

    generator = torch.Generator().manual_seed(0)
    shares = torch.tensor([0.7, 0.2, 0.1])
    drawn = gumbel_one_hot(shares.log().repeat(20_000, 1), 0.5, generator)
    assert torch.allclose(drawn.sum(dim=1), torch.ones(20_000))
    # Standard error of a share is below 0.0033; the bound is five of them.
    assert (drawn.mean(dim=0) - shares).abs().max() < 0.017


@BOTH
def test_labels_too_rare_for_a_neighbour_are_said_and_left(cls):
    X, Y = clouds(q=3)
    Y[:, 0] = 0
    Y[0, 0] = 1
    sampler = cls(**SEEDED)
    X_new, _ = sampler.fit_resample(X, Y)
    assert len(X_new) == 90
    assert sampler.notes_ == [
        "Label 0 has fewer than two rows: no neighbour within its bag, so no rows were "
        "made for it."
    ]


@BOTH
def test_stop_passes_through(cls):
    def stop(fraction, **values):
        if fraction > 0.2:
            raise Stopped("stop")

    with pytest.raises(Stopped):
        cls(**SEEDED).fit_resample(*clouds(), on_progress=stop)


def test_importing_samplers_loads_no_torch():
    code = "import aemlo.samplers, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
