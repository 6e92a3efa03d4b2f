"""Charts of resampled rows: the features of one row beside those of its parents."""

import pandas as pd

from aemlo.charts import resample as charts


def features(names=("a", "b")):
    columns = ["new row 9", "parent 1 (row 1)", "nearest real (row 2)"]
    values = dict.fromkeys(columns, [0.1] * len(names))
    return pd.DataFrame({"feature": names, **values}), columns


def test_the_legend_of_a_row_is_below_its_features_and_the_title_above():
    table, columns = features()
    layout = charts.beside(table, columns, "A title").layout
    # At the bottom edge of the picture, in a margin of more than two lines.
    legend = layout.legend
    assert (legend.yref, legend.y, legend.yanchor) == ("container", 0, "bottom")
    assert layout.margin.b >= 100


def test_a_long_title_is_broken_between_words_and_made_safe():
    table, columns = features()
    title = " ".join(["<word>"] * 30)
    lines = charts.beside(table, columns, title).layout.title.text.split("<br>")
    assert len(lines) > 1
    assert " ".join(lines) == " ".join(["&lt;word&gt;"] * 30)


def test_every_feature_has_a_line_of_its_own_height():
    two, columns = features()
    three, _ = features(("a", "b", "c"))
    heights = [charts.beside(t, columns, "A title").layout.height for t in (two, three)]
    assert heights[1] - heights[0] == 24
