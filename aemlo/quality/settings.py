"""How plausibility is judged: how many neighbours, how many forests."""

from typing import Annotated

from aemlo import params
from aemlo.params import Between


class Judging:
    """What the figures of plausibility look at; the defaults are those of the papers,
    where there is one. ParameterError for a setting out of range."""

    title = "Judging"

    def __init__(
        self,
        precision: Annotated[
            int,
            Between(
                1,
                50,
                "Precision and recall: a ball around a row reaches to its so-many-th "
                "nearest one; more make regions wider",
            ),
        ] = 3,
        coverage: Annotated[
            int,
            Between(1, 50, "Coverage: how many nearest real rows are near enough"),
        ] = 5,
        agreement: Annotated[
            int, Between(1, 50, "Label agreement: nearest real rows asked")
        ] = 5,
        region: Annotated[
            int,
            Between(
                1,
                50,
                "Outside: a ball around a real row with the label reaches to its "
                "so-many-th nearest such row; the map keeps to 5",
            ),
        ] = 5,
        forests: Annotated[
            int,
            Between(0, 1_000, "Labels, the rarest first, with a forest of their own"),
        ] = 50,
    ) -> None:
        self.precision, self.coverage = precision, coverage
        self.agreement, self.region, self.forests = agreement, region, forests
        params.check(self)


def defaults() -> dict[str, int]:
    """The settings of a Judging by default, by name."""
    return {name: one.default for name, one in params.parameters(Judging).items()}
