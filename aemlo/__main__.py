"""`python -m aemlo`: the verbs of the pages without a server.

Results go to standard output, progress to standard error when it is a terminal. What
a user can put right ends with one line and exit code 2.
"""

import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd

from aemlo import __version__, imbalance, params, provenance
from aemlo import safe_tables as tables
from aemlo.dataset import Dataset
from aemlo.errors import AemloError, ParameterError
from aemlo.formats import WRITERS, says_split, write
from aemlo.progress import Bar
from aemlo.registry import find
from aemlo.specs.file_arguments import file_arguments, label_arguments, read_dataset

# What of a comparison differs from run to run with the same seed; the rest does not.
MEASURED = (
    "prepare_seconds",
    "sample_seconds",
    "fit_seconds",
    "predict_seconds",
    "peak_mb",
)
CELL = ("dataset", "sampler", "classifier", "repeat", "fold")


def main(arguments: Sequence[str] | None = None) -> int:
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


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, exit code 2, as for every other mistake."""
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help.\n")


def _parser() -> ArgumentParser:
    parser = _Parser(prog="aemlo", description=(__doc__ or "").splitlines()[0])
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
    compare.add_argument("--folds", type=int, default=5)
    compare.add_argument("--repeats", type=int, default=1)
    compare.add_argument("--split", default="folds", help="folds, hold-out or declared")
    compare.add_argument("--jobs", type=_jobs, help="processes at once; default 1")
    compare.add_argument("--backend", help="loky (default) or dask")
    compare.add_argument("--scheduler", help="a Dask scheduler: address or name")
    compare.add_argument("--spec", help="a TOML file the Compare page wrote")
    _settings(compare, "AEMLO.epochs=5 sets one sampler's or classifier's")
    compare.add_argument(
        "--out", required=True, help="CSV of the tidy rows; beside it NAME.timing.csv"
    )
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


def _settings(parser: ArgumentParser, help: str = "a setting of the sampler") -> None:
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help=help
    )
    parser.add_argument("--seed", type=_seed, default=0)


def _seed(text: str) -> int:
    return _whole_number(text, 0, 2**32 - 1)


def _jobs(text: str) -> int:
    return _whole_number(text, 1, 1_000)


def _whole_number(text: str, low: int, high: int) -> int:
    """The number written in `text`; what is raised becomes one line of the parser."""
    number = int(text) if text.lstrip("-").isdecimal() else None
    if number is None or not low <= number <= high:
        raise ArgumentTypeError(
            f"must be a whole number from {low} to {high}, got {text!r}"
        )
    return number


def _endings() -> str:
    return ", ".join(sorted({e for form in WRITERS.values() for e in form.extensions}))


def do_info(options: Namespace) -> None:
    """Print what is in a file."""
    dataset = read_dataset(options)
    summary = imbalance.summary(dataset.Y, len(dataset.feature_names))
    summary["label_names"] = list(dataset.label_names)
    summary["labels_from"] = dataset.labels_from
    summary["warnings"] = list(dataset.warnings)
    if options.json:
        print(json.dumps(summary, indent=1))
        return
    for name, value in summary.items():
        if not isinstance(value, dict | list):
            value = f"{value:.4f}" if isinstance(value, float) else value
            print(f"{name:<14} {value}")
    table = imbalance.per_label(dataset.Y, dataset.label_names)
    print("\n" + table.to_string(index=False, float_format="{:.4g}".format))


def _sampler(name: str, settings: Sequence[str], seed: int) -> Any:
    from aemlo.samplers import SAMPLERS

    cls = find(SAMPLERS, name, "sampler")
    values = {}
    for text in settings:
        key, value = _key_and_value(text)
        values[key] = params.parse(cls, key, value)
    return params.build(cls, values, random_state=seed)


def _key_and_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ParameterError(f"--set {text!r}: write KEY=VALUE, for example epochs=60.")
    return key.strip(), value.strip()


def _try_file(out: Path) -> None:
    """Raise an error where the file `out` cannot be written; leaves no trace."""
    if out.is_dir():
        raise ParameterError(f"{out}: it is a folder. Name a file in it.")
    if not out.parent.is_dir():
        raise ParameterError(
            f"{out}: there is no folder {out.parent}. Create it, or name another file."
        )
    if out.exists() and not out.is_file():
        return  # a device or a pipe, which opening would disturb
    is_new = not out.exists()
    out.open("ab").close()
    if is_new:
        out.unlink()


def _try_folder(folder: Path) -> None:
    """Raise an error where files cannot be put into `folder`; leaves no trace."""
    if folder.exists() and not folder.is_dir():
        raise ParameterError(f"{folder}: it is a file. Name a folder.")
    existing = next(
        path for path in (folder, *folder.absolute().parents) if path.exists()
    )
    _try_file(existing / ".aemlo-tried")


def _try_format(dataset: Dataset, out: Path) -> None:
    """Raise a DataError where no format is known for the name `out`."""
    says_split(dataset, out.with_suffix("") if out.suffix.lower() == ".zip" else out)


def do_resample(options: Namespace) -> None:
    """Resample a file and write it with a column that marks synthetic rows."""
    from aemlo.preparation.preparation import Preparation

    sampler = _sampler(options.sampler, options.set, options.seed)
    _try_file(Path(options.out))
    dataset = read_dataset(options)
    _try_format(dataset, Path(options.out))
    preparation = Preparation(scale="none").fit(dataset)
    with Bar(sampler.title) as bar:
        X, Y = sampler.fit_resample(
            preparation.transform(dataset),
            dataset.Y,
            categorical_features=preparation.categorical_features_,
            on_progress=bar,
        )
    resampled = preparation.restore(X, Y, dataset)
    added = int((sampler.provenance_["origin"] < 0).sum())
    # Rows of the file that were marked as synthetic stay marked.
    known = provenance.after(
        provenance.of(dataset), sampler.provenance_, dataset.label_names, sampler.title
    )
    files = write(resampled, options.out, mark=known["synthetic"].to_numpy())
    features = len(dataset.feature_names)
    before = imbalance.summary(dataset.Y, features)
    after = imbalance.summary(resampled.Y, features)
    names = [str(path) for path in files]
    if options.json:
        result = {
            "rows_before": dataset.n,
            "rows_after": resampled.n,
            "rows_made": added,
            "before": before,
            "after": after,
            "notes": list(sampler.notes_),
            "files": names,
        }
        print(json.dumps(result, indent=1))
        return
    print(f"rows    {dataset.n:,} -> {resampled.n:,} ({added:,} synthetic)")
    for key, name in (("mean_ir", "MeanIR"), ("cv_ir", "CVIR"), ("scumble", "SCUMBLE")):
        print(f"{name:<7} {before[key]:.3f} -> {after[key]:.3f}")
    for note in sampler.notes_:
        print(note)
    print("wrote   " + ", ".join(names))


def do_train(options: Namespace) -> None:
    """Train AEMLO; write losses.csv, the weights and a spec that repeats it."""
    from aemlo.preparation.preparation import Preparation
    from aemlo.samplers import AEMLO

    folder = Path(options.out)
    sampler = _sampler(options.sampler, options.set, options.seed)
    if not isinstance(sampler, AEMLO):
        raise ParameterError(
            f"{sampler.title} is not trained by itself. Use `aemlo resample`."
        )
    _try_folder(folder)
    dataset = read_dataset(options)
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


def do_compare(options: Namespace) -> None:
    """Run an experiment and write its tidy rows, seconds in a file of their own."""
    from aemlo import experiment, specs
    from aemlo.experiment import schedulers

    path, out = Path(options.spec) if options.spec else None, Path(options.out)
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
    _try_file(out)
    datasets = specs.datasets(spec, path.parent) if path else [read_dataset(options)]
    samplers, classifiers = specs.arms(spec)
    with Bar("compare") as bar:
        scores = experiment.run(
            datasets,
            samplers,
            classifiers,
            on_progress=bar,
            **engine,
            **specs.options(spec),
        )
    timing = out.with_name(f"{out.stem}.timing.csv")
    of_cells = scores[[*CELL, *MEASURED]].drop_duplicates()
    tables.save_csv(scores.drop(columns=list(MEASURED)), out)
    tables.save_csv(of_cells, timing)
    _print_comparison(scores, spec["baseline"])
    print(f"wrote {len(scores):,} rows to {out}, seconds to {timing}")


def _print_comparison(scores: pd.DataFrame, baseline: str) -> None:
    whole = scores[(scores["label"] == "") & scores["metric"].notna()]
    by = ["metric", "classifier", "sampler"]
    table = whole.groupby(by, sort=False)["value"].agg(["mean", "std"])
    print(table.to_string(float_format="{:.4f}".format))
    failed = scores["error"].fillna("") if "error" in scores else pd.Series(dtype=str)
    for text in failed[failed != ""].unique():
        print(f"warning: a cell failed: {text}", file=sys.stderr)


def _spec(options: Namespace) -> dict[str, Any]:
    """The experiment that the options describe, not yet checked."""
    from aemlo import specs
    from aemlo.classifiers import CLASSIFIERS
    from aemlo.samplers import SAMPLERS

    for name in ("file", "samplers", "classifiers"):
        if not getattr(options, name):
            raise ParameterError(f"compare needs {name}, or --spec with all of it.")
    tables = {"samplers": SAMPLERS, "classifiers": CLASSIFIERS}
    arms = {
        family: _titles(family, getattr(options, family), table)
        for family, table in tables.items()
    }
    for text in options.set:
        family, arm, setting, value = _setting_of_an_arm(text, arms)
        arms[family][arm][setting] = params.parse(tables[family][arm], setting, value)
    titles = list(arms["samplers"])
    spec: dict[str, Any] = {
        "baseline": "none" if "none" in titles else titles[0],
        "seed": options.seed,
        "split": options.split,
        "folds": options.folds,
        "repeats": options.repeats,
    }
    for family, settings_by_title in arms.items():
        spec[family] = [specs.arm(*item) for item in settings_by_title.items()]
    return spec


def _titles(
    family: str, names: str, table: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """The titles of `names`, commas between, with no settings yet."""
    settings: dict[str, dict[str, Any]] = {}
    for name in names.split(","):
        title = find(table, name, family[:-1]).title
        if title in settings:
            raise ParameterError(
                f"--{family} {names}: {title!r} is named twice. Name each once."
            )
        settings[title] = {}
    return settings


def _setting_of_an_arm(
    text: str, arms: Mapping[str, Mapping[str, Any]]
) -> tuple[str, str, str, str]:
    """(family, title, setting, value) of NAME.SETTING=VALUE."""
    key, value = _key_and_value(text)
    name, _, setting = key.rpartition(".")
    for family, titles in arms.items():
        for title in titles:
            if title.casefold() == name.casefold():
                return family, title, setting, value
    known = ", ".join([*arms["samplers"], *arms["classifiers"]])
    raise ParameterError(
        f"--set {text!r}: write NAME.SETTING=VALUE with a NAME of {known}."
    )


def do_convert(options: Namespace) -> None:
    """Write a file in another format."""
    _try_file(Path(options.out))
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


def do_list(options: Namespace) -> None:
    """Print all names the other verbs take."""
    from aemlo.classifiers import CLASSIFIERS
    from aemlo.metrics import METRICS
    from aemlo.samplers import SAMPLERS

    titles = {
        "samplers": list(SAMPLERS),
        "classifiers": list(CLASSIFIERS),
        "metrics": list(METRICS),
        "formats": list(WRITERS),
    }
    if options.json:
        print(json.dumps(titles, indent=1))
        return
    for family, names in titles.items():
        print(f"{family}:")
        for name in names:
            print(f"  {name}")


if __name__ == "__main__":
    sys.exit(main())
