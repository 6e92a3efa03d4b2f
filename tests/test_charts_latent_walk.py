"""Charts of a walk: one line a label or feature, the watched one strong."""

import numpy as np
import pandas as pd

from aemlo.charts import latent_walk


def test_a_walk_is_one_line_a_label_with_the_watched_one_strong():
    frame = pd.DataFrame(
        {
            "position": np.repeat([0.0, 0.5, 1.0], 2),
            "label": ["one", "two"] * 3,
            "score": [0.1, 0.9, 0.2, 0.8, 0.3, 0.7],
        }
    )
    figure = latent_walk.walk_lines(
        *(frame, "label", "score", "title", "x", "y"), emphasised="two", at=0.5
    )
    lines = {trace.name: trace for trace in figure.data}
    assert list(lines["two"].y) == [0.9, 0.8, 0.7]
    assert lines["two"].line.width > lines["one"].line.width
    assert figure.layout.shapes[0].x0 == 0.5
