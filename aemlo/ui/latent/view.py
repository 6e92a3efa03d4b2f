"""What the Latent space page shows of a run, loaded once for all its parts."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from aemlo.arrays import Features, Rows
from aemlo.charts import latent
from aemlo.imbalance import ir_per_label
from aemlo.latent import pca, rarest_first, selection, trained
from aemlo.preparation.preparation import Preparation
from aemlo.quality import purpose
from aemlo.samplers.base import dense
from aemlo.store import Run
from aemlo.ui import state
from aemlo.ui.state import Workspace
from aemlo.wording import count

MOST_POINTS = 20_000
"""Points of the map, at most."""
MOST_LINKED = 4_000
"""Points of each of the maps beside it, at most."""
SPACE_NAMES = {
    "latent": "Latent codes",
    "features": "Original features",
    "labels": "Labels",
}
LABEL, FEATURE = "has the label …", "a feature …"
TITLES = {"outside": latent.OUTSIDE}
"""What a way to colour is called, where that is not its name."""
COLOURS = {
    latent.KIND: "Blue circles are real rows, orange diamonds synthetic ones.",
    LABEL: "Rows with one label stand out, real and synthetic ones.",
    "rarest label": "The rarest label of each row.",
    "IRLbl of the rarest label": "How rare the rarest label of each row is.",
    "number of labels": "How many labels each row has.",
    "labelset": "The most frequent combinations of labels.",
    "SCUMBLE of the row": "How far rare and frequent labels occur together in the "
    "row: 0 to 1.",
    "made for": "The label each synthetic row was made for.",
    "outside": "Synthetic rows outside the region of the label they were made for, "
    "or of their rarest label.",
    "distance to nearest real row": "In features scaled to [0, 1].",
    "label agreement": "How similar a row and its 5 nearest real rows are in labels.",
    "reconstruction error": "The distance between each row and its reconstruction.",
    "trustworthiness": "How far a point's neighbours here are true ones: 1 is best.",
    "preservation": "The share of a row's true neighbours that are near it here.",
    FEATURE: "The value of one feature.",
}
"""{way to colour: what it shows}"""


@st.cache_resource(max_entries=6, show_spinner="Reading the run")
def known_of(run_id: str, finished: float | None) -> trained.Trained:
    """The `trained.Trained` of a training run; `finished` renews it when it changes."""
    store = state.store()
    return trained.read(store.folder(run_id), store.dataset(store.run(run_id).dataset))


# Resources: to copy 20,000 rows at each use takes time, and nothing here is changed.
@st.cache_resource(max_entries=12, show_spinner=False)
def properties_of(run_id: str, finished: float | None) -> pd.DataFrame:
    """`selection.properties` of a run's rows."""
    known = known_of(run_id, finished)
    return selection.properties(known.dataset, known.provenance)


@st.cache_resource(max_entries=12, show_spinner=False)
def label_of_synthetic(run_id: str, finished: float | None) -> np.ndarray:
    """The label (n,) that each synthetic row was made for; -1 for real rows.

    A row that was made for no label counts with its rarest, see `quality.purpose`.
    """
    known = known_of(run_id, finished)
    Y, new = known.dataset.Y, known.synthetic
    label = np.full(len(Y), -1)
    made_for = known.provenance["label"].to_numpy()[new]
    label[new] = purpose(Y[~new], Y[new], made_for)
    return label


@st.cache_resource(max_entries=12, show_spinner=False)
def scaled_of(run_id: str, finished: float | None) -> Features:
    """Features (n, d) of all rows on the scale of the original ones."""
    known = known_of(run_id, finished)
    original = known.dataset.take(~known.synthetic)
    return Preparation().fit(original).transform(known.dataset)


@st.cache_resource(max_entries=24, show_spinner="Computing PCA")
def pca_of(
    run_id: str, finished: float | None, space: str, dimensions: int
) -> pd.DataFrame:
    """The PCA of one space as a picture: a frame `row x y [z]`."""
    frame = pd.DataFrame(
        pca(_codes_of(run_id, finished, space), dimensions),
        columns=list("xyz")[:dimensions],
    )
    frame.insert(0, "row", np.arange(len(frame)))
    return frame


