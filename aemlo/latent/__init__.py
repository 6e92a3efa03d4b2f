"""Pictures of codes in two or three dimensions, and how far to trust them."""

from aemlo.latent.pictures import pca, umap
from aemlo.latent.process import UmapProcess
from aemlo.latent.samples import place, rare_rows, rarest_first, stratified
from aemlo.latent.trustworthiness import Trust, trust
from aemlo.neighbours.distances import METRICS
from aemlo.neighbours.search import neighbours

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
