"""Which rows lie in balls around other rows."""

import numpy as np

from aemlo.arrays import Features, Mask, Matrix
from aemlo.neighbours.distances import SLACK, Distances


def inside_any(centres: Features, radius: Matrix, rows: Features | None = None) -> Mask:
    """Which of `rows` (m, d) lie in a ball around one of `centres` (n, d), (m,).

    `radius` (n,) as `neighbours` gives distances: the row that a radius reaches to is
    in the ball. With `rows` None the centres are asked, each about the other balls.
    Euclidean.
    """
    distances = Distances(centres, others=rows)
    inside = np.zeros(distances.shape[0], dtype=bool)
    squared = radius**2
    for part in distances.slices():
        numbers, error = distances.comparable(part)
        if rows is None:
            own = np.arange(part.start, part.stop)
            numbers[own - part.start, own] = np.inf
        slack = 2.0 * SLACK * squared + error[:, None]
        here = np.asarray((numbers < squared - slack).any(axis=1))
        # Pairs so close to a border that only their computed distance can tell.
        open_rows = np.flatnonzero(~here)
        border = numbers[open_rows] <= squared + slack[open_rows]
        row, column = np.nonzero(border)
        row = open_rows[row]
        settled = distances.settled(row + part.start, column, numbers[row, column])
        here[row[distances.as_distances(settled) <= radius[column]]] = True
        inside[part] = here
    return inside
