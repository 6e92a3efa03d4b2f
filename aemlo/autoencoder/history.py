"""Losses and checks of a training run as JSON, and back."""

import numpy as np
import pandas as pd


def in_columns(frame):
    """A frame's columns as lists; JSON has no number for NaN and infinity: None."""
    known = np.isfinite(frame.to_numpy(dtype=float))
    return frame.astype(object).where(known, None).to_dict("list")


def from_columns(columns):
    """The frame that `in_columns` was given, epochs as whole numbers again."""
    frame = pd.DataFrame(columns, dtype=float)
    return frame.astype({"epoch": int}) if "epoch" in frame else frame
