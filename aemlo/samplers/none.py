"""No sampling: the arm every other is compared with."""

from aemlo.samplers.base import Sampler, provenance


class NoSampling(Sampler):
    """Return the rows as they are."""

    title = "none"
    colour = "#7F7F7F"
    marker = "circle-open"
    selects_rows = True
    deterministic = True
    reads_features = False
    idea = "The rows as they are: what every sampler has to beat."
    helps = "Whenever rare labels are not harder than common ones."
    harms = "Nothing; classifiers may go on ignoring rare labels."
    source = "The arm without treatment of every comparison."
    keeps = "Everything."

    def _resample(self, X, Y, rng, on_progress):
        on_progress(1.0)
        return X.copy(), Y.copy(), provenance(len(Y))
