"""The three remedies of the guide, on real data: same as by hand, and what they show.

Their counterparts in common use: logistic regression with class weights worked out by
hand, a network with a focal loss, and classifier chains on random forests.
"""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, hamming_loss
from sklearn.multioutput import ClassifierChain as SklearnChain

from aemlo import formats, metrics
from aemlo.classifiers import (
    BRLogistic,
    ClassifierChain,
    ClassWeighted,
    DeepMLP,
    Partition,
    Thresholded,
)
from aemlo.classifiers.focal import focal_loss
from aemlo.formats import read
from aemlo.preparation.preparation import Preparation

GUIDE = Path(__file__).resolve().parents[1] / "assets" / "guide"


@pytest.fixture(scope="module")
def birds(shared):
    """X and Y of birds' declared training part, X and Y of its test part."""
    folder = shared / "data" / "mulan"
    train, test = (
        read(folder / f"birds-{part}.arff", xml=folder / "birds.xml")
        for part in ("train", "test")
    )
    scale = Preparation().fit(train)
    return scale.transform(train), train.Y, scale.transform(test), test.Y


def test_example_1_class_weights_by_hand_are_one_switch(birds):
    """Weights n / (2 c) per label, one logistic regression each, as written by hand."""
    X, Y, X_test, Y_test = birds
    predicted = np.zeros_like(Y_test)
    for j in range(Y.shape[1]):
        n, positives = len(Y), int(Y[:, j].sum())
        weights = {0: n / (2 * (n - positives)), 1: n / (2 * positives)}
        model = LogisticRegression(class_weight=weights, max_iter=1000)
        predicted[:, j] = model.fit(X, Y[:, j]).predict(X_test)
    ours = ClassWeighted(BRLogistic()).fit(X, Y)
    labels, scores = ours.decide(X_test)
    assert np.mean(labels == predicted) > 0.9999
    rows = {
        m: v for m, label, v in metrics.evaluate(Y_test, labels, scores) if not label
    }
    assert rows["Hamming loss"] == pytest.approx(
        hamming_loss(Y_test, predicted), abs=1e-3
    )
    assert rows["micro average precision"] == pytest.approx(
        average_precision_score(Y_test, scores, average="micro")
    )


def test_example_1_shows_that_weights_and_thresholds_find_rare_labels(birds):
    X, Y, X_test, Y_test = birds
    found = {}
    for name, classifier in {
        "plain": BRLogistic(),
        "weights": ClassWeighted(BRLogistic()),
        "thresholds": Thresholded(BRLogistic(), random_state=0),
    }.items():
        labels, scores = classifier.fit(X, Y).decide(X_test)
        rows = metrics.evaluate(Y_test, labels, scores)
        found[name] = {m: v for m, label, v in rows if not label}
    for remedy in ("weights", "thresholds"):
        assert found[remedy]["macro-F1"] > found["plain"]["macro-F1"] + 0.1
        assert found[remedy]["Hamming loss"] > found["plain"]["Hamming loss"]
        assert found[remedy]["labels never predicted"] == 0
    assert found["plain"]["labels never predicted"] > 0
    assert found["thresholds"]["macro-AUC"] == found["plain"]["macro-AUC"]


def test_example_2_focal_loss_turns_down_what_is_easy(birds):
    """The loss of sure cells falls by (1 - p)^2; the network still learns to rank."""
    p = np.array([0.1, 0.5, 0.9, 0.99])
    z = np.log(p / (1 - p))
    ratio = focal_loss(z, np.ones(4), 2.0) / focal_loss(z, np.ones(4), 0.0)
    assert ratio == pytest.approx((1 - p) ** 2)
    X, Y, X_test, Y_test = birds
    settings = {"hidden": (32,), "epochs": 30, "batch": 16, "random_state": 0}
    auc, sure = {}, {}
    for loss in ("cross-entropy", "focal"):
        scores = DeepMLP(loss=loss, **settings).fit(X, Y).predict_proba(X_test)
        auc[loss] = metrics.macro_auc(Y_test, scores)
        sure[loss] = np.mean(np.abs(scores - 0.5) > 0.45)
    assert min(auc.values()) > 0.7
    assert sure["focal"] < sure["cross-entropy"]  # it stops pushing sure cells


