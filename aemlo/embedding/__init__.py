"""Pictures of codes in two or three dimensions, and how far to trust them."""

from aemlo.embedding.distances import METRICS, neighbours
from aemlo.embedding.pictures import pca, umap
from aemlo.embedding.process import UmapProcess
from aemlo.embedding.samples import place, rare_rows, rarest_first, stratified
from aemlo.embedding.trust import Trust, trust

__all__ = [
    "METRICS",
    "Trust",
    "UmapProcess",
    "neighbours",
    "pca",
    "place",
    "rare_rows",
    "rarest_first",
    "stratified",
    "trust",
    "umap",
]
