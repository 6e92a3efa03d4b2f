"""Every arm is equal: samplers, remedies of the classifier, and both together. Ours.

A run computes samplers x classifiers, and a remedy (class weights, tuned thresholds) is
a classifier around another. Here the two become what people weigh: an arm (what was
done about the imbalance) and a learner (what learned). So "thresholds" stands beside
"MLSMOTE" and "MLSMOTE + thresholds", all with the same learner and against one
baseline.
"""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

NOTHING = "none"


class Learner(NamedTuple):
    """What a classifier of a run is: a `learner` with a `remedy` ("" for none)."""

    learner: str
    remedy: str = ""


def arm_name(sampler: str, remedy: str) -> str:
    """The arm of a sampler before a classifier with a remedy."""
    if not remedy:
        return sampler
    return remedy if sampler == NOTHING else f"{sampler} + {remedy}"


def as_arms(scores: pd.DataFrame, learners: Mapping[str, Learner]) -> pd.DataFrame:
    """`scores` with the arm as `sampler` and the learner as `classifier`.

    `learners` says what each classifier is; one that is not in it is a learner without
    a remedy. Rows keep their order, so the first arm of each learner comes first.
    """
    if not any(known.remedy for known in learners.values()):
        return scores
    plain = {name: Learner(name) for name in scores["classifier"].unique()}
    known = plain | dict(learners)
    pairs = scores[["sampler", "classifier"]].drop_duplicates()
    arms = {
        (sampler, name): arm_name(sampler, known[name].remedy)
        for sampler, name in pairs.itertuples(index=False)
    }
    both = zip(scores["sampler"], scores["classifier"], strict=True)
    return scores.assign(
        sampler=[arms[pair] for pair in both],
        classifier=[known[name].learner for name in scores["classifier"]],
    )


def cell_of(
    arm: str, learner: str, samplers: list[str], learners: Mapping[str, Learner]
) -> tuple[str, str] | None:
    """(sampler, classifier) of a run that an arm with a learner stands for, or None."""
    for sampler in samplers:
        for name, known in learners.items():
            if known.learner == learner and arm_name(sampler, known.remedy) == arm:
                return sampler, name
    return None
