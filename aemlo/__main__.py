"""`python -m aemlo`: the verbs of the pages without a server.

Results go to standard output, progress to standard error when it is a terminal. What
a user can put right ends with one line and exit code 2.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from aemlo import __version__, imbalance, params, provenance
from aemlo import safe_tables as tables
from aemlo.errors import AemloError, ParameterError
from aemlo.formats import WRITERS, says_split, write
from aemlo.progress import Bar
from aemlo.registry import find
from aemlo.specs.file_arguments import file_arguments, label_arguments, read_dataset


def main(arguments=None):
    """Run one verb; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.do(options)
    except AemloError as problem:
        print(f"aemlo: {' '.join(str(problem).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read the output has enough; nothing more can be written to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as problem:
        name = problem.filename or "a file"
        print(f"aemlo: {name}: {problem.strerror or problem}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\naemlo: stopped.", file=sys.stderr)
        return 130
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        """One line, exit code 2, as for every other mistake."""
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help.\n")


def _parser():
    parser = _Parser(prog="aemlo", description=__doc__.splitlines()[0])
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(
        dest="verb", required=True, metavar="VERB", parser_class=_Parser
    )

    info = verbs.add_parser("info", help="what is in a file, and how imbalanced")
    file_arguments(info)
    info.add_argument("--json", action="store_true", help="print JSON")
    info.set_defaults(do=do_info)

    resample = verbs.add_parser("resample", help="add, remove or split rows")
    file_arguments(resample)
    resample.add_argument("--sampler", required=True, help="a name `list` prints")
    _settings(resample)
    resample.add_argument("--out", required=True, help=f"file: {_endings()}")
    resample.add_argument("--json", action="store_true", help="print JSON")
    resample.set_defaults(do=do_resample)

    train = verbs.add_parser("train", help="train AEMLO and keep the model")
    file_arguments(train)
    train.add_argument("--sampler", default="AEMLO", help="AEMLO or AEMLO-paper")
    _settings(train)
    train.add_argument("--out", required=True, help="folder for losses.csv and model")
    train.set_defaults(do=do_train)

    compare = verbs.add_parser("compare", help="classifiers before and after sampling")
    compare.add_argument("file", nargs="?", help="as for info; not with --spec")
    label_arguments(compare)
    compare.add_argument("--samplers", help="names, comma between")
    compare.add_argument("--classifiers", help="names, comma between")
    compare.add_argument(
        "--remedies",
        help="of each classifier, comma between: class weights, thresholds, "
        "class weights + thresholds",
    )
    compare.add_argument("--baseline", help="the arm all are compared to; default none")
    compare.add_argument("--primary", help="the metric of the verdict: minority F1")
    compare.add_argument("--rope", type=float, help="differences up to it are none")
    compare.add_argument("--groups", help="column whose equal values stay together")
    compare.add_argument(
        "--keep-features", type=int, help="so many, chosen on the training part"
    )
    compare.add_argument(
        "--control",
        action="store_true",
        help="also run on permuted labels, where scores must fall to chance",
    )
    compare.add_argument("--folds", type=int, default=5)
    compare.add_argument("--repeats", type=int, default=1)
    compare.add_argument("--split", default="folds", help="folds, hold-out or declared")
    compare.add_argument(
        "--jobs", type=int, help="processes at once; default: all cores"
    )
    compare.add_argument("--backend", help="loky (default) or dask")
    compare.add_argument("--scheduler", help="a Dask scheduler: address or name")
    compare.add_argument("--spec", help="a TOML file the Compare page wrote")
    _settings(compare, "AEMLO.epochs=5 sets one sampler's or classifier's")
    compare.add_argument("--out", required=True, help="CSV of the tidy rows")
    compare.set_defaults(do=do_compare)

    convert_verb = verbs.add_parser("convert", help="write a file in another format")
    file_arguments(convert_verb)
    convert_verb.add_argument("out", help=f"file: {_endings()}")
    convert_verb.add_argument("--to", help=f"format: {', '.join(WRITERS)}")
    convert_verb.set_defaults(do=do_convert)

    listing = verbs.add_parser("list", help="names of samplers, classifiers, metrics")
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(do=do_list)
    return parser


def _settings(parser, help="a setting of the sampler"):
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help=help
    )
    parser.add_argument("--seed", type=int, default=0)


def _endings():
    return ", ".join(sorted({e for form in WRITERS.values() for e in form.extensions}))


