"""Where AEMLO stands among the samplers: one command, resumable by set.

    OMP_NUM_THREADS=1 python tests/benchmarks/standing.py [--quick]
        [--ablation] [--jobs 2] [--data FOLDER] [--scores standing.csv]

Fourteen real sets (labels with at least 10 positives), the same stratified folds for
every arm, features imputed and scaled on the training part; each sampler is fitted once
per fold, on the training part, and shared by four classifiers. Seven measures: average
precision, F1 and AUC of the tail (the rarest third of the labels, by positives in the
whole set), their means over all labels, and ranking loss. F1 is taken twice: at the
classifiers' own 0.5, and at thresholds of highest F1 for each label, learned on three
inner folds of the training part (real rows only), which tells a gain in information
from a moved threshold. Samplers are ranked per classifier and measure by their mean
over the folds, the ranks averaged within a set; sets are the blocks of every test.

Scores are appended to a CSV file as they come, set by set, with a digest of the
sampler's settings: what is there is not computed again; `--fresh NAME` computes a
sampler anew after its code changed. `--quick` takes three small sets and three folds,
into a file of its own.
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
from aemlo.classifiers import CLASSIFIERS, tuning
from aemlo.compare.paired import holm
from aemlo.compare.sets import critical_difference, friedman
from aemlo.experiment import folds
from aemlo.imbalance import mean_ir
from aemlo.metrics import METRICS, per_label
from aemlo.preparation.preparation import Preparation
from aemlo.samplers import AEMLO, SAMPLERS
from aemlo.samplers.aemlo.settings import PRESETS

HERE = Path(__file__).resolve().parent
FIELD = ("none", "ML-ROS", "MLSMOTE", "MLSOL", "REMEDIAL", "MLDM", "AEMLO-paper")
FIELD += ("AEMLO",)
LEARNERS = ("BR-tree", "BR-logistic", "ML-kNN", "CC-tree")
PAPER = ("macro-F1", "macro-AUC", "ranking loss")
SEVEN = ("tail AP", "tail F1", "tail AUC", "macro-AP", *PAPER)
TUNED = {"tail F1": "tail F1, tuned", "macro-F1": "macro-F1, tuned"}
SIGNS = dict.fromkeys([*SEVEN, *TUNED.values()], 1) | {"ranking loss": -1}
TAIL = 1 / 3  # of the labels, the rarest
INNER_FOLDS = 3
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
    "arts": {"path": "bench/arts.arff", "xml": "bench/arts.xml"},
    "langlog": {"path": "bench/langlog.arff", "xml": "bench/langlog.xml"},
    "slashdot": {"path": "bench/slashdot.arff", "xml": "bench/slashdot.xml"},
}
IDENTIFIERS = {"genbase": "protein"}  # one value per row: no feature of a protein
LEAST_POSITIVES = 10
QUICK_SETS, QUICK_FOLDS = ("flags", "CHD_49", "foodtruck"), 3
ABLATIONS = {
    "residuals not given back": {"residuals": False},
    "no row has a partner": {"pair_share": 0.0},
    "half of the rows have one, whatever the features": {"pair_share": 0.5},
    "every row has a partner": {"pair_share": 1.0},
    "decoded scores alone": {"parents_weight": 0.0},
    "exactly as many labels as the parents": {"labels_per_parent": 1.0},
    "labels over a threshold": {"label_rule": "threshold"},
    "the nearer parent's labels": {"label_rule": "nearer parent"},
    "all labels alike": PRESETS["all labels alike"],
    "partners near in the latent space": {"partners": "latent space"},
    "one step for all features": {"steps": "one a row"},
    "no row refused": {"copies": 1.0, "support": 0.0},
    "labels by probability": {"label_scores": "probability"},
    "labels by gain": {"label_scores": "gain"},
    "twice the epochs": {"epochs": 60},
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
    counts = dataset.Y.sum(axis=0, dtype=int)
    tail = np.argsort(counts, kind="stable")[: max(1, round(TAIL * len(counts)))]
    seed = 1000 * split.repeat + split.fold
    inner = [
        (training.take(part.train), training.take(part.test))
        for part in folds.plan(training, folds=INNER_FOLDS, repeats=1, seed=seed)
    ]
    networks = [{} for _ in range(1 + INNER_FOLDS)]
    results = []
    for name, sampler in samplers.items():
        scores, facts = scored(sampler, seed, training, test, networks[0])
        held_out = [
            scored(sampler, seed, *parts, network)[0]
            for parts, network in zip(inner, networks[1:], strict=True)
        ]
        truth = np.vstack([part.Y for _, part in inner])
        rows = []
        for title in LEARNERS:
            out_of_fold = np.vstack([part[title] for part in held_out])
            thresholds, _ = tuning.f_max(truth, out_of_fold)
            values = measures(test.Y, scores[title], thresholds, tail)
            rows += [(title, metric, value, *facts) for metric, value in values.items()]
        results.append((name, settings_of(sampler), rows))
    return results


def scored(sampler, seed, training, test, networks):
    """Scores of the test rows by classifier, and facts about the rows made."""
    preparation = Preparation().fit(training)
    X, X_test = preparation.transform(training), preparation.transform(test)
    sampler = clone(sampler)
    if "random_state" in sampler.get_params():
        sampler.set_params(random_state=seed)
    groups = preparation.categorical_features_
    X_new, Y_new, seconds = resampled(sampler, X, training.Y, groups, networks)
    ratio = cardinality_ratio(sampler.provenance_, training.Y, Y_new)
    fall = 1 - mean_ir(Y_new) / mean_ir(training.Y)
    facts = (len(Y_new) - len(training.Y), round(ratio, 4), round(seconds, 3))
    scores = {}
    for title in LEARNERS:
        learner = CLASSIFIERS[title]()
        if "random_state" in learner.get_params():
            learner.set_params(random_state=seed)
        fitted = learner.fit(_dense(X_new), Y_new)
        scores[title] = fitted.predict_proba(_dense(X_test))
    return scores, (*facts, round(fall, 4))


def measures(Y, scores, thresholds, tail):
    """All measures by name, of scores (n, q) of labels Y (n, q)."""
    by_label = {
        "AP": per_label.average_precision(Y, scores),
        "AUC": per_label.auc(Y, scores),
        "F1": per_label.f1(Y, (scores >= 0.5).astype(np.uint8)),
        "F1, tuned": per_label.f1(Y, tuning.apply(scores, thresholds)),
    }
    values = {"ranking loss": METRICS["ranking loss"].function(Y, scores)}
    for name, each in by_label.items():
        values[f"macro-{name}"] = np.nanmean(each)
        known = each[tail][~np.isnan(each[tail])]
        values[f"tail {name}"] = known.mean() if len(known) else np.nan
    return values


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


COLUMNS = ("dataset", "sampler", "settings", "repeat", "fold", "classifier", "metric")
COLUMNS += ("value", "added", "cardinality", "seconds", "fall")


def stored(path):
    """The scores computed so far."""
    return pd.read_csv(path) if path.exists() else pd.DataFrame(columns=COLUMNS)


def missing_units(names, samplers, repeats, n_folds, scores, data):
    """(data set, split, samplers by name) of all units whose scores are not stored.

    All variants of AEMLO make one unit of a split, any other sampler one of its own.
    """
    keys = ["dataset", "sampler", "settings", "repeat", "fold"]
    have = set(map(tuple, scores[keys].drop_duplicates().to_numpy()))
    for set_name in names:
        dataset = load(set_name, data)
        for split in folds.plan(dataset, folds=n_folds, repeats=repeats, seed=0):
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


def set_ranks(scores, metrics):
    """Ranks (data sets, samplers): per classifier and metric, averaged within a set."""
    part = scores[scores["metric"].isin(metrics)]
    means = part.pivot_table(
        index=["dataset", "classifier", "metric"], columns="sampler", values="value"
    ).dropna()
    signs = means.index.get_level_values("metric").map(SIGNS).to_numpy()
    ranks = (means * signs[:, None]).round(9).rank(axis=1, ascending=False)
    return ranks.groupby("dataset").mean()


def report(scores):
    """Print mean ranks, tests, differences to none and the calibration of labels."""
    field = [name for name in FIELD if name in set(scores["sampler"])]
    among = scores[scores["sampler"].isin(field)]
    tuned = [TUNED.get(metric, metric) for metric in SEVEN]
    for title, metrics in (
        ("at the classifiers' own thresholds", SEVEN),
        ("at tuned thresholds", tuned),
    ):
        table = {metric: set_ranks(among, [metric]).mean() for metric in metrics}
        three = [name for name in metrics if name.removesuffix(", tuned") in PAPER]
        table["paper's three"] = set_ranks(among, three).mean()
        table["all"] = set_ranks(among, metrics).mean()
        print(f"\nMean ranks over {among['dataset'].nunique()} data sets, {title}:")
        print(pd.DataFrame(table).sort_values("all").round(2).to_string())
        _print_tests(set_ranks(among, metrics))
    print("\nRanks by data set, own thresholds:")
    print(set_ranks(among, SEVEN).round(2).to_string())
    _print_differences(among)
    _print_calibration(scores)
    _print_fall(among)
    _print_time(scores)


def _print_tests(ranks):
    if len(ranks) < 2:
        return
    statistic, p = friedman(ranks.rank(axis=1).to_numpy())
    print(f"Friedman: chi2 {statistic:.2f}, p {p:.4f}", end="; ")
    distance = critical_difference(ranks.shape[1], len(ranks))
    print(f"Nemenyi distance at 0.05: {distance:.2f}")
    others = [name for name in ("MLSMOTE", "none") if name in ranks]
    if "AEMLO" not in ranks:
        return
    found = [stats.wilcoxon(ranks[name], ranks["AEMLO"]).pvalue for name in others]
    for name, p in zip(others, holm(found), strict=True):
        better = int((ranks["AEMLO"] < ranks[name]).sum())
        print(
            f"AEMLO against {name}: better on {better} of {len(ranks)} sets, "
            f"Wilcoxon p {p:.4f} (Holm)"
        )


def _print_differences(scores):
    """Mean difference to none over the sets, with its 95 % interval by Student's t."""
    means = scores.pivot_table(
        index=["metric", "dataset"], columns="sampler", values="value"
    )
    if "none" not in means:
        return
    print("\nDifference to none (positive is better), 95 % interval over the sets:")
    table = {}
    for metric, sign in SIGNS.items():
        gains = sign * means.loc[metric].sub(means.loc[metric]["none"], axis=0)
        half = stats.t.ppf(0.975, max(len(gains) - 1, 1)) * gains.sem()
        table[metric] = [
            f"{mean:+.3f} +- {width:.3f}"
            for mean, width in zip(gains.mean(), half, strict=True)
        ]
    print(pd.DataFrame(table, index=means.columns).drop("none").to_string())


