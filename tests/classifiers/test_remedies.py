"""Focal loss, class weights, bagging, averaging, and classifiers named by spec."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.metrics import f1_score, roc_auc_score

from aemlo import params
from aemlo.classifiers import (
    CLASSIFIERS,
    Average,
    BalancedBagging,
    BRLogistic,
    ClassWeighted,
    DeepMLP,
    FocalBoosting,
    Thresholded,
    focal_boosting,
)
from aemlo.classifiers.focal import focal_loss, focal_slopes
from aemlo.classifiers.nested import build, spec_of
from aemlo.errors import MissingExtraError, ParameterError


def rare_data(n=400, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 5))
    Y = np.column_stack([X[:, 0] > 0.5, X[:, 0] + X[:, 1] + 0.2 * rng.random(n) > 1.9])
    return X, Y.astype(np.uint8)


X, Y = rare_data()


# Focal loss


@pytest.mark.parametrize("gamma, alpha", [(0, None), (2, None), (2, 0.25), (0.7, 0.9)])
def test_focal_loss_is_its_formula(gamma, alpha):
    for z in (-30.0, -1.3, 0.0, 0.4, 30.0):
        for y in (0, 1):
            p = 1 / (1 + np.exp(-z))
            p_t = p if y == 1 else 1 / (1 + np.exp(z))
            alpha_t = 1 if alpha is None else (alpha if y == 1 else 1 - alpha)
            by_hand = -alpha_t * (1 / (1 + np.exp(z if y else -z))) ** gamma
            assert focal_loss(z, y, gamma, alpha) == pytest.approx(
                by_hand * np.log(p_t), rel=1e-9, abs=1e-15
            )


def test_focal_loss_by_hand():
    """p 0.9: 0.25 x 0.1^2 x -log 0.9 for a positive, 0.75 x 0.9^2 x -log 0.1 else."""
    assert focal_loss(logit(0.9), 1, 2, 0.25) == pytest.approx(0.25 * 0.01 * 0.1053605)
    assert focal_loss(logit(0.9), 0, 2, 0.25) == pytest.approx(0.75 * 0.81 * 2.3025851)


@pytest.mark.parametrize("gamma, alpha", [(0, None), (2, None), (2, 0.25), (3.5, 0.8)])
def test_focal_slopes_are_the_numeric_ones(gamma, alpha):
    z, step = np.linspace(-6, 6, 41), 1e-4
    for y in (0, 1):
        y = np.full(z.shape, y)
        slope, bend = focal_slopes(z, y, gamma, alpha)
        up, down = (focal_loss(z + s, y, gamma, alpha) for s in (step, -step))
        middle = focal_loss(z, y, gamma, alpha)
        assert slope == pytest.approx((up - down) / (2 * step), abs=1e-6)
        assert bend == pytest.approx((up - 2 * middle + down) / step**2, abs=1e-5)


def test_focal_slopes_at_gamma_0_are_those_of_the_logistic_loss():
    z, y = np.linspace(-3, 3, 7), np.array([0, 1, 0, 1, 1, 0, 1])
    slope, bend = focal_slopes(z, y, 0)
    assert slope == pytest.approx(expit(z) - y)
    assert bend == pytest.approx(expit(z) * (1 - expit(z)))


@pytest.mark.parametrize("gamma, alpha", [(0.0, None), (2.0, None), (2.0, 0.25)])
def test_torch_loss_is_the_numpy_one(gamma, alpha):
    torch = pytest.importorskip("torch")
    from aemlo.classifiers.deep_mlp import network

    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(8, 3)) * 4, (rng.random((8, 3)) < 0.4).astype(float)
    weights = rng.random((8, 3))
    mine = network.focal_loss(
        torch.as_tensor(z), torch.as_tensor(y), gamma, alpha, torch.as_tensor(weights)
    )
    assert float(mine) == pytest.approx(
        (weights * focal_loss(z, y, gamma, alpha)).mean()
    )
    if gamma == 0 and alpha is None:
        theirs = torch.nn.functional.binary_cross_entropy_with_logits(
            torch.as_tensor(z), torch.as_tensor(y), torch.as_tensor(weights)
        )
        assert float(mine) == pytest.approx(float(theirs))


def test_focal_boosting_at_gamma_0_is_lightgbms_own():
    lightgbm = pytest.importorskip("lightgbm")
    mine = FocalBoosting(gamma=0, trees=20, random_state=0).fit(X, Y[:, :1])
    share = Y[:, 0].mean()
    settings = {
        "objective": "binary",
        "learning_rate": 0.1,
        "num_leaves": 15,
        "min_data_in_leaf": 5,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "boost_from_average": False,
        "min_data_in_bin": 1,
        "feature_pre_filter": False,
    }
    data = lightgbm.Dataset(X, Y[:, 0], init_score=np.full(len(X), logit(share)))
    theirs = lightgbm.train(settings, data, 20).predict(X, raw_score=True)
    assert mine.predict_proba(X)[:, 0] == pytest.approx(
        expit(theirs + logit(share)), abs=1e-6
    )


def test_focal_boosting_tells_the_loss_of_the_rows_after_each_round():
    told = []
    model = FocalBoosting(trees=7, gamma=2.0, alpha=0.3)
    model.fit(X, Y, on_progress=lambda f, **v: told.append((f, v)))
    z = logit(model.predict_proba(X))
    last = focal_loss(z, Y, 2.0, 0.3).mean(axis=0)
    assert model.losses_.shape == (7, Y.shape[1])
    assert model.losses_[-1] == pytest.approx(last, rel=1e-4)
    # The second label has no rows to split by: its loss stays.
    assert (np.diff(model.losses_[:, 0]) < 0).all()
    rounds = [v for _, v in told if "loss" in v]
    assert [v["epoch"] for v in rounds] == list(range(1, 8)) * Y.shape[1]
    assert rounds[-1]["loss"] == pytest.approx(last.mean(), rel=1e-4)
    fractions = [f for f, _ in told]
    assert fractions == sorted(fractions)


def test_focal_boosting_without_lightgbm_says_what_to_install(monkeypatch):
    monkeypatch.setattr(focal_boosting, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as caught:
        FocalBoosting().fit(X, Y)
    assert str(caught.value) == (
        "focal boosting: needs LightGBM, which is not installed. "
        "Install it (pip install lightgbm), or choose another classifier."
    )


def test_deep_mlp_tells_its_losses_and_keeps_the_best_epoch():
    told = []
    classifier = DeepMLP(epochs=60, patience=5, hidden=(16,), random_state=0)
    classifier.fit(X, Y, on_progress=lambda fraction, **v: told.append(v))
    epochs = [values for values in told if values]
    assert [values["epoch"] for values in epochs] == list(range(1, len(epochs) + 1))
    held_out = [values["held_out_loss"] for values in epochs]
    assert min(held_out) < held_out[0] / 1.5
    if len(epochs) < 60:
        assert len(epochs) - 1 - int(np.argmin(held_out)) == 5


def test_deep_mlp_predicts_what_its_network_does():
    torch = pytest.importorskip("torch")
    classifier = DeepMLP(epochs=3, hidden=(8, 4), random_state=0).fit(X, Y)
    x = torch.as_tensor(X)
    *hidden, last = [
        (torch.as_tensor(w, dtype=torch.float64), torch.as_tensor(b))
        for w, b in classifier.layers_
    ]
    for weight, bias in hidden:
        x = torch.relu(x @ weight.T + bias)
    scores = torch.sigmoid(x @ last[0].T + last[1]).numpy()
    assert classifier.predict_proba(X) == pytest.approx(scores, abs=1e-6)


def test_cell_weights_of_the_deep_mlp_by_hand():
    labels = np.array([[1], [0], [0], [0]], dtype=np.uint8)
    balanced = DeepMLP(weights="balanced")._cell_weights(labels)
    assert balanced[:, 0] == pytest.approx([4 / 6, 4 / 2])
    effective = DeepMLP(weights="effective", beta=0.9)._cell_weights(labels)[:, 0]
    assert effective[1] / effective[0] == pytest.approx((1 - 0.9**3) / (1 - 0.9))
    assert 3 * effective[0] + effective[1] == pytest.approx(4)


# Remedies that wrap


def test_class_weights_raise_the_scores_of_a_rare_label():
    plain = BRLogistic().fit(X, Y).predict_proba(X)[:, 1]
    weighted = ClassWeighted(BRLogistic()).fit(X, Y).predict_proba(X)[:, 1]
    assert Y[:, 1].mean() < 0.1
    rare = Y[:, 1] == 1
    assert (weighted > plain)[rare].all() and weighted.mean() > 2 * plain.mean()


def test_class_weights_reach_every_classifier_that_has_them():
    for title, cls in CLASSIFIERS.items():
        known = params.parameters(cls)
        if "class_weights" in known:
            remedy = ClassWeighted({"name": title, "params": {}}, random_state=0)
            assert remedy.fit(X[:80], Y[:80]).inner_.class_weights is True
    remedy = ClassWeighted({"name": "deep MLP", "params": {"epochs": 1}})
    assert remedy.fit(X, Y).inner_.weights == "balanced"


def test_class_weights_of_what_has_none():
    with pytest.raises(ParameterError) as caught:
        ClassWeighted("ML-kNN").fit(X, Y)
    assert str(caught.value).startswith(
        "class weights: ML-kNN has no class weights. Those that have: BR-logistic, "
    )
    assert "average" not in str(caught.value)


@pytest.mark.parametrize(
    "spec",
    [
        {"name": "thresholds", "params": {"classifier": "class weights"}},
        {"name": "resampled", "params": {"classifier": "thresholds"}},
        {"name": "thresholds", "params": {"classifier": "resampled"}},
        {
            "name": "thresholds",
            "params": {
                "folds": 3,
                "classifier": {
                    "name": "deep MLP",
                    "params": {"loss": "focal", "epochs": 12, "learning_rate": 0.02},
                },
            },
        },
    ],
    ids=["weights and thresholds", "rows and cuts", "cuts and rows", "focal and cuts"],
)
def test_combined_remedies_are_built_by_name_and_find_the_rare_label(spec):
    rng = np.random.default_rng(1)
    rows = rng.random((1400, 4))
    labels = np.column_stack([rows[:, 0] > 0.5, rows[:, 0] + rows[:, 1] > 1.65])
    labels = (labels ^ (rng.random(labels.shape) < 0.01)).astype(np.uint8)
    X_new, rare = rows[500:], labels[500:, 1]
    assert 0.05 < rare.mean() < 0.1
    plain = BRLogistic().fit(rows[:500], labels[:500]).predict(X_new)
    model = build(spec, random_state=0).fit(rows[:500], labels[:500])
    assert spec_of(model)["name"] == spec["name"]
    predicted = model.predict(X_new)
    assert f1_score(rare, predicted[:, 1]) > f1_score(rare, plain[:, 1]) + 0.1


def test_balanced_bags_are_balanced():
    bags = BalancedBagging("BR-tree", bags=3, draw="per label", random_state=0)
    draws = list(bags._draws(Y, np.random.default_rng(0)))
    assert len(draws) == 6
    for rows, labels in draws:
        assert Y[rows][:, labels].mean() == 0.5
        other = rows[len(rows) // 2 :]
        assert len(set(other)) == len(other)  # the commoner value without replacement
    whole = BalancedBagging("BR-tree", bags=3, draw="rows", random_state=0)
    for rows, labels in whole._draws(Y, np.random.default_rng(0)):
        assert len(rows) == len(Y) and len(labels) == 2
        assert Y[rows][:, 1].mean() > 2 * Y[:, 1].mean()


def test_balanced_bagging_finds_a_rare_label_that_a_plain_tree_misses():
    X_new, Y_new = rare_data(1000, seed=5)
    tree = build("BR-tree", random_state=0).fit(X, Y)
    bags = BalancedBagging("BR-tree", bags=15, random_state=0).fit(X, Y)
    rare = Y_new[:, 1] == 1
    assert bags.predict(X_new)[rare, 1].mean() > tree.predict(X_new)[rare, 1].mean()
    assert roc_auc_score(Y_new[:, 1], bags.predict_proba(X_new)[:, 1]) > 0.9


def test_bags_may_see_a_share_of_the_features():
    bags = BalancedBagging("BR-logistic", bags=4, features=0.4, random_state=0)
    bags.fit(X, Y)
    assert {len(columns) for columns in bags.columns_} == {2}
    assert all(m.n_features_in_ == 2 for m in bags.models_)


def test_average_is_the_weighted_mean():
    parts = ("BR-logistic", {"name": "ML-kNN", "params": {"k": 5}})
    mean = Average(parts, weights=(3, 1), random_state=0).fit(X, Y)
    first, second = (part.predict_proba(X) for part in mean.parts_)
    assert mean.predict_proba(X) == pytest.approx(0.75 * first + 0.25 * second)
    with pytest.raises(ParameterError) as caught:
        Average(parts, weights=(1.0,)).fit(X, Y)
    assert str(caught.value) == (
        "average: weights must be 2 numbers, one per classifier and not all 0, "
        "got (1.0,)."
    )


def test_notes_of_the_inner_classifier_name_the_outer_columns():
    labels = np.column_stack([np.zeros(len(Y)), Y[:, 0], np.arange(len(Y)) == 5])
    inner = {"name": "BR", "params": {"base": "svm"}}
    remedy = ClassWeighted(inner, random_state=0).fit(X, labels)
    assert remedy.notes_[0].startswith("Label 0 is 0 in every training row")
    assert remedy.notes_[1].startswith("Labels 2: one training row is too few")


# Specs

TREE = {"max_depth": 3, "min_samples_leaf": 1, "class_weights": False, "n_jobs": 1}
DEEP = {
    "name": "thresholds",
    "params": {
        "classifier": {
            "name": "class weights",
            "params": {"classifier": {"name": "BR-tree", "params": TREE}},
        },
        "rule": "cardinality",
        "threshold": 0.5,
        "folds": 5,
        "min_positives": 4,
    },
}


def test_a_spec_builds_and_comes_back():
    built = build(DEEP)
    assert isinstance(built, Thresholded)
    assert spec_of(built) == DEEP
    assert spec_of(clone(built)) == DEEP
    inner = built.fit(X, Y).inner_.inner_
    assert (inner.title, inner.max_depth, inner.class_weights) == ("BR-tree", 3, True)


def test_specs_titles_and_objects_do_the_same():
    spec = {"name": "br-TREE", "params": {"max_depth": 2}}
    by_spec = Thresholded(spec, random_state=0).fit(X, Y)
    by_object = Thresholded(build(spec), random_state=0).fit(X, Y)
    assert np.array_equal(by_spec.decide(X)[0], by_object.decide(X)[0])
    inside = spec_of(by_object)["params"]["classifier"]["params"]
    assert inside == TREE | {"max_depth": 2}


@pytest.mark.parametrize(
    "wrong, message",
    [
        ("no such", "There is no classifier 'no such'. Names: "),
        ({"name": "ML-kNN", "params": {"q": 3}}, "ML-kNN: there is no setting 'q'. "),
        ({"name": "ML-kNN", "params": {"k": 0}}, "ML-kNN: k must be between 1 and 200"),
        (7, "A classifier is a title or a spec with 'name' and 'params', got 7."),
        (
            {"name": "ML-kNN", "k": 3},
            "A classifier's spec has 'name' and 'params' only, got 'k' too.",
        ),
    ],
)
def test_wrong_specs_are_refused(wrong, message):
    with pytest.raises(ParameterError) as caught:
        Thresholded(wrong).fit(X, Y)
    assert str(caught.value).startswith(message)
    with pytest.raises(ParameterError):
        Average((wrong, "BR-logistic")).fit(X, Y)


def test_specs_can_be_written_on_a_command_line():
    text = '{"name": "ML-kNN", "params": {"k": 7}}'
    value = params.parse(Thresholded, "classifier", text)
    assert value == {"name": "ML-kNN", "params": {"k": 7}}
    assert params.parse(Thresholded, "classifier", "ML-kNN") == "ML-kNN"
    many = params.parse(Average, "classifiers", "BR-tree, ML-kNN")
    assert many == ("BR-tree", "ML-kNN")


def test_forms_offer_every_classifier():
    rule = params.parameters(Thresholded)["classifier"].rule
    assert rule.choices == tuple(CLASSIFIERS)
