"""AEMLO and AEMLO-paper: what they make and keep, and from what."""

import numpy as np
import pytest
import torch
from scipy import sparse
from toy_rows import Paper, alike, own_way, toy

from aemlo import params
from aemlo.imbalance import minority_labels
from aemlo.samplers import AEMLO
from aemlo.samplers.aemlo import generation
from aemlo.samplers.aemlo.sampler import PRESETS
from aemlo.samplers.aemlo.settings import published_settings

GROUPS = [np.array([4, 5, 6])]


def test_the_published_settings():
    paper, d, q = Paper(), 30, 6
    assert vars(paper.settings()) == vars(published_settings())
    sizes = {
        name: tuple(weight.shape)
        for name, weight in _network(paper.settings(), d, q).named_parameters()
        if name.endswith("weight")
    }
    assert list(sizes.values()) == [
        *[(200, 30), (200, 200), (500, 200)],  # F_ex
        *[(200, 6), (200, 200), (500, 200)],  # F_ey with its gate
        *[(200, 500), (30, 200)],  # F_dx
        *[(100, 500), (6, 100)],  # F_dy
    ]


def _network(settings, d, q):
    from aemlo.samplers.aemlo.network import Network

    return Network(d, q, settings, torch.Generator().manual_seed(0))


def test_the_feature_encoder_ends_in_a_leaky_relu_and_the_gate_gates():
    network = _network(published_settings(), 5, 3)
    X, Y = (
        torch.rand(4, 5),
        torch.tensor([[1.0, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]]),
    )
    u = torch.nn.functional.leaky_relu(network.encode_x[0](X))
    u = torch.nn.functional.leaky_relu(network.encode_x[2](u))
    expected = torch.nn.functional.leaky_relu(network.encode_x[4](u))
    assert torch.allclose(network.encode_x(X), expected)
    u = torch.nn.functional.leaky_relu(network.encode_y[0](Y))
    gate = network.encode_y[2].weights
    gated = u * torch.sigmoid(u @ gate.weight.T + gate.bias)
    assert torch.allclose(network.encode_y(Y), network.encode_y[3](gated), atol=1e-6)


def test_the_published_preset_is_the_paper():
    published = PRESETS["as published"]
    paper = Paper()
    assert published == {name: getattr(paper, name) for name in published}
    free = {"check_every", "device", "random_state"}
    assert set(published) == set(AEMLO().get_params()) - free
    X, Y = toy()
    ours = AEMLO(**(published | AEMLO.cheap_settings), random_state=4).fit_resample(
        X, Y
    )
    theirs = Paper(**AEMLO.cheap_settings, random_state=4).fit_resample(X, Y)
    assert np.array_equal(ours[0], theirs[0]) and np.array_equal(ours[1], theirs[1])


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_settings_that_can_be_used(name):
    params.check(params.build(AEMLO, PRESETS[name]))


def test_paper_takes_seeds_in_turn_and_decodes_them_one_by_one():
    X, Y = toy()
    sampler = Paper(**AEMLO.cheap_settings, budget=0.3, random_state=0)
    X_all, Y_all = sampler.fit_resample(X, Y)
    made = sampler.provenance_.query("origin < 0")
    seeds = np.array([p[0] for p in made["parents"]])
    assert all(len(p) == 1 for p in made["parents"])
    minority = minority_labels(Y)
    assert Y[seeds][:, minority].any(axis=1).all()
    eligible = np.flatnonzero(Y[:, minority].any(axis=1))
    times = np.bincount(seeds, minlength=len(Y))[eligible]
    if len(made) == 36:  # nothing dropped: each seed as often as another, +- 1
        assert times.max() - times.min() <= 1
    codes = sampler.model_.encode(X[seeds])
    features, scores = sampler.model_.decode(codes)
    assert np.allclose(X_all[120:, :4], features[:, :4], rtol=1e-4)
    assert np.array_equal(Y_all[120:], (1 / (1 + np.exp(-scores)) > 0.5))


