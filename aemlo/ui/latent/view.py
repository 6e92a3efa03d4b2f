"""What the latent page shows of a run: loaded once, cut to what a browser can draw."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from scipy import sparse

from aemlo import latent as aemlo_latent
from aemlo.charts import latent
from aemlo.imbalance import ir_per_label
from aemlo.latent import selection, trained
from aemlo.preparation.preparation import Preparation
from aemlo.quality import purpose
from aemlo.ui import state

MOST_POINTS = 20_000
MOST_LINKED = 4_000
SPACE_NAMES = {
    "latent": "Latent codes",
    "features": "Original features",
    "labels": "Labels",
}
LABEL, FEATURE = "has the label …", "a feature …"
TITLES = {"outside": latent.OUTSIDE}
OWN_COLOURS = {
    latent.KIND: "Blue circles are real rows, orange diamonds synthetic ones.",
    LABEL: "Rows with one label stand out, synthetic ones with it too.",
    "rarest label": "The label of each row that fewest rows have.",
    "IRLbl of the rarest label": "How rare the rarest label of each row is.",
    "number of labels": "How many labels each row has.",
    "labelset": "The commonest combinations of labels.",
    "SCUMBLE of the row": "How far rare and frequent labels meet in the row: 0 to 1.",
    "made for": "The label each synthetic row was made for.",
    "outside": "Synthetic rows outside the region of the label they were made for, "
    "or of their rarest label.",
    "distance to nearest real row": "In features scaled to [0, 1].",
    "label agreement": "How alike the labels of a row and its 5 nearest real rows are.",
    "reconstruction error": "How far each row decodes from itself.",
    "trustworthiness": "How many of a point's neighbours here are true ones: 1 is all.",
    "preservation": "The share of a row's true neighbours that are near it here.",
    FEATURE: "The value of one feature.",
}


@st.cache_resource(max_entries=6, show_spinner="Reading the run")
def known_of(run_id, finished):
    """The `trained.Trained` of a training run; `finished` renews it when it changes."""
    store = state.store()
    return trained.read(store.folder(run_id), store.dataset(store.run(run_id).dataset))


# Resources, for a copy of 20,000 rows at each use is felt; nothing here is changed.
@st.cache_resource(max_entries=12, show_spinner=False)
def properties_of(run_id, finished):
    """`selection.properties` of a run's rows."""
    known = known_of(run_id, finished)
    return selection.properties(known.dataset, known.provenance)


@st.cache_resource(max_entries=12, show_spinner=False)
def stands_for_of(run_id, finished):
    """The label (n,) each synthetic row stands for (see `plausibility`), else -1."""
    known = known_of(run_id, finished)
    Y, new = known.dataset.Y, known.synthetic
    label = np.full(len(Y), -1)
    made_for = known.provenance["label"].to_numpy()[new]
    label[new] = purpose(Y[~new], Y[new], made_for)
    return label


@st.cache_resource(max_entries=12, show_spinner=False)
def scaled_of(run_id, finished):
    """Features of all rows on the scale of the original ones."""
    known = known_of(run_id, finished)
    original = known.dataset.take(~known.synthetic)
    return Preparation().fit(original).transform(known.dataset)


@st.cache_resource(max_entries=24, show_spinner="Computing PCA")
def pca_of(run_id, finished, space, dimensions):
    """The PCA of one space as a picture: a frame `row x y [z]`."""
    frame = pd.DataFrame(
        aemlo_latent.pca(_codes_of(run_id, finished, space), dimensions),
        columns=list("xyz")[:dimensions],
    )
    frame.insert(0, "row", np.arange(len(frame)))
    return frame


def _codes_of(run_id, finished, space):
    known = known_of(run_id, finished)
    return {
        "latent": lambda: known.codes,
        "features": lambda: scaled_of(run_id, finished),
        "labels": lambda: known.dataset.Y.astype(float),
    }[space]()


@st.cache_resource(max_entries=24, show_spinner=False)
def variance_of(run_id, finished, space, dimensions):
    """The share of a space's variance that its PCA shows."""
    codes = _codes_of(run_id, finished, space)
    squares = codes.multiply(codes) if sparse.issparse(codes) else codes * codes
    mean = np.asarray(codes.mean(axis=0)).ravel()
    whole = float((np.asarray(squares.mean(axis=0)).ravel() - mean**2).sum())
    shown = pca_of(run_id, finished, space, dimensions).drop(columns="row")
    return float(shown.var(ddof=0).sum()) / whole if whole > 0 else 1.0


@st.cache_resource(max_entries=64, show_spinner=False)
def artefact(run_id, name, written):
    """A frame a run wrote, or None; `written` renews it."""
    return trained.frame(state.store().folder(run_id), name)


def frame_of(run_id, name):
    """The frame `name` that a run wrote, or None so far."""
    path = state.store().folder(run_id) / f"{name}.parquet"
    written = path.stat().st_mtime if path.exists() else None
    return artefact(run_id, name, written) if written else None