def _print_fall(scores):
    table = scores.pivot_table(index="dataset", columns="sampler", values="fall")
    print("\nShare by which MeanIR falls:")
    print(table.round(2).to_string())


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
        for metric, sign in SIGNS.items():
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
    parser.add_argument("--quick", action="store_true", help="small sets, 3 folds")
    parser.add_argument("--ablation", action="store_true", help="mechanisms off too")
    parser.add_argument("--sets", help="names, separated by commas")
    parser.add_argument("--samplers", help="only these, separated by commas")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--scores", type=Path, help="default standing.csv")
    parser.add_argument("--fresh", help="a sampler to compute anew")
    options = parser.parse_args()
    if not options.data.is_dir():
        parser.error(f"no real data sets in {options.data}: set AEMLO_TEST_DATA")
    names = QUICK_SETS if options.quick else tuple(FILES)
    if options.sets:
        names = options.sets.split(",")
    repeats, n_folds = (1, QUICK_FOLDS) if options.quick else (options.repeats, 5)
    if options.scores is None:
        options.scores = HERE / f"standing{'_quick' * options.quick}.csv"
    samplers = arms(options.ablation)
    if options.samplers:
        samplers = {name: samplers[name] for name in options.samplers.split(",")}
    if options.fresh:
        kept = stored(options.scores)
        kept[kept["sampler"] != options.fresh].to_csv(options.scores, index=False)
    scores = stored(options.scores)
    units = list(missing_units(names, samplers, repeats, n_folds, scores, options.data))
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