def test_paper_drops_rows_without_labels_and_says_so(monkeypatch):
    X, Y = toy()
    monkeypatch.setattr(
        "aemlo.samplers.aemlo.model.TrainedModel.decode_labels",
        lambda self, Z: (
            np.where(np.arange(len(Z))[:, None] % 2, 5.0, -5.0) * np.ones((1, 4))
        ),
    )
    sampler = Paper(**AEMLO.cheap_settings, budget=0.1, random_state=0)
    X_all, _ = sampler.fit_resample(X, Y)
    assert len(X_all) == 120 + 6
    assert sampler.notes_ == ["6 of 12 rows were decoded without labels and dropped."]


@pytest.mark.parametrize(
    "make", [own_way, lambda: Paper(**AEMLO.cheap_settings, random_state=0)]
)
def test_rows_come_back_in_the_datas_own_units(make):
    X, Y = toy()
    sampler = make()
    sampler.set_params(epochs=60, learning_rate=1e-2)
    X_all, _ = sampler.fit_resample(X, Y, categorical_features=GROUPS)
    new = X_all[120:]
    assert np.array_equal(X_all[:120], X)
    assert np.abs(new[:, :2].mean(axis=0) - X[:, :2].mean(axis=0)).max() < 20
    assert np.isin(new[:, 4:], (0, 1)).all()
    assert (new[:, 4:].sum(axis=1) == 1).all()


def test_our_rows_keep_ranges_binary_columns_and_groups():
    X, Y = toy()
    new = own_way().fit_resample(X, Y, categorical_features=GROUPS)[0][120:]
    assert len(new)
    assert (new >= X.min(axis=0)).all() and (new <= X.max(axis=0)).all()
    assert np.isin(new[:, 2:4], (2.0, 7.0)).all()
    assert (new[:, 4:].sum(axis=1) == 1).all() and np.isin(new[:, 4:], (0, 1)).all()


def test_our_rows_have_their_label_and_their_parents_number_of_labels():
    X, Y = toy()
    sampler = own_way(budget=0.5)
    _, Y_all = sampler.fit_resample(X, Y)
    made = sampler.provenance_.query("origin < 0").reset_index()
    for row, labels in zip(made.itertuples(), Y_all[120:], strict=True):
        assert labels[row.label] == 1
        counts = [Y[p].sum() for p in row.parents]
        assert min(counts) <= labels.sum() <= max(counts)
        assert all(Y[p, row.label] for p in row.parents)
    minority = np.flatnonzero(minority_labels(Y))
    assert set(made["label"]) == set(minority)


def test_without_a_rare_share_every_labelled_row_takes_its_turn():
    X, Y = toy()
    sampler = alike(budget=1.0, rare_share=0.0)
    sampler.fit_resample(X, Y)
    made = sampler.provenance_.query("origin < 0")
    times = np.bincount([p[0] for p in made["parents"]], minlength=len(Y))
    labelled = Y.any(axis=1)
    assert (made["label"] == -1).all()
    assert not times[~labelled].any()
    assert times[labelled].max() - times[labelled].min() <= 1


@pytest.mark.parametrize("asked", [1.0, 1.1])
def test_new_rows_have_the_asked_number_of_labels_per_parent(asked):
    X, Y = toy(n=400)
    sampler = alike(budget=5.0, labels_per_parent=asked)
    _, Y_all = sampler.fit_resample(X, Y)
    made = sampler.provenance_.query("origin < 0")
    parents = [p for row in made["parents"] for p in row]
    ratio = Y_all[400:].sum(axis=1).mean() / Y[parents].sum(axis=1).mean()
    # At most all four labels: a row of four cannot have more.
    assert ratio == pytest.approx(asked, abs=0.04)


def test_a_row_without_a_partner_and_with_residuals_is_its_seed():
    X, Y = toy()
    sampler = alike(rare_share=1.0, neighbours=0, residuals=True)
    X_all, _ = sampler.fit_resample(X, Y)
    seeds = [p[0] for p in sampler.provenance_.query("origin < 0")["parents"]]
    assert np.allclose(X_all[120:], X[seeds], atol=1e-3)


