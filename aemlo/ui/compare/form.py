"""The form of the Compare page: arms, splits, and what they can measure."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aemlo import formats, params, specs
from aemlo.charts import compare as charts
from aemlo.classifiers import CLASSIFIERS
from aemlo.compare.equal_arms import arm_name
from aemlo.dataset import Dataset
from aemlo.errors import ParameterError
from aemlo.experiment import cores, folds, schedulers
from aemlo.exports import comparison_text
from aemlo.metrics import ALL_METRICS
from aemlo.samplers import SAMPLERS
from aemlo.ui import figures, forms, layout, state
from aemlo.ui.state import Workspace
from aemlo.wording import count, counted

Entry = dict[str, Any]
"""One arm of a spec: `name`, `use` and, where some are changed, `settings`."""
Spec = dict[str, Any]
"""What a comparison is made of; see `aemlo.specs.checked`."""

FAMILIES = {"samplers": SAMPLERS, "classifiers": CLASSIFIERS}
FIRST = {
    "samplers": ("none", "MLSMOTE", "AEMLO"),
    "classifiers": ("BR-logistic", "BR-tree", "ML-kNN"),
}
VARIANTS = "compare.variants"
LIMITS = {
    "folds": (2, 20),
    "test_share": (0.05, 0.9),
    "repeats": (1, 20),
    "seed": (0, 2**31 - 1),
    "jobs": (1, 64),
}
DIVISION = ("split", "folds", "test_share", "repeats", "seed", "duplicates", "groups")
"""The entries of a spec that say how rows are divided."""
OTHERS = ("scale", "keep_features", "control", "baseline", "primary", "rope")
"""Further entries of a spec with a widget each."""
SPLIT_NAMES = {
    "folds": "Stratified folds",
    "hold-out": "Hold-out",
    "declared": "The split given in the files",
}
DUPLICATES_NAMES = {
    "together": "stay together on one side of a split",
    "as they fall": "are divided like other rows (with a warning)",
}
SCALING_NAMES = {"min-max": "each feature to 0 to 1", "none": "none"}
LEAK_NAMES = {
    "": "no",
    "sampler": "the sampler",
    "scaler": "the scaler",
    "features": "the choice of features",
}
NO_SWEEP = "no sweep"


def choose_spec(workspace: Workspace, dataset: Dataset) -> Spec | None:
    """Draw the form; returns the spec it describes.

    None where there is no sampler or no classifier.
    """
    samplers, classifiers = arms()
    variant_editor()
    chosen = splits(dataset)
    chosen |= more(workspace, dataset)
    names = [entry["name"] for entry in samplers]
    if not names or not classifiers:
        return None
    spec = chosen | {"samplers": samplers, "classifiers": classifiers}
    spec |= _verdict_settings(arms_of(spec))
    sweep = sweep_of(samplers)
    if sweep:
        spec["sweep"] = sweep
    return spec


def arms_of(spec: Spec) -> list[str]:
    """The names of the arms of a spec: samplers, remedies, and both together."""
    remedies = dict.fromkeys(known.remedy for known in specs.learners(spec).values())
    samplers = [entry["name"] for entry in spec["samplers"]]
    return [arm_name(name, remedy) for remedy in remedies for name in samplers]


def arms_key(names: Sequence[str]) -> str:
    """The key of the list of arms: other arms to choose from, another widget."""
    return f"compare.arms.{zlib.crc32(repr(list(names)).encode())}"


def _verdict_settings(names: list[str]) -> Spec:
    """Choose what the verdict rests on: baseline, primary metric, equivalence."""
    chosen = st.multiselect(
        "Arms",
        names,
        default=names,
        key=arms_key(names),
        help="An arm is what is done about the imbalance: a sampler, a remedy of the "
        "classifier, or both. All arms are compared as equals, with each classifier.",
    )
    limited = set(chosen) != set(names)
    names = chosen or names
    columns = st.columns(3)
    usable = [m.title for m in ALL_METRICS.values() if m.better and not m.per_label]
    return {
        "only": chosen if limited else [],
        "baseline": columns[0].selectbox(
            "Compare every arm to",
            names,
            index=names.index("none") if "none" in names else 0,
            key="compare.baseline",
        ),
        "primary": columns[1].selectbox(
            "Primary metric",
            usable,
            index=usable.index(specs.DEFAULTS["primary"]),
            key="compare.primary",
            help="Carries the verdict, so it is chosen before the run. minority F1: "
            "the mean F1 of the labels with IRLbl above MeanIR. All other metrics are "
            "computed too, and are exploratory.",
        ),
        "rope": columns[2].number_input(
            "Practically equal up to",
            0.0,
            0.5,
            specs.DEFAULTS["rope"],
            0.005,
            format="%.3f",
            key="compare.rope",
            help="Differences up to this size make no difference in practice.",
        ),
    }


def expectation(spec: Spec, dataset: Dataset) -> None:
    """What the folds of a spec cannot measure, what they hold, and its size."""
    division = {name: spec[name] for name in DIVISION if name in spec}
    table, warnings, evenness = planned(dataset.content_hash, division, dataset)
    for sentence in warnings:
        st.warning(layout.plain(sentence))
    st.caption(layout.plain(evenness))
    with st.expander("Positive rows in each test part", icon=":material/grid_on:"):
        figures.figure(
            charts.folds_and_labels(table),
            data=table,
            name=f"{dataset.name}-folds-and-labels",
            alt="Positive rows of each label in the test part of each fold.",
            key="compare.planned",
        )
    st.caption(size_in_words(spec))


def start_buttons(workspace: Workspace, spec: Spec) -> None:
    """The buttons that start the comparison, or its first split alone."""
    with st.container(horizontal=True):
        whole = st.button("Compare", type="primary", icon=":material/balance:")
        pilot = st.button(
            "Time the first fold",
            icon=":material/timer:",
            help="Runs the first split only and estimates how long the rest takes. "
            "Its results are reused later.",
        )
    if whole or pilot:
        start(workspace, spec, pilot)


def arms() -> tuple[list[Entry], list[Entry]]:
    """Choose samplers and classifiers; returns the two lists of a spec."""
    sampler_side, classifier_side = st.columns(2)
    samplers = _choose_arms(
        sampler_side,
        "samplers",
        "Fitted on the training part of every fold, seeded per fold.",
    )
    classifiers = _choose_arms(
        classifier_side,
        "classifiers",
        "Each classifier is trained on the output of each sampler.",
    )
    remedies = st.multiselect(
        "Also each classifier with",
        list(specs.REMEDIES),
        placeholder="none",
        key="compare.remedies",
        help="Remedies to compare with oversampling. Class weights give rows of rare "
        "classes more weight. Thresholds are tuned for each label, out of fold, on the "
        "training part.",
    )
    return samplers, specs.with_remedies(classifiers, remedies)


def _choose_arms(column: DeltaGenerator, family: str, explanation: str) -> list[Entry]:
    """Choose the arms of one family, its variants among them."""
    table = FAMILIES[family]
    variants = {v["name"]: v for v in _variants() if v["family"] == family}
    chosen = column.multiselect(
        family.capitalize(),
        [*table, *variants],
        default=[*(n for n in FIRST[family] if n in table), *variants],
        key=f"compare.{family}.{len(variants)}",
        help=explanation,
    )
    return [
        specs.arm(variants[name]["use"], variants[name]["settings"], name)
        if name in variants
        else specs.arm(name)
        for name in chosen
    ]


def _variants() -> list[dict[str, Any]]:
    return st.session_state.setdefault(VARIANTS, [])


def variant_editor() -> None:
    """Add arms with other settings, one or a sweep over one setting; remove them."""
    with st.popover("Add a variant or a sweep", icon=":material/tune:"):
        _new_variant()
    variants = len(_variants())
    if variants and st.button(
        f"Remove {counted(variants, 'variant')}",
        type="tertiary",
        icon=":material/close:",
    ):
        st.session_state[VARIANTS] = []
        st.rerun()


def _new_variant() -> None:
    """The form of one more variant, or of one for each value of a setting."""
    family = st.segmented_control(
        "Kind",
        list(FAMILIES),
        default="samplers",
        required=True,
        format_func=lambda name: name[:-1].capitalize(),
        key="compare.variant.family",
    )
    title = st.selectbox("Based on", list(FAMILIES[family]), key=f"variant.{family}")
    cls = FAMILIES[family][title]
    settings = forms.param_form(cls, key=f"variant.{family}.{title}")
    swept = st.selectbox(
        "Sweep one setting over several values",
        [NO_SWEEP, *params.parameters(cls)],
        key=f"variant.sweep.{family}.{title}",
    )
    sweeps = swept != NO_SWEEP
    values = ""
    if sweeps:
        values = st.text_input(
            f"Values of {forms.caption(swept, params.parameters(cls)[swept].rule)}",
            placeholder="0.1, 0.25, 0.5",
            key=f"variant.values.{family}.{title}.{swept}",
        )
    name = st.text_input(
        "Name in the tables",
        value="" if sweeps else f"{title} *",
        disabled=sweeps,
        key=f"variant.name.{family}.{title}.{not sweeps}",
    )
    if st.button("Add", type="primary", key="compare.variant.add"):
        with layout.shown_errors():
            changed = _changed(cls, settings)
            if sweeps:
                _add_sweep(family, cls, changed, swept, values)
            else:
                _add(family, cls, [(name.strip(), changed, None)])
            st.rerun()


def _changed(cls: type[Any], settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that are not at their defaults."""
    defaults = {name: p.default for name, p in params.parameters(cls).items()}
    return {name: v for name, v in settings.items() if v != defaults[name]}