def _codes_of(run_id: str, finished: float | None, space: str) -> Features:
    """All rows (n, d) as they are in a space."""
    if space == "features":
        return scaled_of(run_id, finished)
    known = known_of(run_id, finished)
    return known.codes if space == "latent" else known.dataset.Y.astype(float)


@st.cache_resource(max_entries=24, show_spinner=False)
def variance_of(
    run_id: str, finished: float | None, space: str, dimensions: int
) -> float:
    """The share of a space's variance that its PCA shows."""
    codes = _codes_of(run_id, finished, space)
    squares = codes * codes if isinstance(codes, np.ndarray) else codes.multiply(codes)
    mean = np.asarray(codes.mean(axis=0)).ravel()
    total = float((np.asarray(squares.mean(axis=0)).ravel() - mean**2).sum())
    shown = pca_of(run_id, finished, space, dimensions).drop(columns="row")
    return float(shown.var(ddof=0).sum()) / total if total > 0 else 1.0


@st.cache_resource(max_entries=64, show_spinner=False)
def artefact(run_id: str, name: str, written: float) -> pd.DataFrame | None:
    """A frame a run wrote, or None; `written` renews it."""
    return trained.frame(state.store().folder(run_id), name)


def frame_of(run_id: str, name: str) -> pd.DataFrame | None:
    """The frame `name` that a run wrote, or None so far."""
    path = state.store().folder(run_id) / f"{name}.parquet"
    written = path.stat().st_mtime if path.exists() else None
    return artefact(run_id, name, written) if written else None


def caption_of_earlier_rows(known: trained.Trained) -> None:
    """Say how many rows drawn as real were synthetic before the run; nothing for 0."""
    earlier = int(known.before["synthetic"].sum())
    if earlier:
        were = "was" if earlier == 1 else "were"
        as_real = "it as a real one" if earlier == 1 else "them as real ones"
        st.caption(
            f"Of the rows drawn as real, {count(earlier)} {were} made before this run: "
            f"the run used {as_real}."
        )