def do_info(options):
    """Print what is in a file."""
    dataset = read_dataset(options)
    found = imbalance.summary(dataset.Y, len(dataset.feature_names))
    found["label_names"] = list(dataset.label_names)
    found["labels_from"] = dataset.labels_from
    found["warnings"] = list(dataset.warnings)
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        if not isinstance(value, dict | list):
            value = f"{value:.4f}" if isinstance(value, float) else value
            print(f"{name:<14} {value}")
    table = imbalance.per_label(dataset.Y, dataset.label_names)
    print("\n" + table.to_string(index=False, float_format="{:.4g}".format))


def _sampler(name, settings, seed):
    from aemlo.samplers import SAMPLERS

    cls = find(SAMPLERS, name, "sampler")
    values = {}
    for text in settings:
        key, value = _key_and_value(text)
        values[key] = params.parse(cls, key, value)
    return params.build(cls, values, random_state=seed)


def _key_and_value(text):
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ParameterError(f"--set {text!r}: write KEY=VALUE, for example epochs=60.")
    return key.strip(), value.strip()


def do_resample(options):
    """Resample a file and write it with a column that marks synthetic rows."""
    from aemlo.preparation.preparation import Preparation

    dataset = read_dataset(options)
    sampler = _sampler(options.sampler, options.set, options.seed)
    preparation = Preparation(scale="none").fit(dataset)
    with Bar(sampler.title) as bar:
        X, Y = sampler.fit_resample(
            preparation.transform(dataset),
            dataset.Y,
            categorical_features=preparation.categorical_features_,
            on_progress=bar,
        )
    made = preparation.restore(X, Y, dataset)
    mark = (sampler.provenance_["origin"] < 0).to_numpy()
    # Rows of the file that were marked as synthetic stay marked.
    known = provenance.after(
        provenance.of(dataset), sampler.provenance_, dataset.label_names, sampler.title
    )
    files = write(made, options.out, mark=known["synthetic"].to_numpy())
    features = len(dataset.feature_names)
    found = {
        "rows_before": dataset.n,
        "rows_after": made.n,
        "rows_made": int(mark.sum()),
        "before": imbalance.summary(dataset.Y, features),
        "after": imbalance.summary(made.Y, features),
        "notes": list(sampler.notes_),
        "files": [str(path) for path in files],
    }
    if options.json:
        print(json.dumps(found, indent=1))
        return
    print(f"rows    {dataset.n:,} -> {made.n:,} ({int(mark.sum()):,} synthetic)")
    for key, name in (("mean_ir", "MeanIR"), ("cv_ir", "CVIR"), ("scumble", "SCUMBLE")):
        before, after = found["before"][key], found["after"][key]
        print(f"{name:<7} {before:.3f} -> {after:.3f}")
    for note in sampler.notes_:
        print(note)
    print("wrote   " + ", ".join(found["files"]))


def do_train(options):
    """Train AEMLO; write losses.csv, the weights and a spec that repeats it."""
    from aemlo.preparation.preparation import Preparation
    from aemlo.samplers import AEMLO

    dataset = read_dataset(options)
    sampler = _sampler(options.sampler, options.set, options.seed)
    if not isinstance(sampler, AEMLO):
        raise ParameterError(
            f"{sampler.title} is not trained by itself. Use `aemlo resample`."
        )
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    X = Preparation(scale="none").fit_transform(dataset)
    with Bar(sampler.title) as bar:
        sampler.fit(X, dataset.Y, on_progress=bar)
    sampler.save(folder)
    first = ["epoch", "total", "latent", "ranking", "reconstruction"]
    rest = [name for name in sampler.losses_ if name not in first]
    tables.save_csv(sampler.losses_[first + rest], folder / "losses.csv")
    repeat = {
        "file": options.file,
        "sampler": sampler.title,
        "settings": sampler.get_params() | {"random_state": None},
        "seed": options.seed,
        "data": dataset.content_hash,
        "version": __version__,
    }
    text = json.dumps(repeat, indent=1, default=str)
    (folder / "run.json").write_text(text, encoding="utf-8")
    last = sampler.losses_.iloc[-1]
    print(f"{len(sampler.losses_)} epochs, kept epoch {sampler.best_epoch_}")
    print(f"total loss {last['total']:.5g}, written to {folder}")