def test_partners_are_the_nearest_rows_that_share_the_label():
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(60, 3)).astype(np.float32)
    Y = (rng.random((60, 2)) < 0.4).astype(np.uint8)
    plan = generation.by_label(Y, [200, 200], rng)
    plan = generation.with_partners(plan, codes, Y, 4, 1.0, rng)
    for seed, partner, label in zip(plan.seed, plan.partner, plan.label, strict=True):
        bag = np.flatnonzero(Y[:, label])
        bag = bag[bag != seed]
        near = bag[np.argsort(((codes[bag] - codes[seed]) ** 2).sum(axis=1))[:4]]
        assert partner in near
    assert ((plan.step > 0) & (plan.step < 1)).all()


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_the_pair_share_of_rows_has_a_partner(share):
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(60, 3)).astype(np.float32)
    plan = generation.by_label(np.ones((60, 1)), [2000], rng)
    plan = generation.with_partners(plan, codes, np.ones((60, 1)), 4, share, rng)
    alone = plan.seed == plan.partner
    assert (~alone).mean() == pytest.approx(share, abs=0.05)
    assert not plan.step[alone].any()


def test_a_target_or_chosen_labels_ask_for_rows_by_label():
    X, Y = toy()
    sampler = own_way(target={3: int(Y[:, 3].sum()) + 7}, budget=None)
    sampler.fit_resample(X, Y)
    assert sampler.provenance_["label"].iloc[120:].tolist() == [3] * 7
    sampler = own_way(labels=[0, 3], budget=0.1)
    sampler.fit_resample(X, Y)
    assert sampler.provenance_["label"].iloc[120:].tolist() == [0] * 6 + [3] * 6


def test_the_preview_is_near_what_comes():
    X, Y = toy(n=400)
    sampler = alike(budget=3.0)
    expected = sampler.preview(Y)["positives_after"].sum()
    found = sampler.fit_resample(X, Y)[1].sum()
    assert found == pytest.approx(expected, rel=0.05)


def test_equal_rows_are_partners_and_never_the_seed_twice_over():
    codes = np.zeros((6, 2), dtype=np.float32)
    Y = np.ones((6, 1), dtype=np.uint8)
    rng = np.random.default_rng(0)
    plan = generation.with_partners(
        generation.by_label(Y, [60], rng), codes, Y, 2, 1.0, rng
    )
    assert len(plan.seed) == 60


def test_ranked_labels_take_the_best_and_the_one_made_for():
    scores = np.array([[3.0, 2.0, 1.0, 0.0]] * 3)
    found = generation.rank_labels(scores, np.array([2, 1, 3]), np.array([3, -1, 0]))
    assert found.tolist() == [[1, 0, 0, 1], [1, 0, 0, 0], [1, 1, 1, 0]]


def test_sparse_rows_give_the_same_as_dense_ones():
    X, Y = toy()
    X[X < 45] = 0
    dense = own_way().fit_resample(X, Y)
    thin = own_way().fit_resample(sparse.csr_matrix(X), Y)
    assert sparse.issparse(thin[0])
    assert np.allclose(thin[0].toarray(), dense[0], atol=1e-2)
    assert np.array_equal(thin[1], dense[1])


@pytest.mark.parametrize(
    "make", [own_way, lambda: Paper(**AEMLO.cheap_settings, random_state=0)]
)
@pytest.mark.parametrize("case", ["no minority", "one row", "one label", "no labels"])
def test_data_with_little_to_make_from(make, case):
    X, Y = toy()
    if case == "no minority":
        Y = np.tile(np.eye(4, dtype=np.uint8), (30, 1))
    elif case == "one row":
        X, Y = X[:1], Y[:1]
    elif case == "one label":
        Y = Y[:, 2:3]
    elif case == "no labels":
        Y = np.zeros_like(Y)
    X_all, Y_all = make().fit_resample(X, Y)
    assert np.isfinite(X_all).all()
    assert np.array_equal(X_all[: len(X)], X) and np.array_equal(Y_all[: len(Y)], Y)


def test_every_argument_says_what_it_does():
    for cls in (AEMLO, Paper):
        named = set(cls().get_params()) - {"random_state"}
        assert named == set(params.parameters(cls))


def test_losses_frame_has_the_columns_of_the_curves():
    X, Y = toy()
    losses = AEMLO(**AEMLO.cheap_settings, random_state=0).fit(X, Y).losses_
    first = ["epoch", "total", "latent", "ranking", "reconstruction"]
    assert losses.columns[:5].tolist() == first
