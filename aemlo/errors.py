"""What a user can put right, and how work is asked to stop."""


class AemloError(ValueError):
    """A message for the user: the thing, the rule, the value and the way out."""


class ParameterError(AemloError):
    """A setting outside its range, or one that does not exist."""


class DataError(AemloError):
    """A file or data set that cannot be used as it is."""


class LabelQuestion(DataError):  # noqa: N818  (it asks rather than fails)
    """A column of labels that can be read in several ways: the user has to say which.

    `column` is its name; `choices` are dicts with `separator` (the answer, for
    `label_separator`), `words`, `labels` (how many there would be) and `rows`, up to
    three pairs of a cell and the labels that it would give.
    """

    def __init__(
        self, message: str, column: str = "", choices: "list[dict] | None" = None
    ) -> None:
        super().__init__(message)
        self.column = column
        self.choices = choices or []


class RunError(AemloError):
    """A stored run that does not exist, is busy, or does not fit the data set."""


class MissingExtraError(AemloError):
    """An optional package that is not installed."""


class Stopped(Exception):  # noqa: N818  (not an error: somebody pressed Stop)
    """Raised by `on_progress` when the work should end and keep what it has."""