@dataclass(frozen=True)
class View:
    """A training run with its embedding run (None before there is one)."""

    run: Run
    embed: Run | None

    @property
    def known(self) -> trained.Trained:
        """The run's rows, provenance and codes."""
        return known_of(self.run.id, self.run.finished)

    @property
    def properties(self) -> pd.DataFrame:
        """What is known of each row without its features."""
        return properties_of(self.run.id, self.run.finished)

    @property
    def scaled(self) -> Features:
        """Features of all rows on the scale of the original ones."""
        return scaled_of(self.run.id, self.run.finished)

    def frame(self, name: str) -> pd.DataFrame | None:
        """A frame of the embedding run (`quality`, `probes`, ...), or None so far."""
        return None if self.embed is None else frame_of(self.embed.id, name)

    def picture(self, space: str, method: str, dimensions: int) -> pd.DataFrame | None:
        """The picture of a space by "UMAP" or "PCA"; None where UMAP is not there."""
        if method == "PCA":
            return pca_of(self.run.id, self.run.finished, space, dimensions)
        return self.frame(space)

    def flat_picture(self, space: str, method: str) -> tuple[pd.DataFrame, str]:
        """The picture of a space in the plane and how it was made.

        By PCA where there is no other in the plane.
        """
        picture = self.picture(space, method, 2)
        if picture is None or "z" in picture:
            return pca_of(self.run.id, self.run.finished, space, 2), "PCA"
        return picture, method

    def colours(self) -> list[str]:
        """The ways to colour that this run has values for."""
        rows, picture = self.frame("rows"), self.frame("latent")
        available = {*self.properties.columns, latent.KIND, LABEL, FEATURE}
        for frame in (rows, picture):
            if frame is not None:
                available |= set(frame.columns)
        return [name for name in COLOURS if name in available]

    def values(self, colour: str, of: int | None = None) -> np.ndarray:
        """The column (n,) to colour by; `of` is the label or feature chosen.

        KeyError where the run has no such column.
        """
        if colour == LABEL and of is not None:
            return self.known.dataset.Y[:, of] > 0
        if colour == FEATURE and of is not None:
            column = self.known.dataset.X[:, [of]]
            return np.asarray(dense(column), dtype=float).ravel()
        if colour in self.properties:
            return self.properties[colour].to_numpy()
        for name in ("rows", "latent"):
            frame = self.frame(name)
            if frame is not None and colour in frame:
                return frame[colour].to_numpy()
        raise KeyError(colour)

    def points(
        self,
        picture: pd.DataFrame,
        colour: str,
        of: int | None = None,
        name: str | None = None,
        hidden: Collection[int] | Rows = (),
        most: int = MOST_POINTS,
    ) -> tuple[pd.DataFrame, int]:
        """The frame `charts.latent` draws, and how many rows it leaves out.

        `name` is what the column to colour by is called (`colour` itself without it),
        and `hidden` are rows left out by the visitor. Of more than `most` rows the
        rarest are kept; the rarest are drawn last.
        """
        points = self.properties.merge(picture, on="row", suffixes=("", "_picture"))
        name = name or colour
        if colour in trained.TRUST:
            # Each picture has its own; for PCA it was not computed.
            points[name] = points[colour] if colour in picture else np.nan
        elif colour != latent.KIND:
            points[name] = self.values(colour, of)[points["row"]]
        points = points[~points["row"].isin(list(hidden))]
        left_out = max(0, len(points) - most)
        if left_out:
            Y = self.known.dataset.Y[points["row"]]
            order = rarest_first(Y, np.random.default_rng(0))
            points = points.iloc[order[:most]]
        rarity = points["IRLbl of the rarest label"].fillna(0.0)
        keep = ["row", "synthetic", "x", "y", "z", "labels", "parents", name]
        points = points.iloc[np.argsort(rarity.to_numpy(), kind="stable")]
        return points[[c for c in keep if c in points]], left_out

    def groups(self, label: int | None = None) -> dict[str, Rows]:
        """Ids of rows "outside", "synthetic" and "real", of one label or of all (None).

        A synthetic row is of the label it was made for, or else of its rarest.
        """
        known = self.known
        real, synthetic = ~known.synthetic, known.synthetic
        if label is not None:
            real = real & (known.dataset.Y[:, label] > 0)
            synthetic = label_of_synthetic(self.run.id, self.run.finished) == label
        masks = {"synthetic": synthetic, "real": real}
        rows = self.frame("rows")
        if rows is not None and "outside" in rows:
            masks = {"outside": synthetic & rows["outside"].to_numpy()} | masks
        return {kind: np.flatnonzero(mask) for kind, mask in masks.items()}

    def rarest_label(self, place: int = 0) -> int:
        """Position of the label of the original rows with the largest IRLbl.

        `place` 1 is the next one, and so on; the last there is, where there are fewer.
        """
        known = self.known
        irlbl = ir_per_label(known.dataset.Y[~known.synthetic])
        order = np.argsort(-np.nan_to_num(irlbl, nan=-1.0), kind="stable")
        return int(order[min(place, int(np.isfinite(irlbl).sum()) - 1)])


def embedding_runs(workspace: Workspace, run: Run) -> list[Run]:
    """Embedding runs of a training run, newest first: its owner's and the visitor's."""
    owners = dict.fromkeys([run.workspace, workspace.id])
    of_the_run = [
        embed
        for owner in owners
        for embed in workspace.store.runs(owner, "embed", run.dataset)
        if embed.spec.get("run") == run.id
    ]
    return sorted(of_the_run, key=lambda embed: embed.created, reverse=True)


def settings_of(embed: Run) -> dict[str, int | float]:
    """The settings an embedding run was asked for."""
    return {
        name: embed.spec.get(name, default) for name, default in trained.PICTURE.items()
    }
