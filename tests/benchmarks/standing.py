"""Where AEMLO stands among the samplers: one command, resumable.

    OMP_NUM_THREADS=1 python tests/benchmarks/standing.py [--quick]
        [--ablation] [--jobs 2] [--data FOLDER] [--scores standing.csv]

Eleven real sets (labels with at least 10 positives), the same stratified folds for
every arm, features imputed and scaled on the training part; each sampler is fitted once
per fold, on the training part, and shared by four classifiers. Samplers are ranked per
classifier and metric by their mean over the folds, the ranks averaged within a set;
sets are the blocks of every test. Scores are appended to a CSV file as they come, with
a digest of the sampler's settings: what is there is not computed again (the baselines
are stored that way); `--fresh NAME` computes a sampler anew after its code changed.
"""

import argparse
import hashlib
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from checkout import DATA
from scipy import stats
from sklearn.base import clone

from aemlo import read
from aemlo.classifiers import CLASSIFIERS
from aemlo.compare.paired import holm
from aemlo.compare.sets import critical_difference, friedman
from aemlo.experiment import folds
from aemlo.metrics import METRICS
from aemlo.preparation.preparation import Preparation
from aemlo.samplers import AEMLO, SAMPLERS

HERE = Path(__file__).resolve().parent
FIELD = ("none", "ML-ROS", "MLSMOTE", "MLSOL", "REMEDIAL", "AEMLO-paper", "AEMLO")
LEARNERS = ("BR-tree", "BR-logistic", "ML-kNN", "CC-tree")
SCORES = {"macro-F1": 1, "macro-AUC": 1, "ranking loss": -1}
# Small sets first, so that a run that is cut off has as many as it can.
FILES = {
    "flags": {"path": "mulan/flags.arff", "xml": "mulan/flags.xml"},
    "emotions": {"path": "mulan/emotions.arff", "xml": "mulan/emotions.xml"},
    "CHD_49": {
        "path": "arff-no-label-info/CHD_49.arff",
        **{"label_count": 6, "label_location": "start"},
    },
    "foodtruck": {"path": "mulan/foodtruck.arff", "xml": "mulan/foodtruck.xml"},
    "birds": {
        "path": "mulan/birds-train.arff",
        **{"test": "mulan/birds-test.arff", "xml": "mulan/birds.xml"},
    },
    "genbase": {"path": "mulan/genbase.arff", "xml": "mulan/genbase.xml"},
    "medical": {"path": "mulan/medical.arff", "xml": "mulan/medical.xml"},
    "CAL500": {"path": "mulan/cal500.arff", "xml": "mulan/cal500.xml"},
    "yeast": {"path": "mulan/yeast.arff", "xml": "mulan/yeast.xml"},
    "scene": {
        "path": "mulan/scene-train.arff",
        **{"test": "mulan/scene-test.arff", "xml": "mulan/scene.xml"},
    },
    "enron": {"path": "mulan/enron.arff", "xml": "mulan/enron.xml"},
}
IDENTIFIERS = {"genbase": "protein"}  # one value per row: no feature of a protein
LEAST_POSITIVES = 10
QUICK = {"sets": ("flags", "emotions", "CHD_49", "foodtruck", "birds"), "repeats": 1}
ABLATIONS = {
    "residuals not given back": {"residuals": False},
    "no row has a partner": {"pair_share": 0.0},
    "half of the rows have one, whatever the features": {"pair_share": 0.5},
    "every row has a partner": {"pair_share": 1.0},
    "decoded scores alone": {"parents_weight": 0.0},
    "exactly as many labels as the parents": {"labels_per_parent": 1.0},
    "labels over a threshold": {"label_rule": "threshold"},
    "the nearer parent's labels": {"label_rule": "nearer parent"},
    "rows for minority labels only": {"rare_share": 1.0},
    "no calibration": {"calibration_weight": 0.0},
    "full alignment": {"alignment_weight": 1.0},
    "no alignment": {"alignment_weight": 0.0},
    "no ranking term": {"ranking_weight": 0.0},
    "all two-valued features interpolated": {"rare_features": 1.0},
    "no two-valued feature interpolated": {"rare_features": 0.0},
    "no clipping": {"clip": False},
    "a quarter of the rows": {"budget": 0.25},
}


