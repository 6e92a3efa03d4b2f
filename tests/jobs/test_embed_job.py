"""The embedding job on a small run: what it writes, keeps, reuses, and how it stops."""

import numpy as np
import pandas as pd
import pytest

from aemlo.dataset import Dataset, Feature
from aemlo.errors import RunError, Stopped
from aemlo.jobs.base import Job
from aemlo.jobs.kinds import embed
from aemlo.latent import neighbours, trained
from aemlo.store import Store

QUICK = {"epochs": 20, "n_neighbors": 8}


@pytest.fixture
def store(tmp_path, request, monkeypatch):
    # Compiled once for all tests: the first compilation takes half a minute.
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(request.config.cache.mkdir("numba")))
    return Store(tmp_path / "home")


@pytest.fixture(scope="module", autouse=True)
def no_process_is_left():
    yield
    if embed._process is not None:
        embed._process.end()
        embed._process = None


@pytest.fixture
def source(store):
    """A finished training run on 90 rows of two kinds, with 20 synthetic ones."""
    rng = np.random.default_rng(0)
    rare = np.arange(90) < 25
    X = np.column_stack([rng.normal(size=(90, 4)), rng.integers(0, 3, 90)])
    X[rare, 0] += 6.0
    Y = np.column_stack([np.ones(90), rare, rng.random(90) < 0.8]).astype(np.uint8)
    features = (*(Feature(f"f{j}") for j in range(4)),)
    features += (Feature("kind", "nominal", ("a", "b", "c")),)
    original = Dataset("small", X, Y, features, ("all", "rare", "most"))
    seeds = rng.integers(0, 25, size=20)
    made = X[seeds] + [[0.1, 0.1, 0, 0, 0]]
    made[0, 0] = -30.0
    resampled = Dataset(
        *("small", np.vstack([X, made]), np.vstack([Y, Y[seeds]])),
        *(features, original.label_names),
    )
    provenance = pd.DataFrame(
        {
            "origin": [*range(90), *([-1] * 20)],
            "parents": [()] * 90 + [(int(s),) for s in seeds],
            "label": [-1] * 90 + [1] * 20,
            "weight": [np.nan] * 90 + [0.0] * 20,
        }
    )
    key = store.add_dataset(original)
    run_id = store.enqueue("w" * 8, "train", "AEMLO", {"seed": 0}, key, "small")
    folder = store.folder(run_id)
    codes = resampled.X[:, :4] @ rng.normal(size=(4, 6))
    write_run(folder, resampled, provenance, codes)
    store.finish(run_id, "done", summary={}, error=None)
    return store.run(run_id)


def write_run(folder, resampled, provenance, codes):
    resampled.save(folder / "resampled")
    provenance.to_parquet(folder / "provenance.parquet")
    np.save(folder / "codes.npy", codes)


def job_of(store, source, **spec):
    run_id = store.enqueue(
        *(source.workspace, "embed", "Map", {"run": source.id, **QUICK, **spec}),
        *(source.dataset, "small"),
    )
    run = store.claim("worker")
    assert run.id == run_id
    return Job(run, store)


def finish(store, job):
    store.finish(job.run.id, "done", summary=job.summary, error=None)