def _add_sweep(
    family: str, cls: type[Any], changed: dict[str, Any], setting: str, values: str
) -> None:
    """Add one variant for each of the values, which are written with commas."""
    texts = [text.strip() for text in values.split(",") if text.strip()]
    if not texts:
        raise ParameterError(f"{cls.title}: write the values of {setting} to sweep.")
    variants = []
    for text in texts:
        value = params.parse(cls, setting, text)
        name = f"{cls.title} {setting}={text}"
        variants.append((name, changed | {setting: value}, [setting, value]))
    _add(family, cls, variants)


def _add(
    family: str,
    cls: type[Any],
    variants: Sequence[tuple[str, dict[str, Any], list[Any] | None]],
) -> None:
    """Add variants: (name, changed settings, [setting, value] where it is swept).

    ParameterError for a name that is used already, or for a setting out of range.
    """
    used = {*FAMILIES[family], *(v["name"] for v in _variants())}
    for name, settings, sweep in variants:
        if not name or name in used:
            raise ParameterError(
                f"There is a {family[:-1]} called {name!r} already. Use another name."
            )
        params.build(cls, settings)
        _variants().append(
            {
                "family": family,
                "use": cls.title,
                "name": name,
                "settings": settings,
                "sweep": sweep,
            }
        )


def sweep_of(samplers: Sequence[Entry]) -> dict[str, Any] | None:
    """The sweep among the samplers of a spec: `{"setting", "values"}`, or None."""
    names = {entry["name"] for entry in samplers}
    points = [v for v in _variants() if v["name"] in names and v["sweep"]]
    if len(points) < 2:
        return None
    setting = points[0]["sweep"][0]
    values = {v["name"]: v["sweep"][1] for v in points if v["sweep"][0] == setting}
    return {"setting": setting, "values": values}