def load(name, data):
    """The data set, labels with fewer than LEAST_POSITIVES positives left out."""
    paths = {
        key: value if key.startswith("label") else data / value
        for key, value in FILES[name].items()
    }
    dataset = read(paths.pop("path"), name=name, **paths)
    kept = np.flatnonzero(dataset.Y.sum(axis=0, dtype=int) >= LEAST_POSITIVES)
    used = [
        j for j, f in enumerate(dataset.features) if f.name != IDENTIFIERS.get(name)
    ]
    return replace(
        dataset,
        X=dataset.X[:, used],
        Y=dataset.Y[:, kept],
        features=tuple(dataset.features[j] for j in used),
        label_names=tuple(dataset.label_names[j] for j in kept),
    )


def arms(ablation=False):
    """Name to sampler: the field, and AEMLO with one mechanism off each."""
    missing = [name for name in FIELD if name not in SAMPLERS]
    if missing:
        print(f"Not in this version, left out: {', '.join(missing)}")
    samplers = {name: SAMPLERS[name]() for name in FIELD if name in SAMPLERS}
    if ablation:
        for name, settings in ABLATIONS.items():
            samplers[name] = SAMPLERS["AEMLO"](**settings)
    return samplers


def settings_of(sampler):
    """A short digest of the sampler's settings, the key of its stored scores."""
    settings = {k: v for k, v in sampler.get_params().items() if k != "random_state"}
    return hashlib.sha256(f"{sampler.title} {settings}".encode()).hexdigest()[:12]


def do_unit(dataset, split, samplers):
    """(name, digest, rows) of each of the samplers, by name, on one split.

    A row is (classifier, metric, value, facts). AEMLO's variants that differ in how
    rows are made, not in training, share one network, as `generate` is for.
    """
    training, test = dataset.take(split.train), dataset.take(split.test)
    preparation = Preparation().fit(training)
    X, X_test = preparation.transform(training), preparation.transform(test)
    groups = preparation.categorical_features_
    seed = 1000 * split.repeat + split.fold
    networks, results = {}, []
    for name, sampler in samplers.items():
        digest, sampler = settings_of(sampler), clone(sampler)
        if "random_state" in sampler.get_params():
            sampler.set_params(random_state=seed)
        X_new, Y_new, seconds = resampled(sampler, X, training.Y, groups, networks)
        ratio = cardinality_ratio(sampler.provenance_, training.Y, Y_new)
        facts = (len(Y_new) - len(training.Y), round(ratio, 4), round(seconds, 3))
        scores = [
            (title, metric, value, *facts)
            for title in LEARNERS
            for metric, value in scored(title, seed, X_new, Y_new, X_test, test.Y)
        ]
        results.append((name, digest, scores))
    return results


def resampled(sampler, X, Y, groups, networks):
    """X, Y with the sampler's rows, and its seconds, training included."""
    started = time.perf_counter()
    if not isinstance(sampler, AEMLO):
        made = sampler.fit_resample(X, Y, categorical_features=groups)
        return *made, time.perf_counter() - started
    key = repr(sampler.settings())
    if key not in networks:
        trained = clone(sampler).fit(X, Y)
        networks[key] = trained, time.perf_counter() - started
    trained, training_seconds = networks[key]
    started = time.perf_counter()
    sampler.model_ = trained.model_
    made = sampler.generate(X, Y, categorical_features=groups)
    return *made, training_seconds + time.perf_counter() - started