def test_three_pictures_their_trust_and_all_that_is_said_of_the_rows(
    store, source, monkeypatch
):
    job = job_of(store, source)
    heard = []
    tell = job.on_progress

    def listen(fraction, message="", **values):
        heard.append((job.low + (job.high - job.low) * fraction, message))
        tell(fraction, message, **values)

    job.on_progress = listen
    embed.run(job)
    finish(store, job)
    fractions = [fraction for fraction, _ in heard]
    assert fractions == sorted(fractions)
    assert {"latent space: UMAP", "labels space: UMAP"} <= {said for _, said in heard}

    for space in trained.SPACES:
        picture = trained.frame(job.folder, space)
        assert picture["row"].tolist() == list(range(110))
        assert np.isfinite(picture[["x", "y"]]).all(axis=None)
        assert not picture["placed"].any()
        assert picture["trustworthiness"].between(0, 1).all()
        mean = picture["trustworthiness"].mean()
        assert job.summary["trust"][space][0] == pytest.approx(mean)
    latent = trained.frame(job.folder, "latent")
    near, _ = neighbours(latent[["x", "y"]].to_numpy(), 3)
    rare = trained.read(store.folder(source.id), job.dataset()).dataset.Y[:, 1] > 0
    assert rare[near[rare]].mean() > 0.9
    assert rare[near[~rare]].mean() < 0.1

    rows = trained.frame(job.folder, "rows").set_index("row")
    assert rows.loc[90, "outside"]
    assert rows["outside"].sum() == 1
    assert (
        rows.loc[90, "distance to nearest real row"]
        > rows[91:]["distance to nearest real row"].max()
    )
    probes = trained.frame(job.folder, "probes").set_index("label")
    assert probes.loc["rare", "auc"] > 0.9
    assert np.isnan(probes.loc["all", "auc"])
    assert np.load(job.folder / "directions.npy").shape == (3, 6)
    quality = trained.frame(job.folder, "quality")
    mine = quality[(quality["sampler"] == "AEMLO") & (quality["label"] == "")]
    outside = mine.set_index("measure").loc["outside", "value"]
    assert outside == pytest.approx(1 / 20)
    telling = trained.frame(job.folder, "telling")
    assert set(telling["feature"]) <= {"f0", "f1", "f2", "f3"} | {
        f"kind={c}" for c in "abc"
    }

    # The same picture asked for again, by its content, is not computed again.
    again = job_of(store, source)

    def not_again(*_, **__):
        raise AssertionError("computed twice")

    monkeypatch.setattr(embed.umap_process(store.home), "umap", not_again)
    monkeypatch.setattr(embed.quality, "report", not_again)
    embed.run(again)
    for name in ("latent", "features", "labels", "rows", "quality"):
        first = trained.frame(job.folder, name)
        assert first.equals(trained.frame(again.folder, name))


def test_a_picture_somebody_else_had_computed_is_not_computed_again(
    store, source, monkeypatch
):
    first = job_of(store, source)
    embed.run(first)
    finish(store, first)

    def not_again(*_, **__):
        raise AssertionError("computed twice")

    monkeypatch.setattr(embed.umap_process(store.home), "umap", not_again)
    spec = {"run": source.id, **QUICK}
    store.enqueue("a visitor", "embed", "Map", spec, source.dataset, "small")
    job = Job(store.claim("worker"), store)
    embed.run(job)
    for name in ("latent", "features", "labels", "rows", "quality"):
        frames = [trained.frame(one.folder, name) for one in (first, job)]
        assert frames[0].equals(frames[1])


def test_other_settings_give_another_picture_and_keep_the_rest(store, source):
    first = job_of(store, source)
    embed.run(first)
    finish(store, first)
    second = job_of(store, source, seed=1, dimensions=3, fit_rows=60)
    embed.run(second)
    picture = trained.frame(second.folder, "latent")
    assert {"x", "y", "z"} <= set(picture.columns)
    assert picture["placed"].sum() == 50
    assert second.summary["placed"] == 50
    # All 45 rows of the minority label are fitted, none of them placed.
    rare = trained.read(store.folder(source.id), store.dataset(source.dataset))
    assert not picture["placed"][rare.dataset.Y[:, 1] > 0].any()
    assert picture["trustworthiness"].isna().sum() == 50
    quality = trained.frame(second.folder, "quality")
    assert quality.equals(trained.frame(first.folder, "quality"))


def test_stop_ends_the_process_and_what_was_drawn_stays(store, source):
    job = job_of(store, source, epochs=1_000_000)
    tell = job.on_progress

    def stop_in_the_middle(fraction, message="", **values):
        if message == "latent space: UMAP" and fraction > 0.241:
            store.request(job.run.id, "stop")
            job._written_at = 0.0
        tell(fraction, message, **values)

    job.on_progress = stop_in_the_middle
    with pytest.raises(Stopped):
        embed.run(job)
    assert embed._process._running is None
    assert trained.frame(job.folder, "latent") is None


def test_a_run_that_decoded_nothing_is_said(store, source):
    (store.folder(source.id) / "codes.npy").unlink()
    with pytest.raises(RunError) as caught:
        embed.run(job_of(store, source))
    assert str(caught.value) == (
        "This run has no codes to look at: it ended before it had decoded rows. "
        "Resume it, or train again."
    )


def test_a_run_that_made_no_rows_is_drawn_and_not_judged(store, source):
    known = trained.read(store.folder(source.id), store.dataset(source.dataset))
    folder = store.folder(source.id)
    original = known.dataset.take(np.arange(90))
    write_run(folder, original, known.provenance.iloc[:90], known.codes[:90])
    job = job_of(store, source)
    embed.run(job)
    assert len(trained.frame(job.folder, "latent")) == 90
    assert not trained.frame(job.folder, "rows")["outside"].any()
    assert trained.frame(job.folder, "quality") is None
