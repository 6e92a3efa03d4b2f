"""What a button hands out: frames as CSV that a spreadsheet cannot run, figures."""

import io

import pandas as pd

from aemlo.formats.delimited_write import neutral


def csv_bytes(frame):
    """`frame` as UTF-8 CSV; text a spreadsheet would run as a formula gets a `'`."""
    safe = pd.DataFrame(frame).copy()
    safe.columns = [_neutral(str(name)) for name in safe.columns]
    for place, kind in enumerate(safe.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            column = safe.iloc[:, place].astype(object).map(_neutral)
            safe.isetitem(place, column)
    output = io.StringIO()
    safe.to_csv(output, index=False)
    return output.getvalue().encode("utf-8")


def _neutral(value):
    return neutral(value) if isinstance(value, str) else value


def figure_html(figure):
    """`figure` as one HTML page that works without a network."""
    return figure.to_html(include_plotlyjs=True, full_html=True).encode("utf-8")