def scored(title, seed, X, Y, X_test, Y_test):
    """(metric, value) pairs on the test rows of a classifier trained on X, Y."""
    learner = CLASSIFIERS[title]()
    if "random_state" in learner.get_params():
        learner.set_params(random_state=seed)
    scores = learner.fit(_dense(X), Y).predict_proba(_dense(X_test))
    for metric in SCORES:
        needed = scores if METRICS[metric].needs == "scores" else scores >= 0.5
        yield metric, METRICS[metric].function(Y_test, needed)


def cardinality_ratio(provenance, Y, Y_new):
    """Labels per synthetic row over labels per parent; NaN where none was made."""
    made = np.flatnonzero(provenance["origin"].to_numpy() < 0)
    parents = [p for row in provenance["parents"].iloc[made] for p in row]
    if not parents:
        return float("nan")
    return Y_new[made].sum(axis=1).mean() / max(Y[parents].sum(axis=1).mean(), 1e-9)


def _dense(X):
    # Sparse decision trees are several times slower at these sizes.
    return X.toarray() if hasattr(X, "toarray") else X


COLUMNS = ("dataset", "sampler", "settings", "repeat", "fold")
COLUMNS += ("classifier", "metric", "value", "added", "cardinality", "seconds")


def stored(path):
    """The scores computed so far."""
    return pd.read_csv(path) if path.exists() else pd.DataFrame(columns=COLUMNS)


def missing_units(names, samplers, repeats, scores, data):
    """(data set, split, samplers by name) of all units whose scores are not stored.

    All variants of AEMLO make one unit of a split, any other sampler one of its own.
    """
    keys = ["dataset", "sampler", "settings", "repeat", "fold"]
    have = set(map(tuple, scores[keys].drop_duplicates().to_numpy()))
    for set_name in names:
        dataset = load(set_name, data)
        for split in folds.plan(dataset, folds=5, repeats=repeats, seed=0):
            variants = {}
            for name, sampler in samplers.items():
                place = (name, settings_of(sampler), split.repeat, split.fold)
                if (set_name, *place) in have:
                    continue
                if isinstance(sampler, AEMLO):
                    variants[name] = sampler
                else:
                    yield dataset, split, {name: sampler}
            if variants:
                yield dataset, split, variants


def run(units, path, jobs):
    """Do the units in `jobs` processes, appending each one's rows to `path`."""
    with ProcessPoolExecutor(jobs) as pool:
        running = {pool.submit(do_unit, *unit): unit for unit in units}
        for count, future in enumerate(as_completed(running), 1):
            dataset, split, _ = running[future]
            for name, digest, rows in future.result():
                place = (dataset.name, name, digest, split.repeat, split.fold)
                frame = pd.DataFrame([(*place, *row) for row in rows], columns=COLUMNS)
                frame.to_csv(path, mode="a", index=False, header=not path.exists())
                print(f"{count}/{len(running)} {dataset.name} {name}", flush=True)


def set_ranks(scores, metric=None):
    """Ranks (data sets, samplers): per classifier and metric, averaged within a set."""
    part = scores if metric is None else scores[scores["metric"] == metric]
    means = part.pivot_table(
        index=["dataset", "classifier", "metric"], columns="sampler", values="value"
    ).dropna()
    signs = means.index.get_level_values("metric").map(SCORES).to_numpy()
    ranks = (means * signs[:, None]).round(9).rank(axis=1, ascending=False)
    return ranks.groupby("dataset").mean()


def report(scores):
    """Print mean ranks, tests and the calibration of labels."""
    field = [name for name in FIELD if name in set(scores["sampler"])]
    among = scores[scores["sampler"].isin(field)]
    table = pd.DataFrame(
        {metric: set_ranks(among, metric).mean() for metric in SCORES}
        | {"all": set_ranks(among).mean()}
    ).sort_values("all")
    print(f"\nMean ranks over {scores['dataset'].nunique()} data sets (1 is best):")
    print(table.round(2).to_string())
    for metric in (*SCORES, None):
        ranks = set_ranks(among, metric)
        statistic, p = friedman(ranks.rank(axis=1).to_numpy())
        print(f"Friedman, {metric or 'all'}: chi2 {statistic:.2f}, p {p:.4f}")
    n = among["dataset"].nunique()
    print(f"Nemenyi distance at 0.05: {critical_difference(len(field), n):.2f}")
    _print_wilcoxon(set_ranks(among))
    _print_calibration(scores)
    _print_time(scores)


