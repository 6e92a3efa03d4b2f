"""The training loop: learns, stops, resumes, and survives awkward data."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import sparse

from aemlo.errors import AemloError, RunError, Stopped
from aemlo.samplers.aemlo.settings import Settings, memory_needed, published
from aemlo.samplers.aemlo.training import (
    Training,
    learning_rate_at,
    load_checkpoint,
    save_checkpoint,
    wrong_pairs,
)

SMALL = Settings(
    **published(Settings)
    | {"epochs": 4, "batch_size": 16, "latent_size": 8, "width": 12}
    | {"label_width": 6, "learning_rate": 1e-3}
)


def toy(n=50, d=7, q=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    return X, (X[:, :1] + rng.random((n, q)) > 1).astype(np.uint8)


def weights(training):
    state = training.model().network.state_dict()
    return torch.cat([w.ravel() for w in state.values()])


class Stop:
    """A progress hook that raises Stopped at its n-th call."""

    def __init__(self, at):
        self.at, self.calls = at, 0

    def __call__(self, fraction, **values):
        self.calls += 1
        if self.calls == self.at:
            raise Stopped


def test_fifty_steps_on_one_batch_lower_every_term():
    X, Y = toy(n=16)
    training = Training(X, Y, replace(SMALL, epochs=60), seed=0)
    training.run()
    first, last = training.history[0], training.history[-1]
    for term in ("total", "latent", "ranking", "reconstruction"):
        assert last[term] < first[term], term


def test_a_batch_is_learned_by_heart():
    X, Y = toy(n=12)
    wide = replace(
        SMALL,
        **{"epochs": 600, "width": 64, "latent_size": 16, "learning_rate": 3e-3},
        feature_error="scaled squares",
        calibration_weight=1.0,
    )
    training = Training(X, Y, wide, seed=0)
    training.run()
    model = training.model()
    decoded, scores = model.decode(model.encode(X))
    assert np.abs(decoded - X).mean() < 0.25 * np.abs(X - X.mean(axis=0)).mean()
    assert ((scores > 0) == Y).mean() > 0.95


def test_the_total_is_the_weighted_sum_of_the_terms():
    X, Y = toy()
    settings = replace(
        SMALL,
        epochs=1,
        **{"alignment_weight": 2.0, "ranking_weight": 3.0},
        **{"reconstruction_weight": 0.5, "calibration_weight": 4.0},
    )
    training = Training(X, Y, settings, seed=0)
    training.run()
    row = training.history[0]
    parts = (2.0 * row["latent"] + 3.0 * row["ranking"]) + (
        0.5 * row["reconstruction"] + 4.0 * row["calibration"]
    )
    assert row["total"] == pytest.approx(parts, rel=1e-5)


def test_same_seed_same_weights_and_another_seed_other_weights():
    X, Y = toy()
    runs = []
    for seed in (5, 5, 6):
        training = Training(X, Y, SMALL, seed)
        training.run()
        runs.append(weights(training))
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_training_leaves_the_global_generators_alone():
    X, Y = toy()
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    Training(X, Y, SMALL, seed=0).run()
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == np.random.get_state()[1].tolist()


@pytest.mark.parametrize("held_out", [0.0, 0.3])
@pytest.mark.parametrize("at", [1, 3, 6, 9])
def test_a_stopped_and_resumed_run_ends_as_an_uninterrupted_one(
    tmp_path, monkeypatch, at, held_out
):
    # A hook after every batch, so that the run stops in the middle of an epoch too.
    monkeypatch.setattr("aemlo.samplers.aemlo.training.SECONDS_BETWEEN_CALLS", -1.0)
    X, Y = toy()
    settings = replace(SMALL, held_out=held_out, schedule="one-cycle")
    whole = Training(X, Y, settings, seed=1)
    whole.run()

    path = tmp_path / "checkpoint.pt"
    stopped = Training(X, Y, settings, seed=1)
    with pytest.raises(Stopped):
        stopped.run(Stop(at), lambda state: save_checkpoint(state, path))
    assert stopped.stopped
    resumed = Training(X, Y, settings, seed=99)
    resumed.load_state_dict(load_checkpoint(path))
    resumed.run()
    assert torch.equal(weights(whole), weights(resumed))
    assert whole.history == resumed.history
    assert whole.best_epoch == resumed.best_epoch


def test_stop_keeps_the_best_weights_so_far():
    X, Y = toy()
    training = Training(X, Y, replace(SMALL, epochs=50), seed=0)
    seen = []

    def stop_after_five_epochs(fraction, **values):
        seen.append(values.get("epoch"))
        if seen[-1] == 5:
            raise Stopped

    with pytest.raises(Stopped):
        training.run(stop_after_five_epochs)
    assert training.best_epoch >= 1
    kept = training.model().network.state_dict()
    assert all(torch.equal(kept[k], v) for k, v in training.best_weights.items())


def test_the_best_epoch_is_the_one_with_the_lowest_loss():
    X, Y = toy()
    training = Training(X, Y, replace(SMALL, epochs=30, held_out=0.3), seed=0)
    training.run()
    losses = [row["held_out_total"] for row in training.history]
    assert training.best_epoch == 1 + int(np.argmin(losses))


def test_patience_ends_the_run_that_many_epochs_after_the_best():
    X, Y = toy(n=30)
    settings = replace(
        SMALL, epochs=400, held_out=0.4, patience=5, learning_rate=1e-2, width=64
    )
    training = Training(X, Y, settings, seed=0)
    training.run()
    assert training.epoch < 400
    assert training.epoch == training.best_epoch + 5


def test_held_out_rows_are_never_trained_on():
    X, Y = toy()
    training = Training(X, Y, replace(SMALL, held_out=0.2), seed=0)
    held = set(training.held_out_rows.tolist())
    assert len(held) == 10
    used = []
    step = training._step
    training._step = lambda rows, done: (used.extend(rows.tolist()), step(rows, done))
    training.run()
    assert set(used) == set(range(50)) - held


def test_sparse_rows_train_as_dense_ones():
    X, Y = toy()
    X[X < 0.5] = 0.0
    dense = Training(X, Y, SMALL, seed=0)
    thin = Training(sparse.csr_matrix(X), Y, SMALL, seed=0)
    assert thin.variance == pytest.approx(dense.variance, rel=1e-5)
    dense.run()
    thin.run()
    assert torch.allclose(weights(dense), weights(thin), atol=1e-6)


@pytest.mark.parametrize(
    "calibration, feature_error", [(0.0, "absolute"), (1.0, "scaled squares")]
)
@pytest.mark.parametrize(
    "case",
    [
        "constant",
        "one positive",
        "equal labels",
        "short",
        "one label",
        "one feature",
        "wide labels",
        "one row",
        "huge",
    ],
)
def test_awkward_data_never_give_nan(case, calibration, feature_error):
    X, Y = toy()
    if case == "constant":
        X[:] = 3.0
    elif case == "one positive":
        Y[:] = 0
        Y[0, 0] = 1
    elif case == "equal labels":
        Y[:] = 1
    elif case == "short":
        X, Y = X[:5], Y[:5]
    elif case == "one label":
        Y = Y[:, :1]
    elif case == "one feature":
        X = X[:, :1]
    elif case == "wide labels":
        X, Y = X[:6], np.eye(6, 40, dtype=np.uint8)
    elif case == "one row":
        X, Y = X[:1], Y[:1]
    elif case == "huge":
        X *= 1e12
    settings = replace(
        SMALL, calibration_weight=calibration, feature_error=feature_error
    )
    training = Training(X, Y, settings, seed=0)
    training.run()
    assert all(np.isfinite(list(row.values())).all() for row in training.history)
    assert torch.isfinite(weights(training)).all()
    model = training.model()
    assert np.isfinite(model.decode(model.encode(X))[0]).all()


def test_progress_comes_at_every_epoch_and_at_least_twice_a_second(monkeypatch):
    monkeypatch.setattr("aemlo.samplers.aemlo.training.SECONDS_BETWEEN_CALLS", -1.0)
    X, Y = toy()
    calls = []
    Training(X, Y, SMALL, seed=0).run(lambda f, **v: calls.append((f, v)))
    fractions = [f for f, _ in calls]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert [v["epoch"] for _, v in calls if "total" in v] == [1, 2, 3, 4]
    assert len(calls) == 4 + 4 * 4  # four batches of at most 16 in 50 rows
    last = calls[-1][1]
    assert last["parent_labels"] == pytest.approx(Y.mean(axis=0).sum(), rel=1e-6)


def test_checkpoints_are_often_and_cheap(monkeypatch):
    from aemlo.samplers.aemlo import training as module

    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    saved = []

    def save(state):
        saved.append(now[0])
        now[0] += 0.05  # what saving costs

    saver = module._Saver(save, dict)
    for _ in range(400):
        now[0] += 0.5
        saver.save_if_due()
    gaps = np.diff(saved)
    assert gaps.max() <= 10.0
    assert 0.05 * len(saved) <= 0.011 * now[0]


def test_a_run_does_not_resume_on_other_data_or_settings(tmp_path):
    X, Y = toy()
    training = Training(X, Y, SMALL, seed=0)
    training.run()
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(training.state_dict(), path)
    state = load_checkpoint(path)
    with pytest.raises(RunError) as fault:
        Training(X, Y, replace(SMALL, latent_size=9), 0).load_state_dict(state)
    assert str(fault.value) == (
        "The run cannot be resumed with other settings: latent_size changed. "
        "Start a new run."
    )
    with pytest.raises(RunError) as fault:
        Training(X[:40], Y[:40], SMALL, 0).load_state_dict(state)
    assert str(fault.value) == (
        "The run cannot be resumed on this data set: it was started on 50 rows, "
        "7 features, 4 labels; this one has 40, 7, 4."
    )


def test_a_longer_run_goes_on_from_a_finished_one(tmp_path):
    X, Y = toy()
    short = Training(X, Y, SMALL, seed=0)
    short.run(checkpoint=lambda state: save_checkpoint(state, tmp_path / "c.pt"))
    longer = Training(X, Y, replace(SMALL, epochs=7), seed=0)
    longer.load_state_dict(load_checkpoint(tmp_path / "c.pt"))
    longer.run()
    assert [row["epoch"] for row in longer.history] == [1, 2, 3, 4, 5, 6, 7]
    assert longer.history[:4] == short.history


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_a_damaged_checkpoint_is_refused_in_words(tmp_path, content):
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content)
    with pytest.raises(RunError, match="checkpoint.pt: not a checkpoint that can be"):
        load_checkpoint(path)


def test_a_pickle_with_code_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "touched"), "w"))

    torch.save({"network": Evil()}, tmp_path / "checkpoint.pt")
    with pytest.raises(RunError):
        load_checkpoint(tmp_path / "checkpoint.pt")
    assert not (tmp_path / "touched").exists()


def test_a_rate_that_makes_the_loss_no_number_is_said(monkeypatch):
    X, Y = toy()
    training = Training(X, Y, SMALL, seed=0)
    monkeypatch.setattr(training, "_objective", lambda X, Y: _not_a_number(training, X))
    with pytest.raises(AemloError) as fault:
        training.run()
    assert str(fault.value) == (
        "AEMLO: the loss is not a number after the first epoch. Lower learning_rate, "
        "which is 0.001."
    )


def _not_a_number(training, X):
    from aemlo.samplers.aemlo.training import TERMS

    broken = training.network.encode_x(X).sum() * float("nan")
    return dict.fromkeys(TERMS, broken)


def test_device_cuda_without_one_is_refused():
    if torch.cuda.is_available():
        assert Training(*toy(), replace(SMALL, device="cuda"), 0).device.type == "cuda"
        return
    with pytest.raises(AemloError) as fault:
        Training(*toy(), replace(SMALL, device="cuda"), 0)
    assert str(fault.value) == (
        "AEMLO: device 'cuda' asked for, but there is none. Use 'auto' or 'cpu'."
    )


def test_one_cycle_rises_then_falls():
    settings = replace(SMALL, schedule="one-cycle", learning_rate=1e-3)
    rates = [learning_rate_at(done, settings) for done in np.linspace(0, 1, 101)]
    assert rates[0] == pytest.approx(1e-3 / 25)
    assert np.argmax(rates) == 30
    assert max(rates) == pytest.approx(1e-3)
    assert rates[-1] == pytest.approx(1e-7)
    assert {learning_rate_at(d, SMALL) for d in (0, 0.5, 1)} == {1e-3}


def test_wrong_pairs_is_scikit_learns_ranking_loss():
    from sklearn.metrics import label_ranking_loss

    rng = np.random.default_rng(0)
    Y = rng.integers(0, 2, (40, 6))
    scores = rng.random((40, 6))
    ranked = (Y.sum(axis=1) > 0) & (Y.sum(axis=1) < 6)
    expected = label_ranking_loss(Y[ranked], scores[ranked])
    found = wrong_pairs(torch.tensor(scores), torch.tensor(Y))
    assert found == pytest.approx(expected)


def test_memory_needed_grows_with_the_data_but_not_when_they_are_sparse():
    small, large = (memory_needed(n, 500, 20, SMALL) for n in (10_000, 110_000))
    assert large - small == 100_000 * (4 * 500 + 20)
    thin = [memory_needed(n, 500, 20, SMALL, is_sparse=True) for n in (10_000, 110_000)]
    assert thin[1] - thin[0] == 100_000 * 20


def test_memory_needed_counts_the_networks_weights():
    from aemlo.samplers.aemlo.settings import weight_count

    training = Training(*toy(), SMALL, seed=0)
    counted = sum(w.numel() for w in training.network.parameters())
    assert weight_count(7, 4, SMALL) == counted
