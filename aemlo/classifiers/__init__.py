"""Classifiers: found by scan like the samplers; `CLASSIFIERS` has them by title.

The imports by name are for editors and type checkers; a test compares them with the
scan.
"""

from aemlo.classifiers.average import Average
from aemlo.classifiers.bagging import BalancedBagging
from aemlo.classifiers.base import Classifier
from aemlo.classifiers.binary_relevance import BinaryRelevance, BRLogistic, BRTree
from aemlo.classifiers.brknn import BRkNN
from aemlo.classifiers.chain import CCTree, ClassifierChain
from aemlo.classifiers.class_weights import ClassWeighted
from aemlo.classifiers.deep_mlp import DeepMLP
from aemlo.classifiers.ecc import ECC
from aemlo.classifiers.focal_boosting import FocalBoosting
from aemlo.classifiers.label_powerset import LabelPowerset
from aemlo.classifiers.mlknn import MLKNN
from aemlo.classifiers.mlp import MLP
from aemlo.classifiers.partition import Partition
from aemlo.classifiers.rakel import RAkELd, RAkELo
from aemlo.classifiers.random_forest import RandomForest
from aemlo.classifiers.resampled import Resampled
from aemlo.classifiers.thresholded import Thresholded
from aemlo.registry import scan

CLASSIFIERS: dict[str, type[Classifier]] = scan(__name__, __path__, Classifier)

__all__ = [
    "Average",
    "BRLogistic",
    "BRTree",
    "BRkNN",
    "BalancedBagging",
    "BinaryRelevance",
    "CCTree",
    "CLASSIFIERS",
    "ClassWeighted",
    "Classifier",
    "ClassifierChain",
    "DeepMLP",
    "ECC",
    "FocalBoosting",
    "LabelPowerset",
    "MLKNN",
    "MLP",
    "Partition",
    "RAkELd",
    "RAkELo",
    "RandomForest",
    "Resampled",
    "Thresholded",
]