def splits(dataset: Dataset) -> Spec:
    """Choose how rows are divided; returns the entries of a spec."""
    ways = ["folds", "hold-out"] + ["declared"] * (dataset.split is not None)
    columns = st.columns([2, 1, 1, 1], vertical_alignment="bottom")
    how = columns[0].segmented_control(
        "Rows are divided by",
        ways,
        default="folds",
        required=True,
        format_func=lambda way: SPLIT_NAMES[way],
        key="compare.split",
    )
    chosen: Spec = {"split": how}
    if how == "folds":
        chosen["folds"] = columns[1].number_input(
            "Folds",
            *LIMITS["folds"],
            5,
            key="compare.folds",
            help="More folds give larger training parts and take longer.",
        )
    if how == "hold-out":
        chosen["test_share"] = columns[1].number_input(
            "Test share", *LIMITS["test_share"], 0.2, 0.05, key="compare.test_share"
        )
    chosen["repeats"] = columns[2].number_input(
        "Repeats",
        *LIMITS["repeats"],
        1,
        key="compare.repeats",
        help="Each repeat divides the rows again (with a declared split: other seeds). "
        "More repeats give more pairs and narrower intervals.",
    )
    chosen["seed"] = columns[3].number_input(
        "Seed",
        *LIMITS["seed"],
        0,
        key="compare.seed",
        help="The same seed gives the same scores.",
    )
    return chosen


def more(workspace: Workspace, dataset: Dataset) -> Spec:
    """What few need: duplicates, scaling, other data sets, processes, a leak."""
    chosen: Spec = {}
    with st.expander("More settings"):
        left, right = st.columns(2)
        chosen["duplicates"] = left.selectbox(
            "Rows with equal features",
            folds.DUPLICATES,
            format_func=lambda way: DUPLICATES_NAMES[way],
            key="compare.duplicates",
        )
        chosen["scale"] = right.selectbox(
            "Scaling, fitted on the training part",
            list(SCALING_NAMES),
            format_func=lambda way: SCALING_NAMES[way],
            key="compare.scale",
        )
        chosen["groups"] = right.selectbox(
            "Keep together rows with the same",
            ["", *dataset.feature_names],
            format_func=lambda name: name or "nothing (rows are independent)",
            key="compare.groups",
            help="A column such as the patient or the author. Its rows stay on one "
            "side of each split, and the column is not used as a feature.",
        )
        others = known_datasets(workspace, dataset)
        more_datasets = left.multiselect(
            "Also on these data sets",
            list(others),
            format_func=lambda key: others[key],
            key="compare.more_datasets",
            help="Data sets used in this workspace. With several, samplers are ranked.",
        )
        if more_datasets:
            chosen["more_datasets"] = more_datasets
        chosen["jobs"] = right.number_input(
            "Processes at the same time",
            *LIMITS["jobs"],
            all_cores(),
            key="compare.jobs",
            help="One core stays free while somebody else waits or uses a page.",
        )
        with right, layout.shown_errors():
            chosen |= _scheduler()
        chosen["keep_features"] = right.number_input(
            "Best features to keep (0: all)",
            0,
            len(dataset.feature_names),
            0,
            key="compare.keep_features",
            help="Chosen on the training part of each split, by ANOVA F over the "
            "labels.",
        )
        chosen["control"] = right.checkbox(
            "Control run with permuted labels",
            key="compare.control",
            help="Runs everything again on labels in another order. Scores must fall "
            "to chance; if they do not, something has seen the test rows.",
        )
        leaks = [name for name in LEAK_NAMES if name != "features"]
        if chosen["keep_features"]:
            leaks = list(LEAK_NAMES)
        leak = left.selectbox(
            "Show the effect of a leak: also fit before the split",
            leaks,
            format_func=lambda what: LEAK_NAMES[what],
            key="compare.leak",
        )
        if leak:
            chosen["leak"] = leak
    return chosen


