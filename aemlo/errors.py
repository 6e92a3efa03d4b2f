"""What a user can put right, and how work is asked to stop."""


class AemloError(ValueError):
    """A message for the user: the thing, the rule, the value and the way out."""


class ParameterError(AemloError):
    """A setting outside its range, or one that does not exist."""


class DataError(AemloError):
    """A file or data set that cannot be used as it is."""


class RunError(AemloError):
    """A stored run that does not exist, is busy, or does not fit the data set."""


class MissingExtraError(AemloError):
    """An optional package that is not installed."""


class Stopped(Exception):  # noqa: N818  (not an error: somebody pressed Stop)
    """Raised by `on_progress` when the work should end and keep what it has."""
