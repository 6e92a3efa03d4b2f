"""Pictures of a trained run: its codes, the features and the labels, and their trust.

One fit over real and synthetic rows for each space. Artefacts, written as each is
ready: `<space>.parquet` (one row a row of the resampled data: coordinates, trust,
whether it was placed rather than fitted), `rows.parquet` (nearest real row, label
agreement, reconstruction error), `probes.parquet`, `directions.npy`,
`quality.parquet` (plausibility of this run's rows and MLSMOTE's), `telling.parquet`
(the features that give synthetic rows away, overall and by label).
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aemlo import latent, quality
from aemlo.arrays import Features
from aemlo.jobs import quality_reports
from aemlo.jobs.base import Job
from aemlo.latent import trained, walk
from aemlo.latent.trained import Trained
from aemlo.store import Run, written_at_once

TRUST_ROWS = 15
# What depends on the run's rows and not on how they are drawn.
OF_THE_ROWS = (
    "probes.parquet",
    "directions.npy",
    "rows.parquet",
    "quality.parquet",
    "telling.parquet",
)

_process: latent.UmapProcess | None = None


def umap_process(home: Path) -> latent.UmapProcess:
    """The warm UMAP process of this worker, made with the first picture."""
    global _process
    if _process is None:
        _process = latent.UmapProcess(home / "numba")
    return _process


def run(job: Job) -> None:
    """Draw what `job.spec` asks of the run it names; see `trained.PICTURE`."""
    umap_process(job.store.home).warm()
    spec = {**trained.PICTURE, **job.spec}
    source = job.store.run(job.spec["run"])
    known = trained.read(job.store.folder(source.id), job.store.dataset(source.dataset))
    job.on_progress(0.0, message="reading the run")
    scaled = quality_reports.scaled(known)
    spaces = {
        "latent": (known.codes, "euclidean"),
        "features": (scaled, "euclidean"),
        "labels": (known.dataset.Y.astype(np.float32), "jaccard"),
    }
    trusts, digests, placed = {}, {}, 0
    shares = {"latent": (0.0, 0.4), "features": (0.4, 0.6), "labels": (0.6, 0.75)}
    for space, (codes, metric) in spaces.items():
        job.stage(*shares[space])
        digests[space] = _digest(codes, known, spec, metric)
        frame = _earlier(job, space, digests[space])
        if frame is None:
            frame = _picture(job, known, space, codes, metric, spec)
        quality_reports.write(frame, job.folder / f"{space}.parquet")
        trusts[space] = [float(frame[name].mean()) for name in trained.TRUST]
        placed = int(frame["placed"].sum())
        job.finish({"trust": trusts, "digests": digests, "placed": placed})
    if not _copied(job, source):
        job.stage(0.75, 0.8)
        _write_probes(job, known)
        job.stage(0.8, 1.0)
        _write_quality(job, known, scaled, source)
    job.finish({"run": source.id, "rows": known.dataset.n, "spaces": list(spaces)})


def _picture(
    job: Job,
    known: Trained,
    space: str,
    codes: Features,
    metric: str,
    spec: dict[str, Any],
) -> pd.DataFrame:
    rng = np.random.default_rng(job.seed)
    rows = latent.stratified(known.dataset.Y, known.synthetic, spec["fit_rows"], rng)

    def report(low: float, high: float, what: str) -> Callable[..., None]:
        return lambda fraction, **values: job.on_progress(
            low + (high - low) * fraction, message=f"{space} space: {what}"
        )

    fitted = umap_process(job.store.home).umap(
        codes[rows],
        on_progress=report(0.0, 0.8, "UMAP"),
        metric=metric,
        seed=job.seed,
        **{name: spec[name] for name in ("n_neighbors", "min_dist", "dimensions")},
        epochs=spec["epochs"],
    )
    everything = latent.place(
        codes, rows, fitted, metric=metric, on_progress=report(0.8, 0.85, "the rest")
    )
    frame = pd.DataFrame(everything, columns=list("xyz")[: everything.shape[1]])
    frame.insert(0, "row", np.arange(len(frame)))
    frame["placed"] = ~np.isin(np.arange(len(frame)), rows)
    k = min(TRUST_ROWS, (len(rows) - 1) // 2)
    trust = latent.trust(
        codes[rows], fitted, k, metric, report(0.85, 1.0, "how far to trust it")
    )
    for name, values in zip(
        trained.TRUST, (trust.trustworthiness, trust.preservation), strict=True
    ):
        frame[name] = np.nan
        frame.loc[rows, name] = values
    return frame


def _digest(codes: Features, known: Trained, spec: dict[str, Any], metric: str) -> str:
    """A name for a picture by all it depends on: equal name, equal picture."""
    digest = hashlib.sha256(metric.encode())
    dense = codes if isinstance(codes, np.ndarray) else codes.toarray()
    digest.update(np.ascontiguousarray(dense, dtype=np.float32).tobytes())
    digest.update(known.dataset.Y.tobytes() + known.synthetic.tobytes())
    wanted = {name: spec[name] for name in trained.PICTURE if name != "run"}
    digest.update(json.dumps([dense.shape, wanted], sort_keys=True).encode())
    return digest.hexdigest()


def _earlier(job: Job, space: str, digest: str) -> pd.DataFrame | None:
    """The same picture from another run, whosever: equal digests are equal data."""
    for run in job.store.runs(None, "embed"):
        path = job.store.folder(run.id) / f"{space}.parquet"
        if run.summary.get("digests", {}).get(space) == digest and path.exists():
            return pd.read_parquet(path)
    return None


def _copied(job: Job, source: Run) -> bool:
    """Whether what does not depend on the picture was taken from an earlier run."""
    for run in job.store.runs(None, "embed", job.run.dataset):
        folder = job.store.folder(run.id)
        if (
            run.id != job.run.id
            and run.state == "done"
            and run.spec["run"] == source.id
            and (folder / "rows.parquet").exists()
            and _is_whole(folder / "telling.parquet")
        ):
            for name in OF_THE_ROWS:
                if (folder / name).exists():
                    with written_at_once(job.folder / name) as path:
                        shutil.copyfile(folder / name, path)
            return True
    return False


def _is_whole(telling: Path) -> bool:
    """Whether rows were judged label by label by all figures, as they now are."""
    return not telling.exists() or "label" in pd.read_parquet(telling).columns


def _write_probes(job: Job, known: Trained) -> None:
    job.on_progress(0.0, message="which directions carry which labels")
    real = ~known.synthetic
    frame, directions = walk.probes(
        known.codes[real],
        known.dataset.Y[real],
        known.dataset.label_names,
        np.random.default_rng(job.seed),
    )
    quality_reports.write(frame, job.folder / "probes.parquet")
    with written_at_once(job.folder / "directions.npy") as path, path.open("wb") as out:
        np.save(out, directions.astype(np.float32), allow_pickle=False)


def _write_quality(job: Job, known: Trained, scaled: Features, source: Run) -> None:
    """What each row is like, and how plausible the run's rows and MLSMOTE's are."""
    _write_rows(job, known, scaled)
    reports = quality_reports.Reports(job, known)
    reports.judge_all(scaled, source.spec.get("sampler", "AEMLO"), 0.0, 1.0)
    reports.write()


def _write_rows(job: Job, known: Trained, scaled: Features) -> None:
    """What each row is like among the real ones, to colour the map by."""
    real, new = ~known.synthetic, known.synthetic
    Y, made_for = known.dataset.Y, known.provenance["label"].to_numpy()
    frame = pd.DataFrame({"row": np.arange(len(Y))})
    to_real, among = quality.nearest_real(scaled[real], scaled[new])
    frame.loc[real, "distance to nearest real row"] = among
    frame.loc[new, "distance to nearest real row"] = to_real
    own = quality.label_agreement(scaled[real], Y[real])
    frame.loc[real, "label agreement"] = own
    frame["outside"] = False
    if new.any():
        frame.loc[new, "label agreement"] = quality.label_agreement(
            scaled[real], Y[real], scaled[new], Y[new]
        )
        stands_for = quality.purpose(Y[real], Y[new], made_for[new])
        frame.loc[new, "outside"] = quality.outside(
            scaled[real], Y[real], scaled[new], stands_for
        )
    if known.reconstruction is not None:
        frame["reconstruction error"] = known.reconstruction
    quality_reports.write(frame, job.folder / "rows.parquet")