def _print_wilcoxon(ranks):
    others = [name for name in ("MLSMOTE", "none") if name in ranks]
    if "AEMLO" not in ranks or len(ranks) < 2:
        return
    found = [stats.wilcoxon(ranks[name], ranks["AEMLO"]).pvalue for name in others]
    for name, p in zip(others, holm(found), strict=True):
        better = int((ranks["AEMLO"] < ranks[name]).sum())
        print(
            f"AEMLO against {name}: better on {better} of {len(ranks)} sets, "
            f"Wilcoxon p {p:.4f} (Holm)"
        )
    print("\nRanks by data set:")
    print(ranks.round(2).to_string())


def _print_calibration(scores):
    ratio = scores[scores["sampler"].str.startswith("AEMLO")].pivot_table(
        index="dataset", columns="sampler", values="cardinality"
    )
    print("\nLabels per synthetic row over labels per parent:")
    print(ratio.round(3).to_string())


def _print_time(scores):
    seconds = scores.pivot_table(index="dataset", columns="sampler", values="seconds")
    names = [name for name in ("AEMLO", "AEMLO-paper") if name in seconds]
    print("\nSeconds per fit:")
    print(seconds[names].round(2).to_string())


def report_ablation(scores):
    """Print what each mechanism adds: AEMLO's gain over itself without it, by set."""
    print("\nWhat each mechanism adds (mean over sets, 95 % interval by Student's t):")
    for name in ABLATIONS:
        if name not in set(scores["sampler"]):
            continue
        pair = scores[scores["sampler"].isin(["AEMLO", name])]
        line = [f"  {name}:"]
        for metric, sign in SCORES.items():
            part = pair[pair["metric"] == metric].pivot_table(
                index="dataset", columns="sampler", values="value"
            )
            gain = sign * (part["AEMLO"] - part[name]).dropna()
            half = stats.t.ppf(0.975, len(gain) - 1) * stats.sem(gain)
            line.append(f"{metric} {gain.mean():+.4f} +- {half:.4f}")
        print(" ".join(line))


def main():
    """Compute what is missing, then print the standing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sets, one repeat")
    parser.add_argument("--ablation", action="store_true", help="mechanisms off too")
    parser.add_argument("--sets", help="names, separated by commas")
    parser.add_argument("--samplers", help="only these, separated by commas")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--scores", type=Path, default=HERE / "standing.csv")
    parser.add_argument("--fresh", help="a sampler to compute anew")
    options = parser.parse_args()
    if not options.data.is_dir():
        parser.error(f"no real data sets in {options.data}: set AEMLO_TEST_DATA")
    names = QUICK["sets"] if options.quick else tuple(FILES)
    if options.sets:
        names = options.sets.split(",")
    repeats = QUICK["repeats"] if options.quick else options.repeats
    samplers = arms(options.ablation)
    if options.samplers:
        samplers = {name: samplers[name] for name in options.samplers.split(",")}
    if options.fresh:
        kept = stored(options.scores)
        kept[kept["sampler"] != options.fresh].to_csv(options.scores, index=False)
    scores = stored(options.scores)
    units = list(missing_units(names, samplers, repeats, scores, options.data))
    run(units, options.scores, options.jobs)
    scores = stored(options.scores)
    current = {(name, settings_of(s)) for name, s in samplers.items()}
    pairs = zip(scores["sampler"], scores["settings"], strict=True)
    scores = scores[[pair in current for pair in pairs]]
    scores = scores[scores["dataset"].isin(names) & (scores["repeat"] < repeats)]
    report(scores)
    if options.ablation:
        report_ablation(scores)


if __name__ == "__main__":
    main()
