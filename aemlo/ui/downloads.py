"""What a button hands out: frames as CSV that a spreadsheet cannot run, figures."""

from aemlo.tables import csv_bytes

__all__ = ["csv_bytes", "figure_html"]


def figure_html(figure):
    """`figure` as one HTML page that works without a network."""
    return figure.to_html(include_plotlyjs=True, full_html=True).encode("utf-8")
