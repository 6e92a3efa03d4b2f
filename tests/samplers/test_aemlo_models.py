"""AEMLO stopped, resumed, saved, loaded and asked for rows again."""

import numpy as np
import pandas as pd
import pytest
from toy_rows import Paper, own_way, toy

from aemlo.errors import RunError, Stopped
from aemlo.samplers import AEMLO


def test_fit_then_generate_is_fit_resample():
    X, Y = toy()
    at_once = own_way().fit_resample(X, Y)
    in_two = own_way().fit(X, Y).generate(X, Y)
    assert np.array_equal(at_once[0], in_two[0])
    assert np.array_equal(at_once[1], in_two[1])


def test_a_saved_model_generates_again_without_training(tmp_path, monkeypatch):
    X, Y = toy()
    sampler = own_way()
    X_all, Y_all = sampler.fit_resample(X, Y)
    sampler.save(tmp_path / "model")
    monkeypatch.setattr(AEMLO, "_train", None)
    loaded = AEMLO.load(tmp_path / "model").set_params(random_state=0)
    assert loaded.get_params() == sampler.get_params()
    X_again, Y_again = loaded.generate(X, Y)
    assert np.array_equal(X_all, X_again) and np.array_equal(Y_all, Y_again)
    pd.testing.assert_frame_equal(loaded.losses_, sampler.losses_)
    more = loaded.set_params(budget=2.0).generate(X, Y)[0]
    assert len(more) > len(X_all)


def test_a_run_that_diverged_is_saved_with_its_losses(tmp_path):
    X, Y = toy()
    sampler = AEMLO(**AEMLO.cheap_settings, random_state=0).fit(X, Y)
    sampler.losses_.loc[1, "total"] = np.nan
    sampler.losses_.loc[2, "latent"] = np.inf
    sampler.save(tmp_path)
    losses = AEMLO.load(tmp_path).losses_
    assert np.isnan(losses.loc[1, "total"]) and np.isnan(losses.loc[2, "latent"])
    assert losses.loc[0].equals(sampler.losses_.loc[0])


def test_paper_is_loaded_as_paper(tmp_path):
    X, Y = toy()
    Paper(**AEMLO.cheap_settings, random_state=0).fit(X, Y).save(tmp_path)
    assert type(AEMLO.load(tmp_path)) is Paper


def test_a_model_of_other_data_is_refused_in_words(tmp_path):
    X, Y = toy()
    own_way().fit(X, Y).save(tmp_path)
    with pytest.raises(RunError) as fault:
        AEMLO.load(tmp_path).generate(X[:, :5], Y)
    assert str(fault.value) == (
        "AEMLO's model was trained on 7 features and 4 labels; this data set has 5 and "
        "4. Train anew, or load the data set it was trained on."
    )


def test_generate_before_fit_is_refused():
    X, Y = toy()
    with pytest.raises(RunError) as fault:
        AEMLO().generate(X, Y)
    assert str(fault.value) == "AEMLO: nothing is trained yet. Call fit first."


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(RunError, match="there is no trained model here"):
        AEMLO.load(tmp_path)
    (tmp_path / "spec.json").write_text("{}")
    (tmp_path / "weights.pt").write_bytes(b"")
    with pytest.raises(RunError, match="not a trained model that can be read"):
        AEMLO.load(tmp_path)


class StopAfter:
    def __init__(self, epoch):
        self.epoch = epoch

    def __call__(self, fraction, **values):
        if values.get("epoch") == self.epoch:
            raise Stopped


def test_stop_keeps_what_was_learned_and_a_checkpoint_goes_on(tmp_path):
    X, Y = toy()
    settings = {**AEMLO.cheap_settings, "epochs": 6}
    whole = AEMLO(**settings, random_state=0).fit(X, Y)
    stopped = AEMLO(**settings, random_state=0)
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(Stopped):
        stopped.fit(X, Y, on_progress=StopAfter(3), checkpoint=path)
    assert stopped.stopped_
    assert stopped.losses_["epoch"].tolist() == [1, 2, 3]
    assert len(stopped.generate(X, Y)[0]) > len(X)
    resumed = AEMLO(**settings, random_state=0).fit(X, Y, checkpoint=path)
    assert np.array_equal(resumed.model_.encode(X), whole.model_.encode(X))
    pd.testing.assert_frame_equal(resumed.losses_, whole.losses_)


def test_progress_has_the_losses_and_reaches_one():
    X, Y = toy()
    calls = []
    own_way().fit_resample(X, Y, on_progress=lambda f, **v: calls.append((f, v)))
    epochs = [v for _, v in calls if "total" in v]
    assert [v["epoch"] for v in epochs] == [1, 2, 3]
    assert {"total", "latent", "ranking", "reconstruction"} <= set(epochs[0])
    fractions = [f for f, _ in calls]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
