"""AEMLO's loss terms against the formulas written out, row by row, in double."""

import numpy as np
import pytest
import torch

from aemlo.samplers.aemlo.losses import latent_loss, ranking_loss, reconstruction_loss

DOUBLE = {"dtype": torch.float64, "relative": 1e-5}
SINGLE = {"dtype": torch.float32, "relative": 1e-3}
PRECISIONS = pytest.mark.parametrize("precision", [DOUBLE, SINGLE], ids=["f64", "f32"])


def latent_written_out(E_x, E_y, weight):
    def to_identity(E):
        total = 0.0
        for a in range(E.shape[1]):
            for b in range(E.shape[1]):
                total += (sum(E[:, a] * E[:, b]) - (a == b)) ** 2
        return total

    apart = sum((E_x[i, k] - E_y[i, k]) ** 2 for i, k in np.ndindex(E_x.shape))
    return apart + weight * (to_identity(E_x) + to_identity(E_y))


def ranking_written_out(S, Y):
    total = 0.0
    for s, y in zip(S, Y, strict=True):
        present, absent = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
        with np.errstate(over="ignore"):
            pairs = sum(np.exp(-(s[p] - s[r])) for p in present for r in absent)
        if np.isfinite(pairs):
            total += pairs / (len(present) * len(absent) + 1e-4)
    return total


def reconstruction_written_out(X_hat, X):
    B, total = len(X), 0.0
    for i in range(B):
        for j in range(B):
            real = ((X[i] - X[j]) ** 2).sum()
            decoded = ((X_hat[i] - X_hat[j]) ** 2).sum()
            total += (real - decoded) ** 2
    pairs = B * (B - 1)
    return np.abs(X_hat - X).mean() + (total / pairs if pairs else 0.0)


def tensors(precision, *arrays):
    """The arrays in the precision asked for, and, as seen there, in double again."""
    made = [torch.tensor(a, dtype=precision["dtype"]) for a in arrays]
    return made, [t.double().numpy() for t in made]


@PRECISIONS
@pytest.mark.parametrize("B, size", [(7, 3), (3, 7), (5, 5), (1, 4), (30, 11)])
def test_latent_loss_is_the_formula(B, size, precision):
    rng = np.random.default_rng(B + size)
    made, seen = tensors(precision, *rng.normal(size=(2, B, size)))
    expected = latent_written_out(*seen, 0.1)
    found = latent_loss(*made, 0.1).item()
    assert found == pytest.approx(expected, rel=precision["relative"])


def test_latent_loss_of_equal_orthonormal_codes_is_what_the_rank_lacks():
    E, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))
    codes = torch.tensor(E)
    assert latent_loss(codes, codes, 0.1).item() == pytest.approx(0, abs=1e-12)
    # Four rows cannot fill six dimensions: two ones are missing from each E'E.
    assert latent_loss(codes[:4], codes[:4], 0.1).item() == pytest.approx(0.4)


@PRECISIONS
@pytest.mark.parametrize("spread", [0.1, 1.0, 8.0])
def test_ranking_loss_is_the_formula(spread, precision):
    rng = np.random.default_rng(3)
    made, seen = tensors(
        precision, rng.normal(0, spread, (20, 9)), rng.integers(0, 2, (20, 9))
    )
    expected = ranking_written_out(*seen)
    assert ranking_loss(*made).item() == pytest.approx(
        expected, rel=precision["relative"]
    )


def test_ranking_loss_by_hand():
    # One pair p, r with s_p - s_r = log 2: exp(-log 2) / (1 + 1e-4) = 0.5 / 1.0001.
    S = torch.tensor([[np.log(2.0), 0.0]], dtype=torch.float64)
    Y = torch.tensor([[1.0, 0.0]])
    assert ranking_loss(S, Y).item() == pytest.approx(0.5 / 1.0001)


@pytest.mark.parametrize("row", [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
def test_rows_with_all_or_no_labels_count_nothing(row):
    S = torch.randn(2, 3, generator=torch.Generator().manual_seed(0))
    S.requires_grad_()
    other = torch.tensor([1.0, 0.0, 0.0])
    both = ranking_loss(S, torch.stack([torch.tensor(row), other]))
    alone = ranking_loss(S[1:], other[None])
    assert both.item() == pytest.approx(alone.item())
    ranking_loss(S, torch.tensor([row, row])).backward()
    assert torch.equal(S.grad, torch.zeros(2, 3))


@pytest.mark.parametrize("dtype, gap", [(torch.float32, 100.0), (torch.float64, 800.0)])
def test_a_row_that_overflows_counts_nothing_and_has_no_gradient(dtype, gap):
    S = torch.tensor([[0.0, gap], [0.0, 1.0]], dtype=dtype, requires_grad=True)
    Y = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    loss = ranking_loss(S, Y)
    loss.backward()
    assert loss.item() == pytest.approx(np.e / 1.0001, rel=1e-5)
    assert S.grad[0].tolist() == [0.0, 0.0]
    assert torch.isfinite(S.grad).all()


@PRECISIONS
@pytest.mark.parametrize("noise", [1.0, 1e-1, 1e-3, 1e-5])
def test_reconstruction_loss_is_the_formula_also_when_nearly_reconstructed(
    noise, precision
):
    rng = np.random.default_rng(5)
    X = rng.random((16, 40)) + 3.0
    made, seen = tensors(precision, X + noise * rng.normal(size=X.shape), X)
    expected = reconstruction_written_out(*seen)
    found = reconstruction_loss(*made).item()
    assert found == pytest.approx(expected, rel=precision["relative"])


@PRECISIONS
def test_distance_part_alone_keeps_its_digits(precision):
    """The second part is tiny beside the first where rows are nearly reconstructed."""
    from aemlo.samplers.aemlo.losses import distance_error

    rng = np.random.default_rng(6)
    X = rng.random((16, 40))
    made, seen = tensors(precision, X + 1e-4 * rng.normal(size=X.shape), X)
    expected = reconstruction_written_out(*seen) - np.abs(seen[0] - seen[1]).mean()
    assert distance_error(*made).item() == pytest.approx(
        expected, rel=precision["relative"]
    )


def test_reconstruction_of_one_row_has_no_pairs():
    X_hat, X = torch.tensor([[0.5, 0.0]]), torch.tensor([[0.0, 0.0]])
    assert reconstruction_loss(X_hat, X).item() == pytest.approx(0.25)


@pytest.mark.parametrize("term", ["latent", "latent wide", "ranking", "reconstruction"])
def test_gradients_are_those_of_finite_differences(term):
    generator = torch.Generator().manual_seed(1)

    def draw(*shape):
        return torch.randn(
            *shape, dtype=torch.float64, generator=generator
        ).requires_grad_()

    Y = torch.tensor([[1, 0, 1, 0], [0, 0, 0, 1], [1, 1, 1, 1]], dtype=torch.float64)
    call = {
        "latent": (lambda a, b: latent_loss(a, b, 0.1), draw(5, 3), draw(5, 3)),
        "latent wide": (lambda a, b: latent_loss(a, b, 0.1), draw(3, 5), draw(3, 5)),
        "ranking": (lambda s: ranking_loss(s, Y), draw(3, 4)),
        "reconstruction": (reconstruction_loss, draw(4, 6), draw(4, 6)),
    }[term]
    assert torch.autograd.gradcheck(call[0], call[1:], eps=1e-6, atol=1e-6)
