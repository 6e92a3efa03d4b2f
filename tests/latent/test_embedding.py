"""PCA, UMAP, samples and trust: against formulas, scikit-learn and their properties."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse

from aemlo import latent
from aemlo.errors import DataError, Stopped
from aemlo.neighbours.distances import Distances


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="module")
def islands():
    """300 rows of 10 numbers in three far clusters, and the cluster of each row."""
    rng = np.random.default_rng(3)
    cluster = np.repeat([0, 1, 2], 100)
    return rng.normal(size=(300, 10)) + 12.0 * np.eye(3, 10)[cluster], cluster


def test_pca_keeps_as_much_variance_as_any_projection_can(rng):
    codes = rng.normal(size=(80, 6)) @ rng.normal(size=(6, 6))
    picture = latent.pca(codes, 2)
    best = np.linalg.svd(codes - codes.mean(axis=0), compute_uv=False)[:2] ** 2
    assert np.allclose((picture**2).sum(axis=0), best)
    assert np.allclose(picture.mean(axis=0), 0.0)


def test_pca_of_sparse_and_of_wide_codes_is_pca_of_the_same_numbers(rng, monkeypatch):
    codes = rng.normal(size=(60, 40)) * (rng.random((60, 40)) < 0.3)
    dense = latent.pca(codes, 3)
    assert np.allclose(latent.pca(sparse.csr_matrix(codes), 3), dense)
    monkeypatch.setattr("aemlo.latent.pictures.WIDE", 10)
    assert np.allclose(latent.pca(codes, 3), dense)
    assert np.allclose(latent.pca(sparse.csr_matrix(codes), 3), dense)


def test_pca_of_a_single_column_leaves_the_second_axis_empty():
    picture = latent.pca(np.array([[0.0], [1.0], [5.0]]), 2)
    assert picture.tolist() == [[-2.0, 0.0], [-1.0, 0.0], [3.0, 0.0]]


@pytest.mark.parametrize("metric", latent.METRICS)
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_distances_are_scipys(rng, metric, kind):
    from scipy.spatial.distance import cdist

    codes = (rng.random((30, 12)) < 0.5).astype(float)
    others = (rng.random((9, 12)) < 0.5).astype(float)
    if metric != "jaccard":
        codes, others = codes * 2.5, others * 0.5
    found = Distances(kind(codes), metric, kind(others)).block(slice(0, 9))
    if metric == "jaccard":
        expected = cdist(others.astype(bool), codes.astype(bool), metric)
    else:
        expected = cdist(others, codes, metric)
    assert np.allclose(found, expected)


def test_an_unknown_metric_is_named_with_those_there_are():
    with pytest.raises(DataError) as caught:
        Distances(np.eye(3), "manhattan")
    assert str(caught.value) == (
        "metric must be one of ('euclidean', 'cosine', 'jaccard'), got 'manhattan'."
    )


def test_neighbours_leave_the_row_itself_out_and_settle_ties_by_position():
    line = np.array([[0.0], [1.0], [2.0], [3.0], [1.0]])
    nearest, far = latent.neighbours(line, 3)
    assert nearest[0].tolist() == [1, 4, 2]
    assert far[0].tolist() == [1.0, 1.0, 2.0]
    assert nearest[2].tolist() == [1, 3, 4]
    assert nearest[1].tolist() == [4, 0, 2]


def test_neighbours_found_in_small_blocks_are_the_same(rng, monkeypatch):
    codes = rng.normal(size=(50, 4))
    whole = latent.neighbours(codes, 5)
    monkeypatch.setattr("aemlo.neighbours.distances.BLOCK", 120)
    parts = latent.neighbours(codes, 5)
    assert np.array_equal(whole[0], parts[0])


def test_more_neighbours_than_rows_is_said():
    with pytest.raises(DataError) as caught:
        latent.neighbours(np.eye(4), 4)
    assert str(caught.value) == "4 neighbours asked for, but there are 3 rows."


def test_trustworthiness_is_scikit_learns_and_its_rows_average_to_it(rng):
    from sklearn.manifold import trustworthiness

    codes = rng.normal(size=(120, 8))
    for picture in (codes[:, :2], rng.normal(size=(120, 2))):
        for k in (1, 5, 20):
            trust = latent.trust(codes, picture, k)
            expected = trustworthiness(codes, picture, n_neighbors=k)
            assert trust.overall[0] == pytest.approx(expected, abs=1e-12)


def test_preservation_is_the_share_of_neighbours_that_stay():
    codes = np.array([[0.0], [1.0], [2.1], [3.3], [4.6], [6.0]])
    order = [0, 3, 1, 4, 2, 5]
    picture = np.arange(6.0)[np.argsort(order)][:, None]
    trust = latent.trust(codes, picture, k=2)
    near, _ = latent.neighbours(codes, 2)
    shown, _ = latent.neighbours(picture, 2)
    shares = [len(set(a) & set(b)) / 2 for a, b in zip(near, shown, strict=True)]
    assert trust.preservation.tolist() == shares
    assert len(set(shares)) > 1


def test_a_perfect_picture_is_trusted_fully_and_a_torn_point_least(islands):
    codes, _ = islands
    perfect = latent.trust(codes, codes, k=10)
    assert perfect.overall == (1.0, 1.0)
    torn = codes.copy()
    torn[0] = codes[250]
    trust = latent.trust(codes, torn, k=10)
    assert trust.trustworthiness.argmin() == 0


def test_rows_that_tie_share_the_best_rank():
    codes = np.zeros((10, 2))
    trust = latent.trust(codes, np.arange(10.0)[:, None], k=2)
    assert trust.overall == (1.0, 1.0)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_trust_counts_ranks_by_exact_distances_however_far_the_rows_are(rng, kind):
    """Products of such large numbers are off by more than the distances."""
    near = np.rint(1000 * rng.normal(size=(60, 3)))
    picture = rng.normal(size=(60, 2))
    expected = latent.trust(near, picture, 5)
    trust = latent.trust(kind(near + 1e12), picture, 5)
    assert np.array_equal(trust.trustworthiness, expected.trustworthiness)
    assert np.array_equal(trust.preservation, expected.preservation)
    assert 0 < expected.overall[0] < 1


def test_trust_needs_a_neighbourhood_smaller_than_half():
    with pytest.raises(DataError) as caught:
        latent.trust(np.eye(10), np.eye(10), k=5)
    assert str(caught.value) == "Trust in a picture of 10 rows needs k below 5: 5."


def test_umap_separates_islands_repeats_itself_and_reports_each_step(islands):
    codes, cluster = islands
    seen = []

    def look(fraction, **values):
        seen.append((fraction, values.get("epoch")))

    first = latent.umap(codes, epochs=60, seed=4, on_progress=look)
    second = latent.umap(codes, epochs=60, seed=4)
    assert np.array_equal(first, second)
    assert first.shape == (300, 2)
    nearest, _ = latent.neighbours(first, 5)
    assert (cluster[nearest] == cluster[:, None]).all()
    assert [f for f, _ in seen] == sorted(f for f, _ in seen)
    assert seen[0][0] == 0.0
    assert seen[-1] == (1.0, 60)


def test_umap_is_umap_learns_own_result_for_the_same_arguments(islands):
    import warnings

    from sklearn.neighbors import NearestNeighbors
    from umap import UMAP

    codes, _ = islands
    far, near = NearestNeighbors(n_neighbors=15).fit(codes).kneighbors(codes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alone = UMAP(
            precomputed_knn=(near, far.astype(np.float32)),
            init="pca",
            n_epochs=100,
            random_state=0,
            n_jobs=1,
        ).fit_transform(codes.astype(np.float32))
    ours = latent.umap(codes, epochs=100, seed=0)
    theirs = latent.trust(codes, alone, 10).overall[0]
    assert latent.trust(codes, ours, 10).overall[0] == pytest.approx(theirs, abs=0.01)


def test_umap_of_labels_by_jaccard_puts_equal_labelsets_together(rng):
    Y = np.eye(4)[rng.integers(0, 4, 80)]
    picture = latent.umap(Y, 10, epochs=50, metric="jaccard", dimensions=3)
    assert picture.shape == (80, 3)
    nearest, _ = latent.neighbours(picture, 3)
    assert (Y[nearest] == Y[:, None, :]).all()


def test_umap_stops_where_progress_says_so(islands):
    codes, _ = islands
    calls = []

    def stop(fraction, **values):
        calls.append(values)
        if values.get("epoch", 0) > 0:
            raise Stopped

    with pytest.raises(Stopped):
        latent.umap(codes, epochs=50_000, on_progress=stop)
    assert calls[-1]["epoch"] < 50_000
    assert sum(values.get("epoch", 0) > 0 for values in calls) == 1


def test_umap_of_too_few_rows_is_refused():
    with pytest.raises(DataError) as caught:
        latent.umap(np.eye(3))
    assert str(caught.value) == "UMAP needs at least 4 rows, got 3."


def test_every_minority_row_is_in_the_sample_and_strata_keep_their_share(rng):
    Y = np.zeros((2000, 4), dtype=np.uint8)
    Y[:1200, 0] = 1
    Y[1200:1800, 1] = 1
    Y[1800:1970, 2] = 1
    Y[1970:, 3] = 1
    synthetic = np.arange(2000) % 4 == 0
    rows = latent.stratified(Y, synthetic, 500, rng)
    assert len(rows) == len(set(rows)) == 500
    assert latent.rare_rows(Y).sum() == 30
    assert set(range(1970, 2000)) <= set(rows)
    assert Y[rows, 0].sum() == pytest.approx(470 * 1200 / 1970, abs=2)
    ordinary = rows[rows < 1970]
    assert synthetic[ordinary].mean() == pytest.approx(0.25, abs=0.01)


def test_where_minority_rows_are_too_many_the_rarest_stay(rng):
    Y = np.zeros((300, 3), dtype=np.uint8)
    Y[:, 0] = 1
    Y[:12, 1] = 1
    Y[12:20, 2] = 1
    assert set(latent.stratified(Y, np.zeros(300, bool), 8, rng)) == set(range(12, 20))


def test_rarest_first_orders_by_the_rarest_label(rng):
    Y = np.array([[1, 0, 0]] * 90 + [[1, 1, 0]] * 5 + [[1, 0, 1]] * 4)
    order = latent.rarest_first(Y, rng)
    assert set(order[:4]) == {95, 96, 97, 98}
    assert set(order[4:9]) == set(range(90, 95))
    assert sorted(order) == list(range(99))


def test_a_row_without_labels_is_neither_rare_nor_lost(rng):
    Y = np.zeros((5, 2), dtype=np.uint8)
    assert not latent.rare_rows(Y).any()
    assert sorted(latent.rarest_first(Y, rng)) == [0, 1, 2, 3, 4]


def test_rows_left_out_go_to_the_weighted_mean_of_their_nearest_fitted_rows():
    codes = np.array([[0.0], [3.0], [100.0], [1.0], [3.0]])
    picture = np.array([[0.0, 0.0], [9.0, 0.0], [50.0, 50.0]])
    placed = latent.place(codes, [0, 1, 2], picture, k=2)
    # Row 3 is at 1 from row 0 and at 2 from row 1: weights 2/3 and 1/3.
    assert placed[3] == pytest.approx([3.0, 0.0])
    assert placed[4] == pytest.approx([9.0, 0.0], abs=1e-6)
    assert np.array_equal(placed[:3], picture)


def test_the_process_fits_reports_fails_and_is_ended_by_stop(
    islands, request, monkeypatch
):
    # Compiled once for all tests: a compilation takes half a minute.
    folder = request.config.cache.mkdir("numba")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    codes, _ = islands
    process = latent.UmapProcess(folder)
    seen = []
    picture = process.umap(
        codes, epochs=20, on_progress=lambda fraction, **values: seen.append(fraction)
    )
    assert picture.shape == (300, 2)
    assert np.array_equal(picture, latent.umap(codes, epochs=20))
    assert seen[-1] > 0
    with pytest.raises(DataError, match="UMAP needs at least 4 rows, got 2."):
        process.umap(codes[:2])

    def stop(fraction, **values):
        if fraction > 0.3:
            raise Stopped

    with pytest.raises(Stopped):
        process.umap(codes, epochs=10_000_000, on_progress=stop)
    assert process._running is None


def test_importing_the_package_loads_neither_umap_nor_scikit_learn():
    code = (
        "import sys, aemlo.latent; "
        "print(sorted({'umap', 'numba', 'sklearn', 'torch'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