def do_compare(options):
    """Run an experiment and write its tidy rows."""
    from aemlo import experiment, specs
    from aemlo.experiment import folds, schedulers
    from aemlo.exports import comparison_text

    path = Path(options.spec) if options.spec else None
    if path:
        spec = specs.from_toml(path.read_text(encoding="utf-8"))
    else:
        spec = specs.checked(specs.written(_spec(options)))
    # Before the data are read: a file that may not say where it computes ends here.
    engine = specs.engine(
        spec,
        jobs=options.jobs,
        backend=options.backend,
        scheduler=options.scheduler and schedulers.from_command_line(options.scheduler),
    )
    datasets = specs.datasets(spec, path.parent) if path else [read_dataset(options)]
    samplers, classifiers = specs.arms(spec)
    chosen = specs.options(spec)
    titles = chosen.pop("metrics")
    plan = experiment.grid(datasets, samplers, classifiers, **chosen)
    for dataset, splits in zip(datasets, plan.splits, strict=True):
        print(comparison_text.splits_in_words(dataset, splits))
        for sentence in folds.warnings(dataset, splits, spec["groups"]):
            print(f"warning: {sentence}", file=sys.stderr)
    predictions = experiment.predictions_of(plan)
    with Bar("compare") as bar:
        scores = experiment.run(
            datasets,
            samplers,
            classifiers,
            metrics=titles,
            on_progress=bar,
            on_cell=predictions.add,
            **engine,
            **chosen,
        )
    tables.save_csv(scores, options.out)
    for text in comparison_text.failures(scores):
        print(f"warning: a cell failed: {text}", file=sys.stderr)
    print(comparison_text.verdicts(spec, specs.verdicts(spec, scores, predictions)))
    for dataset in datasets:
        print(comparison_text.minority_labels(spec, dataset, scores))
    if spec["control"]:
        with Bar("control") as bar:
            shuffled = experiment.run(
                [experiment.permuted(one, spec["seed"]) for one in datasets],
                samplers,
                classifiers,
                metrics=["macro-AUC"],
                on_progress=bar,
                **engine,
                **chosen,
            )
        print(comparison_text.control(spec, shuffled))
    print(f"wrote {len(scores):,} rows to {options.out}")


def _spec(options):
    from aemlo import specs
    from aemlo.classifiers import CLASSIFIERS
    from aemlo.samplers import SAMPLERS

    for name in ("file", "samplers", "classifiers"):
        if not getattr(options, name):
            raise ParameterError(f"compare needs {name}, or --spec with all of it.")
    arms = {"samplers": {}, "classifiers": {}}
    tables = (("samplers", SAMPLERS), ("classifiers", CLASSIFIERS))
    for family, table in tables:
        for name in getattr(options, family).split(","):
            arms[family][find(table, name, family[:-1]).title] = {}
    for text in options.set:
        key, value = _key_and_value(text)
        title, _, setting = key.rpartition(".")
        for family, table in tables:
            for arm, settings in arms[family].items():
                if arm.casefold() == title.casefold():
                    settings[setting] = params.parse(table[arm], setting, value)
                    break
            else:
                continue
            break
        else:
            known = ", ".join([*arms["samplers"], *arms["classifiers"]])
            raise ParameterError(
                f"--set {text!r}: write NAME.SETTING=VALUE with a NAME of {known}."
            )
    titles = list(arms["samplers"])
    remedies = [text.strip() for text in (options.remedies or "").split(",")]
    listed = {
        family: [specs.arm(title, settings) for title, settings in entries.items()]
        for family, entries in arms.items()
    }
    listed["classifiers"] = specs.with_remedies(
        listed["classifiers"], [remedy for remedy in remedies if remedy]
    )
    chosen = {
        name: getattr(options, name)
        for name in ("primary", "rope", "groups", "keep_features", "control")
        if getattr(options, name) is not None
    }
    first = "none" if "none" in titles else titles[0]
    return {
        "baseline": options.baseline or first,
        "seed": options.seed,
        "split": options.split,
        "folds": options.folds,
        "repeats": options.repeats,
        **chosen,
        **listed,
    }


def do_convert(options):
    """Write a file in another format."""
    dataset = read_dataset(options)
    files = write(dataset, options.out, format=options.to)
    print("wrote " + ", ".join(str(path) for path in files))
    if not says_split(dataset, options.out, options.to):
        out = Path(options.out)
        print(
            f"warning: {out.name} does not say which rows are for training. Write "
            f"{out.name}.zip to keep the split as two files.",
            file=sys.stderr,
        )


def do_list(options):
    """Print all names the other verbs take."""
    from aemlo.classifiers import CLASSIFIERS
    from aemlo.metrics import METRICS
    from aemlo.samplers import SAMPLERS

    found = {
        "samplers": list(SAMPLERS),
        "classifiers": list(CLASSIFIERS),
        "metrics": [metric.title for metric in _metrics(METRICS)],
        "formats": list(WRITERS),
    }
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for family, names in found.items():
        print(f"{family}:")
        for name in names:
            print(f"  {name}")


def _metrics(table):
    return table.values() if isinstance(table, dict) else table


if __name__ == "__main__":
    sys.exit(main())
