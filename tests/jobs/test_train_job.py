"""What a training run leaves of the checks of its decoders."""

import numpy as np
import pandas as pd
import pytest

from aemlo.charts import training
from aemlo.dataset import Dataset, Feature
from aemlo.jobs.kinds.train import FeatureErrors
from aemlo.preparation.preparation import Preparation
from aemlo.store import Store
from aemlo.worker import Worker


def toy(n=90):
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(n, 3)), rng.integers(0, 3, n)])
    Y = (X[:, :2] + rng.normal(size=(n, 2)) > [0, 1]).astype(np.uint8)
    features = [Feature("a"), Feature("b <i>"), Feature("c")]
    kinds = Feature("kind", "nominal", ("x", "y", "z"))
    return Dataset("toy", X, Y, (*features, kinds), ("often", "rare"))


def trained(store, **spec):
    data = toy()
    spec = {"sampler": "AEMLO", "seed": 0} | spec
    key = store.add_dataset(data)
    run_id = store.enqueue("visitor-1", "train", "t", spec, key, data.name)
    Worker(store, "w").do(store.claim("w"))
    run = store.run(run_id)
    assert run.state == "done", run.error
    return run, pd.read_parquet(store.folder(run_id) / "features.parquet")


def test_the_error_of_every_feature_is_that_of_the_last_check(tmp_path):
    store = Store(tmp_path)
    run, frame = trained(store, settings={"epochs": 12})
    names = Preparation(scale="none").fit(toy()).feature_names_
    assert frame["feature"].tolist() == list(names) and len(names) == 6
    checks = store.events(run.id).dropna(subset=["feature_error"])
    last = checks.iloc[-1]
    assert checks["step"].tolist() == [5, 10, 12]
    assert set(frame["epoch"]) == {last["step"]}
    assert frame["error"].mean() == pytest.approx(last["feature_error"], rel=1e-5)
    assert frame["error"].max() == pytest.approx(last["feature_error_worst"], rel=1e-5)
    # Rows made again with the model of a run speak of the same decoder.
    _, again = trained(store, model_of=run.id, settings={"budget": 0.5})
    pd.testing.assert_frame_equal(again, frame)


def test_errors_are_written_at_most_once_a_second_and_at_the_end(tmp_path):
    kept = FeatureErrors(tmp_path, ["a", "b"])
    kept.update(5, [0.1, 0.2])
    kept.update(10, [0.3, 0.4])
    assert pd.read_parquet(kept.path)["epoch"].tolist() == [5, 5]
    kept.write()
    frame = pd.read_parquet(kept.path)
    assert frame.to_dict("list") == {
        **{"feature": ["a", "b"], "error": [0.3, 0.4], "epoch": [10, 10]}
    }


def test_the_worst_features_stand_in_order_with_their_names():
    errors = np.random.default_rng(0).permutation(40) / 100
    names = [f"a rather long name of a feature, number {i}" for i in range(40)]
    frame = pd.DataFrame({"feature": names, "error": errors, "epoch": 5})
    chart = training.feature_errors(frame).to_dict()
    (rows,) = chart["datasets"].values()
    worst = np.argsort(-errors)[:30]
    assert [row["feature"] for row in rows] == [names[j] for j in worst]
    assert chart["title"]["subtitle"] == "30 of 40 features, after epoch 5"
    # All names are cut to the same text, and each still has a bar of its own.
    assert len({row["shown"] for row in rows}) == 1
    assert len({row["place"] for row in rows}) == 30
