"""scikit-learn's and imbalanced-learn's own tools on our classifiers and samplers."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from imblearn.pipeline import Pipeline, make_pipeline
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.inspection import permutation_importance
from sklearn.metrics import average_precision_score, f1_score, get_scorer_names
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.preprocessing import StandardScaler

from aemlo.classifiers import (
    MLKNN,
    BRLogistic,
    BRTree,
    ClassWeighted,
    RandomForest,
    Thresholded,
)
from aemlo.samplers import MLROS, MLSMOTE, SAMPLERS

AVERAGES = ("macro", "micro", "samples", "weighted")
SCORERS = [
    *("accuracy", "average_precision", "roc_auc", "roc_auc_ovr"),
    *(
        f"{name}_{average}"
        for name in ("f1", "precision", "recall", "jaccard")
        for average in AVERAGES
    ),
]


def data(n=120, q=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 4))
    Y = (X[:, :q] + 0.2 * rng.normal(size=(n, q)) > 0.55).astype(int)
    return X, Y


X, Y = data()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize("scorer", SCORERS)
def test_string_scorers_of_several_labels(scorer):
    """All but those of probabilities that sum to 1 over exclusive classes."""
    assert scorer in get_scorer_names()
    for q in (2, 3):
        scores = cross_val_score(
            BRLogistic(), X, Y[:, :q], scoring=scorer, cv=3, error_score="raise"
        )
        assert np.isfinite(scores).all()


@pytest.mark.parametrize("scorer", ["roc_auc", "average_precision", "f1_macro"])
def test_a_scorer_gives_what_the_metric_gives_by_hand(scorer):
    model = BRLogistic().fit(X[:80], Y[:80])
    score = sklearn.metrics.get_scorer(scorer)(model, X[80:], Y[80:])
    if scorer == "f1_macro":
        expected = f1_score(Y[80:], model.predict(X[80:]), average="macro")
    else:
        metric = sklearn.metrics.roc_auc_score
        metric = average_precision_score if scorer == "average_precision" else metric
        expected = metric(Y[80:], model.predict_proba(X[80:]))
    assert score == pytest.approx(expected)


@pytest.mark.parametrize("scorer", ["roc_auc", "average_precision", "f1_macro"])
def test_one_label_is_scored_as_a_column(scorer):
    scores = cross_val_score(
        BRLogistic(), X, Y[:, :1], scoring=scorer, cv=3, error_score="raise"
    )
    assert (scores > 0.5).all()


def test_our_forest_scores_as_the_forest_inside_it():
    folds = KFold(3)
    ours = RandomForest(trees=10, random_state=0)
    theirs = RandomForestClassifier(10, random_state=0)
    for scorer in ("roc_auc", "f1_macro"):
        one = cross_val_score(ours, X, Y, scoring=scorer, cv=folds).mean()
        other = cross_val_score(theirs, X, Y, scoring=scorer, cv=folds).mean()
        assert one == pytest.approx(other, abs=0.06)


@pytest.mark.parametrize("q", [1, 2, 3])
def test_cross_val_predict_gives_the_scores_of_each_fold(q):
    labels, folds = Y[:, :q], KFold(4)
    scores = cross_val_predict(
        BRLogistic(), X, labels, method="predict_proba", cv=folds
    )
    for train, test in folds.split(X):
        own = BRLogistic().fit(X[train], labels[train])
        assert scores[test] == pytest.approx(own.predict_proba(X[test]))
    predicted = cross_val_predict(BRLogistic(), X, labels, cv=folds)
    assert np.array_equal(predicted, scores >= 0.5)


@pytest.mark.parametrize("title", list(SAMPLERS))
def test_grid_search_over_a_pipeline_with_a_sampler(title):
    cls = SAMPLERS[title]
    steps = [
        ("scale", StandardScaler()),
        ("sampler", cls(**cls.cheap_settings)),
        ("classifier", Thresholded(BRTree(), rule="cardinality", folds=2)),
    ]
    grid = {"classifier__classifier__max_depth": [1, 3]}
    if "budget" in cls().get_params() and title != "AEMLO-paper":
        grid["sampler__budget"] = [0.1, 0.3]
    search = GridSearchCV(
        Pipeline(steps), grid, scoring="f1_macro", cv=2, error_score="raise"
    )
    search.fit(X, Y)
    assert set(search.best_params_) == set(grid)
    assert search.predict(X).shape == search.predict_proba(X).shape == Y.shape
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.classes_.shape == (3, 2)
    chosen = search.best_estimator_["classifier"].inner_
    assert chosen.max_depth == search.best_params_["classifier__classifier__max_depth"]


def test_permutation_importance_finds_the_feature_that_matters():
    rows, labels = data(400)
    model = BRLogistic().fit(rows, labels)
    found = permutation_importance(
        model, rows, labels, scoring="f1_macro", n_repeats=3, random_state=0
    ).importances_mean
    assert found[:3].min() > 0.05 > abs(found[3])


def test_frames_go_through_a_pipeline_with_their_names():
    frame = pd.DataFrame(X, columns=list("abcd"))
    labels = pd.DataFrame(Y, columns=list("xyz"))
    pipe = make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        MLSMOTE(random_state=0),
        BRLogistic(),
    )
    pipe.fit(frame, labels)
    assert pipe[1].feature_names_in_.tolist() == list("abcd")
    assert pipe[2].feature_names_in_.tolist() == list("abcd")
    assert pipe.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="must be in the same order"):
        pipe.predict(frame[list("dcba")])


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_provenance_is_routed_row_by_row(routing):
    """Each fold's classifier gets the provenance of its own rows."""
    sampler = MLROS(random_state=0)
    X_new, Y_new = sampler.fit_resample(X, Y)
    model = Thresholded(BRTree(), folds=2).set_fit_request(provenance=True)
    folds = KFold(3, shuffle=True, random_state=0)
    result = cross_validate(
        model,
        X_new,
        Y_new,
        cv=folds,
        params={"provenance": sampler.provenance_},
        return_estimator=True,
        scoring="f1_macro",
    )
    made = sampler.provenance_["origin"].to_numpy() < 0
    assert made.any()
    splits = folds.split(X_new)
    for fitted, (train, _) in zip(result["estimator"], splits, strict=True):
        assert fitted.tuned_rows_.tolist() == np.flatnonzero(~made[train]).tolist()


def test_provenance_that_nobody_asked_for_is_refused_by_routing(routing):
    sampler = MLROS(random_state=0)
    X_new, Y_new = sampler.fit_resample(X, Y)
    with pytest.raises(UnsetMetadataPassedError, match="provenance"):
        cross_validate(
            BRTree(), X_new, Y_new, params={"provenance": sampler.provenance_}
        )


def test_progress_goes_to_its_step():
    seen = []
    pipe = Pipeline([("sampler", MLSMOTE(random_state=0)), ("classifier", MLKNN())])
    pipe.fit(
        X,
        Y,
        classifier__on_progress=lambda fraction, **values: seen.append(fraction),
    )
    assert seen[-1] == 1.0


def test_remedies_have_settings_inside_that_a_search_reaches():
    model = ClassWeighted(BRLogistic())
    search = GridSearchCV(model, {"classifier__C": [0.01, 10.0]}, scoring="roc_auc")
    assert set(search.fit(X, Y).best_params_) == {"classifier__C"}
