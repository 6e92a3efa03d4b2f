"""Distances between rows, a block at a time or pair by pair, and when two are equal.

Ties are settled by the row number, so it must be certain which distances tie. The
product of matrices that makes a block fast leaves noise in the last bits, and the noise
differs from block to block. Therefore:

- Rows of whole numbers (binary ones too) and Jaccard distances are exact in a block:
  every intermediate number is a whole number below 2^31.
- For all other rows a block gives approximations, with a bound of their error. Pairs
  that the bound leaves open are computed anew, as the sum of the squared differences of
  the two rows, and rounded to 32 bits (about ten digits). Distances that agree in ten
  digits are equal. So a distance depends on its two rows alone, not on the other rows,
  on the block, or on whether the rows are stored dense or sparse.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from aemlo.arrays import Features, Mask, Matrix, Rows
from aemlo.errors import DataError
from aemlo.progress import no_progress

METRICS = ("euclidean", "cosine", "jaccard")

BLOCK = 1_000_000  # distances of one block: 8 MB
FEWEST_ROWS = 256  # below this a product of matrices is slow; then up to 4 BLOCK
MULTIPLICATIONS = 1_000_000_000  # of one block: less than half a second
LARGEST_WHOLE = 2.0**31  # sums of squares below it are exact, and keep their value
LARGEST = 1e150  # the square of a longer row overflows
ROUNDING = 2.0**21 + 1.0  # leaves 53 - 21 = 32 bits of a number
SLACK = 2.0**-30  # more than rounding to 32 bits can move a number, relatively
# For a first look in single precision, which holds whole numbers below 2^24.
LARGEST_WHOLE_32 = 2.0**24
SIZES_32 = (1e-20, 1e30)  # of the longest row, squared: nothing over- or underflows
DENSE_CELLS = 16_000_000  # of sparse rows made dense: 64 MB


class Distances:
    """Distances from rows of `others` (m, d) to all rows of `codes` (n, d).

    `metric` is "euclidean", "cosine" (1 - cosine; a row of zeros is at 1 from all
    others) or "jaccard" (of rows of 0 and 1; two empty rows are at 0). `others` None
    stands for `codes`. NumPy or CSR; computed in double precision. Raises DataError for
    another metric, for values that are not finite and, with "jaccard", for values other
    than 0 and 1.
    """

    def __init__(
        self,
        codes: Features,
        metric: str = "euclidean",
        others: Features | None = None,
    ) -> None:
        if metric not in METRICS:
            raise DataError(f"metric must be one of {METRICS}, got {metric!r}.")
        self.metric = metric
        self._codes, self._size = _prepared(codes, metric)
        self._others, self._other_size = self._codes, self._size
        if others is not None:
            self._others, self._other_size = _prepared(others, metric)
        self._exact = metric == "jaccard" or (
            metric == "euclidean" and all(_is_whole(*each) for each in self._sides())
        )
        self._block: Matrix | None = None  # where a first look puts its numbers
        self._set_up_products()

    def _sides(self) -> list[tuple[Features, NDArray[Any]]]:
        sides = [(self._codes, self._size), (self._others, self._other_size)]
        return sides[:1] if self._others is self._codes else sides

    def _set_up_products(self) -> None:
        """What the products of matrices need, and the bound of their error.

        Dense rows with two more columns, (b, 1, |b|^2), times (-2 a, |a|^2, 1) are the
        squared distances. Rows that are not whole numbers are centred first, which
        makes the error small where all rows are far from the origin.
        """
        self._centre, self._wide = None, None
        size, other_size = self._size, self._other_size
        dense = not (sparse.issparse(self._codes) or sparse.issparse(self._others))
        if dense and self.metric != "jaccard":
            centred = self._codes
            if self.metric == "euclidean" and not self._exact and len(self._codes):
                self._centre = self._codes.mean(axis=0)
                centred = self._codes - self._centre
                size = np.einsum("ij,ij->i", centred, centred)
            n, d = centred.shape
            self._wide = np.empty((n, d + 2))
            self._wide[:, :d] = centred
            self._wide[:, d] = 1.0
            self._wide[:, d + 1] = size
        self._product_size, self._largest = other_size, size.max(initial=0.0)
        self._terms = self._codes.shape[1] + 10
        self._unit = 0.0 if self._exact else 2.0 * self._terms * np.finfo(float).eps

    @property
    def shape(self) -> tuple[int, int]:
        """(rows measured from, rows measured to)."""
        return self._others.shape[0], self._codes.shape[0]

    def block(self, rows: "slice | Rows") -> Matrix:
        """Distances (len(rows), n) of the rows `rows` (a slice or positions).

        Good to about ten digits; a distance within the error of 0 is 0.
        """
        numbers, error = self.comparable(rows)
        if not self._exact:
            numbers *= numbers > error[:, None]
            numbers = self._rounded(numbers)
        return self.as_distances(numbers)

    def slices(
        self, on_progress: Callable[..., object] = no_progress
    ) -> Iterator[slice]:
        """Slices of the rows measured from, one block each, saying how far it is."""
        m, n = self.shape
        cells = _stored(self._codes)
        step = min(max(BLOCK // max(n, 1), FEWEST_ROWS), 4 * BLOCK // max(n, 1))
        step = max(1, min(step, MULTIPLICATIONS // max(cells, 1)))
        for start in range(0, m, step):
            rows = slice(start, min(start + step, m))
            yield rows
            on_progress(rows.stop / m)

    def comparable(self, rows: "slice | Rows") -> tuple[Matrix, Matrix]:
        """Numbers (len(rows), n) that are ordered as the distances are, and by how much
        those of each row may be off (len(rows),).

        Squared distances for "euclidean", distances for the other metrics.
        """
        size, part = self._other_size[rows], self._others[rows]
        if self._wide is not None:
            numbers, size = self._dense_products(part, size, self._wide)
        else:
            numbers = _product(part, self._codes)
            if self.metric == "jaccard":
                union = size[:, None] + self._size - numbers
                numbers = 1.0 - np.divide(
                    numbers, union, out=np.ones_like(numbers), where=union > 0
                )
            else:
                numbers *= -2.0 if self.metric == "euclidean" else -1.0
                numbers += size[:, None]
                numbers += self._size
        return numbers, self._unit * (size + self._largest)

    def _dense_products(
        self, part: Matrix, size: Matrix, all_wide: Matrix
    ) -> tuple[Matrix, Matrix]:
        if self._centre is not None:
            part = part - self._centre
            size = np.einsum("ij,ij->i", part, part)
        d = part.shape[1]
        wide = np.empty((len(part), d + 2))
        wide[:, :d] = part
        wide[:, :d] *= -2.0 if self.metric == "euclidean" else -1.0
        wide[:, d] = size
        wide[:, d + 1] = 1.0
        return wide @ all_wide.T, size

    @cached_property
    def _first(self) -> Matrix | None:
        """`codes` turned round (d + 1, n), times -2 or -1, with their sizes below.

        In single precision; None where that holds too little. Of dense rows the mean is
        subtracted, as in `_set_up_products`.
        """
        n, d = self._codes.shape
        largest = max(self._largest, self._product_size.max(initial=0.0))
        low, high = SIZES_32
        fits = 4.0 * largest < LARGEST_WHOLE_32 if self._exact else low < largest < high
        codes = self._codes
        sparse_codes = None if isinstance(codes, np.ndarray) else codes
        small = sparse_codes is not None and n * d <= DENSE_CELLS
        if (
            self.metric == "jaccard"
            or not fits
            or not (small or self._wide is not None)
        ):
            return None
        factor = -2.0 if self.metric == "euclidean" else -1.0
        turned = np.zeros((d + 1, n), dtype=np.float32)
        if self._wide is not None:
            np.multiply(
                self._wide[:, :d].T, factor, out=turned[:d], casting="same_kind"
            )
            turned[d] = self._wide[:, d + 1]
        elif sparse_codes is not None:
            by_column = sparse_codes.T * np.float32(factor)
            by_column.astype(np.float32).toarray(out=turned[:d])
            turned[d] = self._size
        return turned

    def first_look(self, rows: slice) -> tuple[Matrix, Matrix] | None:
        """As `comparable`, but less the size of the row measured from, and quicker.

        In single precision, so the error is larger; None where that is not enough. The
        next look may overwrite the numbers.
        Whole numbers are exact here too.
        """
        turned = self._first
        if turned is None:
            return None
        part, size = self._others[rows], self._other_size[rows]
        if isinstance(part, np.ndarray):
            if self._centre is not None:
                part = part - self._centre
                size = np.einsum("ij,ij->i", part, part)
            wide = np.ones((len(part), turned.shape[0]), dtype=np.float32)
            wide[:, :-1] = part
            # Memory of its own for every block would cost as much as the product.
            if self._block is None or len(self._block) < len(wide):
                self._block = np.empty((len(wide), turned.shape[1]), dtype=np.float32)
            numbers = np.matmul(wide, turned, out=self._block[: len(wide)])
        else:
            numbers = np.asarray(part.astype(np.float32) @ turned[:-1])
            numbers += turned[-1]
        unit = 2.0 * self._terms * np.finfo(np.float32).eps + 2.0 * SLACK
        unit = 0.0 if self._exact else unit
        return numbers, unit * (size + self._largest)

    def settled_after(self, row: Rows, column: Rows, numbers: Matrix) -> Matrix:
        """As `settled`, of the numbers of a first look."""
        if self._exact:
            return numbers.astype(float) + self._other_size[row]
        return self._computed(row, column)

    def limit(self, numbers: Matrix, error: Matrix) -> Matrix:
        """The largest number that may, in truth, be no larger than `numbers` are."""
        if self._exact:
            return numbers
        # Cosines are rounded to a fixed step, squared distances relatively.
        rounding = SLACK if self.metric == "cosine" else SLACK * np.abs(numbers)
        return numbers + rounding + 2.0 * error

    def settled(self, row: Rows, column: Rows, numbers: Matrix) -> Matrix:
        """The `comparable` numbers of pairs (p,), equal where distances are equal.

        `row` and `column` are positions in `others` and `codes`, `numbers` what a block
        gave for them.
        """
        return numbers if self._exact else self._computed(row, column)

    def _computed(self, row: Rows, column: Rows) -> Matrix:
        """Numbers of pairs from the differences of the rows, rounded to 32 bits."""
        numbers = np.empty(len(row))
        width = max(1, _stored(self._codes) // max(self._codes.shape[0], 1))
        step = max(1, BLOCK // width)
        for start in range(0, len(row), step):
            part = slice(start, start + step)
            away = self._others[row[part]] - self._codes[column[part]]
            numbers[part] = _sums(away, squared=True)
        if self.metric == "cosine":
            numbers /= 2.0
            numbers[self._empty(self._others)[row]] = 1.0
            numbers[self._empty(self._codes)[column]] = 1.0
        return self._rounded(numbers)

    def _empty(self, rows: Features) -> Mask:
        return _sums(rows, squared=True) == 0.0

    def _rounded(self, numbers: Matrix) -> Matrix:
        """Numbers rounded to 32 bits, by two subtractions (Veltkamp, 1968).

        Cosines are rounded to 2^-32, for parallel rows differ by noise alone.
        """
        if self.metric == "cosine":
            return np.rint(numbers * 2.0**32) / 2.0**32
        scaled = numbers * ROUNDING
        return scaled - (scaled - numbers)

    def as_distances(self, numbers: Matrix) -> Matrix:
        """The distances that `comparable` or `settled` numbers stand for."""
        return np.sqrt(numbers) if self.metric == "euclidean" else numbers


def _prepared(codes: Features, metric: str) -> tuple[Features, Matrix]:
    """Rows in double precision (of length 1 for "cosine") and what a sum of two has.

    That is the sum of squares ("euclidean"), of values ("jaccard"), or 1/2 ("cosine").
    """
    if sparse.issparse(codes):
        codes = sparse.csr_matrix(codes, dtype=float)
    else:
        codes = np.asarray(codes, dtype=float)
    with np.errstate(over="ignore"):
        squares = _sums(codes, squared=True)
    usable = squares < LARGEST**2
    if not usable.all():
        row = np.flatnonzero(~usable)[0]
        raise DataError(
            f"Row {row} has a value that is missing, infinite or above 1e150: its "
            "distances are not defined. Replace the value, or leave the row out."
        )
    if metric == "euclidean":
        return codes, squares
    if metric == "jaccard":
        if not np.isin(_values(codes), (0.0, 1.0)).all():
            raise DataError(
                'The metric "jaccard" compares rows of 0 and 1, and there are other '
                "values. Choose another metric."
            )
        return codes, _sums(codes, squared=False)
    length = np.sqrt(squares)
    scale = (1.0 / np.where(length > 0, length, 1.0))[:, None]
    if isinstance(codes, np.ndarray):
        unit = codes * scale
    else:
        unit = sparse.csr_matrix(codes.multiply(scale))
    return unit, np.full(codes.shape[0], 0.5)


def _is_whole(codes: Features, squares: Matrix) -> bool:
    """Whether products and sums of these rows are exact: whole numbers, not large."""
    if 4.0 * squares.max(initial=0.0) >= LARGEST_WHOLE:
        return False
    values = _values(codes)
    # Mostly the first values answer already.
    return all(np.array_equal(some, np.rint(some)) for some in (values[:1], values))


def _values(codes: Features) -> Matrix:
    """The values that are stored."""
    return codes if isinstance(codes, np.ndarray) else codes.data


def _stored(codes: Features) -> int:
    """Multiplications of one row with all rows: the values that are stored."""
    return codes.size if isinstance(codes, np.ndarray) else codes.nnz


def _product(part: Features, codes: Features) -> Matrix:
    product = part @ codes.T
    return product if isinstance(product, np.ndarray) else product.toarray()


def _sums(rows: Features, squared: bool) -> Matrix:
    """Sums over each row (m,), of the squares or of the values."""
    if not isinstance(rows, np.ndarray):
        part = rows.multiply(rows) if squared else rows
        return np.asarray(part.sum(axis=1), dtype=float).ravel()
    return np.einsum("ij,ij->i", rows, rows) if squared else rows.sum(axis=1)