def all_cores() -> int:
    """As many processes as there are cores, within what the form takes."""
    return min(cores(), int(LIMITS["jobs"][1]))


def _scheduler() -> Spec:
    """Choose among the schedulers the administrator allowed, if there are any."""
    names = list(schedulers.allowed())
    usual = "the default cluster" if schedulers.backend() == "dask" else "this machine"
    if not names:
        return {}
    name = st.selectbox(
        "Compute on",
        ["", *names],
        format_func=lambda name: name or usual,
        key="compare.scheduler",
        help="Dask clusters that the administrator of this server allowed.",
    )
    return {"backend": "dask", "scheduler": name} if name else {}


def known_datasets(workspace: Workspace, dataset: Dataset) -> dict[str, str]:
    """Other data sets of this workspace, and yeast: content hash -> name."""
    visited = st.session_state.setdefault("compare.seen", {})
    visited[dataset.content_hash] = dataset.name
    used = {run.dataset: run.dataset_name for run in workspace.runs() if run.dataset}
    known = {_yeast(): "yeast", **used, **visited}
    return {key: name for key, name in known.items() if key != dataset.content_hash}


@st.cache_resource
def _yeast() -> str:
    return state.store().add_dataset(formats.read("yeast"))


@st.cache_data(max_entries=16, show_spinner="Dividing the rows")
def planned(
    key: str, division: Spec, _dataset: Dataset
) -> tuple[pd.DataFrame, tuple[str, ...], str]:
    """(positives per fold and label, warnings, evenness) of the splits of a spec.

    `key` is the content hash of the data set, `division` the entries DIVISION.
    """
    chosen = {name: value for name, value in division.items() if name != "seed"}
    splits = folds.Splits(**chosen).of(_dataset, division["seed"])
    return (
        folds.table(_dataset, splits),
        folds.warnings(_dataset, splits, division.get("groups", "")),
        comparison_text.splits_in_words(_dataset, splits),
    )


def start(workspace: Workspace, spec: Spec, pilot: bool = False) -> None:
    """Queue the comparison, or its first split alone, and show it."""
    title = title_of(spec["samplers"], spec["classifiers"])
    if pilot:
        spec, title = spec | {"pilot": True}, f"First fold: {title}"
    state.show(workspace.enqueue("compare", title, plain_settings(spec)))
    st.rerun()


def size_in_words(spec: Spec) -> str:
    """How many cells a spec asks for."""
    samplers, classifiers = spec["samplers"], spec["classifiers"]
    division = specs.DEFAULTS | spec
    per_repeat = division["folds"] if division["split"] == "folds" else 1
    splits = per_repeat * division["repeats"]
    cells = splits * len(samplers) * len(classifiers)
    cells *= 1 + len(spec.get("more_datasets", ()))
    cells *= 2 if spec.get("leak") else 1
    return (
        f"{counted(cells, 'cell')}: {counted(len(samplers), 'sampler')} × "
        f"{counted(len(classifiers), 'classifier')} × {counted(splits, 'split')}. "
        "Cells that were computed before are reused."
    )


def plain_settings(spec: Any) -> Any:
    """A spec as JSON can hold it: tuples as lists, NumPy numbers as numbers."""
    if isinstance(spec, dict):
        return {str(name): plain_settings(value) for name, value in spec.items()}
    if isinstance(spec, list | tuple):
        return [plain_settings(value) for value in spec]
    return spec.item() if isinstance(spec, np.generic) else spec


def title_of(samplers: Sequence[Entry], classifiers: Sequence[Entry]) -> str:
    """What a run of these arms is called in the list of runs."""
    names = [entry["name"] for entry in samplers]
    listed = ", ".join(names[:4])
    if len(names) > 4:
        listed += f" and {count(len(names) - 4)} more"
    return f"Compare {listed} with {counted(len(classifiers), 'classifier')}"
