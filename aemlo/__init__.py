"""AEMLO Studio's library: see, repair and judge label imbalance."""

__version__ = "0.1.0"