@dataclass(frozen=True)
class View:
    """A training run with its embedding run (None before there is one)."""

    run: object
    embed: object | None

    @property
    def known(self):
        """The run's rows, provenance and codes."""
        return known_of(self.run.id, self.run.finished)

    @property
    def properties(self):
        """What is known of each row without its features."""
        return properties_of(self.run.id, self.run.finished)

    @property
    def scaled(self):
        """Features of all rows on the scale of the original ones."""
        return scaled_of(self.run.id, self.run.finished)

    def frame(self, name):
        """A frame of the embedding run (`quality`, `probes`, ...), or None so far."""
        return None if self.embed is None else frame_of(self.embed.id, name)

    def picture(self, space, method, dimensions):
        """The picture of a space by "UMAP" or "PCA"; None where UMAP is not there."""
        if method == "PCA":
            return pca_of(self.run.id, self.run.finished, space, dimensions)
        return self.frame(space)

    def colours(self):
        """The ways to colour that this run has values for."""
        rows, picture = self.frame("rows"), self.frame("latent")
        there = {*self.properties.columns, latent.KIND, LABEL, FEATURE}
        for frame in (rows, picture):
            there |= set() if frame is None else set(frame.columns)
        return [name for name in OWN_COLOURS if name in there]

    def values(self, colour, of=None):
        """The column (n,) to colour by; `of` is the label or feature chosen."""
        if colour == LABEL:
            return self.known.dataset.Y[:, of] > 0
        if colour == FEATURE:
            column = self.known.dataset.X[:, [of]]
            column = column.toarray() if self.known.dataset.is_sparse else column
            return np.asarray(column, dtype=float).ravel()
        if colour in self.properties:
            return self.properties[colour].to_numpy()
        for name in ("rows", "latent"):
            frame = self.frame(name)
            if frame is not None and colour in frame:
                return frame[colour].to_numpy()
        return None

    def points(self, picture, colour, of=None, name=None, hidden=(), most=MOST_POINTS):
        """The frame `charts.latent` draws, and how many rows it leaves out.

        Of more than `most` rows the rarest are kept; the rarest are drawn last.
        """
        points = self.properties.merge(picture, on="row", suffixes=("", "_picture"))
        name = name or colour
        if colour in trained.TRUST:
            # Each picture's own: PCA's was not worked out.
            points[name] = points[colour] if colour in picture else np.nan
        elif colour != latent.KIND:
            points[name] = self.values(colour, of)[points["row"]]
        points = points[~points["row"].isin(list(hidden))]
        left_out = max(0, len(points) - most)
        if left_out:
            Y = self.known.dataset.Y[points["row"]]
            order = aemlo_latent.rarest_first(Y, np.random.default_rng(0))
            points = points.iloc[order[:most]]
        rarity = points["IRLbl of the rarest label"].fillna(0.0)
        keep = ["row", "synthetic", "x", "y", "z", "labels", "parents", name]
        points = points.iloc[np.argsort(rarity.to_numpy(), kind="stable")]
        return points[[c for c in keep if c in points]], left_out

    def groups(self, label=None):
        """Ids of rows "outside", "synthetic" and "real", of one label or of all (None).

        A synthetic row is of the label it was made for, or else of its rarest.
        """
        known = self.known
        real, mine = ~known.synthetic, known.synthetic
        if label is not None:
            real = real & (known.dataset.Y[:, label] > 0)
            mine = stands_for_of(self.run.id, self.run.finished) == label
        found = {"synthetic": mine, "real": real}
        rows = self.frame("rows")
        if rows is not None and "outside" in rows:
            found = {"outside": mine & rows["outside"].to_numpy()} | found
        return {kind: np.flatnonzero(mask) for kind, mask in found.items()}

    def rarest_label(self, place=0):
        """Position of the label of the original rows with the largest IRLbl, or of the
        next ones by `place` (the last there is, where there are not so many)."""
        known = self.known
        irlbl = ir_per_label(known.dataset.Y[~known.synthetic])
        order = np.argsort(-np.nan_to_num(irlbl, nan=-1.0), kind="stable")
        return int(order[min(place, int(np.isfinite(irlbl).sum()) - 1)])


def embedding_runs(workspace, run):
    """Embedding runs of a training run, newest first: its owner's and the visitor's."""
    owners = dict.fromkeys([run.workspace, workspace.id])
    found = [
        one
        for owner in owners
        for one in workspace.store.runs(owner, "embed", run.dataset)
    ]
    mine = [one for one in found if one.spec.get("run") == run.id]
    return sorted(mine, key=lambda one: one.created, reverse=True)


def settings_of(embed):
    """The settings an embedding run was asked for."""
    return {
        name: embed.spec.get(name, default) for name, default in trained.PICTURE.items()
    }