def test_example_3_chain_of_forests_is_scikit_learns(birds):
    X, Y, X_test, _ = birds
    X, Y, X_test = X[:, :40], Y[:, :5], X_test[:, :40]
    ours = ClassifierChain("forest", random_state=0).fit(X, Y)
    seeds = [model.random_state for model in ours.models_]
    forest = RandomForestClassifier(random_state=seeds[0])
    first = forest.fit(X, Y[:, 0]).predict_proba(X_test)[:, 1]
    assert np.array_equal(ours.predict_proba(X_test)[:, 0], first)
    wide = np.hstack([X, Y[:, :4]])
    fed = np.hstack([X_test, ours.predict(X_test)[:, :4]])
    last = RandomForestClassifier(random_state=seeds[4]).fit(wide, Y[:, 4])
    assert np.array_equal(
        ours.predict_proba(X_test)[:, 4], last.predict_proba(fed)[:, 1]
    )
    theirs = SklearnChain(RandomForestClassifier(random_state=0)).fit(X, Y)
    agree = np.mean(theirs.predict(X_test) == ours.predict(X_test))
    assert agree > 0.97  # other seeds, the same method


def test_example_3_label_communities_split_the_labels(birds):
    X, Y, X_test, Y_test = birds
    for inside in ("labelsets", "chain"):
        ours = Partition("logistic", inside=inside, random_state=0).fit(X, Y)
        assert sorted(np.concatenate(ours.subsets_)) == list(range(19))
        assert 1 < len(ours.subsets_) < 19
        assert metrics.macro_auc(Y_test, ours.predict_proba(X_test)) > 0.75


@pytest.mark.parametrize("name", ["class_weights", "focal_loss", "chains", "leaks"])
def test_the_guide_s_examples_run_and_its_tables_are_theirs(monkeypatch, name):
    """Each file runs; on all of yeast the quick one gives the table that is shown."""
    kept = json.loads((GUIDE / "results.json").read_text(encoding="utf-8"))[name]
    shown = pd.DataFrame(**{k: kept[k] for k in ("data", "index", "columns")})
    if name != "class_weights":
        few = read("yeast").take(np.arange(150))
        monkeypatch.setattr(formats, "read", lambda which: few)
    table = runpy.run_path(str(GUIDE / f"{name}.py"))["table"]
    assert list(table.index) == list(shown.index)
    assert list(table.columns) == list(shown.columns)
    assert np.isfinite(table.to_numpy(dtype=float)).all()
    if name == "class_weights":
        assert table.to_numpy(dtype=float) == pytest.approx(shown.to_numpy(), abs=0.01)


def test_the_guide_s_leaks_flatter_and_the_honest_scores_of_noise_are_near_chance():
    kept = json.loads((GUIDE / "results.json").read_text(encoding="utf-8"))["leaks"]
    table = pd.DataFrame(**{k: kept[k] for k in ("data", "index", "columns")})
    auc, f1 = table["macro-AUC"].to_numpy(), table["macro-F1"].to_numpy()
    # 120 rows, 4 labels: the mean AUC of noise has a standard error of about 0.03.
    assert abs(auc[0] - 0.5) < 0.09
    assert auc[1] > 0.7
    assert f1[3] > f1[2] + 0.1


def test_what_the_guide_says_of_its_tables_is_so():
    kept = json.loads((GUIDE / "results.json").read_text(encoding="utf-8"))
    weights, focal, chains = (
        pd.DataFrame(**{k: kept[name][k] for k in ("data", "index", "columns")})
        for name in ("class_weights", "focal_loss", "chains")
    )
    f1, loss = "macro-F1", "Hamming loss"
    for remedy in ("class weights", "thresholds"):
        assert weights.loc[remedy, f1] > weights.loc["plain", f1]
        assert weights.loc[remedy, loss] > weights.loc["plain", loss]
    ap = "micro average precision"
    assert weights.loc["thresholds", ap] == weights.loc["plain", ap]
    plain, softer = focal.loc["cross-entropy"], focal.loc["focal, gamma 2"]
    assert abs(softer[f1] - plain[f1]) < 0.03  # "does little"
    assert focal.loc["focal, balanced", f1] > plain[f1] + 0.03
    assert focal.loc["focal, balanced", loss] > plain[loss]
    assert focal.loc["focal, balanced", "labels never predicted"] == 0
    whole = chains["subset accuracy"]
    assert whole["one chain"] > whole["each label alone"]
    assert chains.loc["five chains", loss] < chains.loc["one chain", loss]
    assert chains[ap].idxmax() == "label communities" == chains[f1].idxmin()
