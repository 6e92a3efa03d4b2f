"""The form of the Compare page: arms, splits, and what they can measure."""

import numpy as np
import streamlit as st

from aemlo import formats, params, specs
from aemlo.charts import compare as charts
from aemlo.classifiers import CLASSIFIERS
from aemlo.errors import ParameterError
from aemlo.experiment import folds, schedulers
from aemlo.samplers import SAMPLERS
from aemlo.ui import figures, forms, layout, state

FAMILIES = {"samplers": SAMPLERS, "classifiers": CLASSIFIERS}
FIRST = {
    "samplers": ("none", "MLSMOTE", "AEMLO"),
    "classifiers": ("BR-logistic", "BR-tree", "ML-kNN"),
}
VARIANTS = "compare.variants"
REMEDIES = ("class weights", "thresholds")
LIMITS = {
    "folds": (2, 20),
    "test_share": (0.05, 0.9),
    "repeats": (1, 20),
    "seed": (0, 2**31 - 1),
    "jobs": (1, 64),
}


def arms():
    """Choose samplers and classifiers; returns the two lists of a spec."""
    columns = st.columns(2)
    chosen = {}
    for column, (family, table) in zip(columns, FAMILIES.items(), strict=True):
        variants = [v for v in _variants() if v["family"] == family]
        names = [*table, *(v["name"] for v in variants)]
        first = [n for n in FIRST[family] if n in table]
        picked = column.multiselect(
            family.capitalize(),
            names,
            default=[*first, *(v["name"] for v in variants)],
            key=f"compare.{family}.{len(variants)}",
            help="Fitted on the training part of every fold, seeded per fold."
            if family == "samplers"
            else "Every one learns from what every sampler made of the same rows.",
        )
        known = {v["name"]: v for v in variants}
        chosen[family] = [
            specs.arm(known[n]["use"], known[n]["settings"], n)
            if n in known
            else specs.arm(n)
            for n in picked
        ]
    remedies = st.multiselect(
        "Also each classifier with",
        [name for name in REMEDIES if name in CLASSIFIERS],
        placeholder="no remedy of its own",
        key="compare.remedies",
        help="Remedies weighed against oversampling: rows weighed by how rare their "
        "class is; thresholds per label, tuned out of fold on the training part.",
    )
    extra = [
        remedied(entry, remedy)
        for remedy in remedies
        for entry in chosen["classifiers"]
        if can_have(entry, remedy)
    ]
    return chosen["samplers"], chosen["classifiers"] + extra


def can_have(entry, remedy):
    """Whether the classifier of an arm can have a remedy it does not have yet."""
    if entry["use"] in REMEDIES:
        return False
    known = params.parameters(CLASSIFIERS[entry["use"]])
    return remedy != "class weights" or "class_weights" in known


def remedied(entry, remedy):
    """The arm of a classifier with a remedy around it."""
    inner = entry["use"]
    if entry.get("settings"):
        inner = {"name": entry["use"], "params": entry["settings"]}
    return specs.arm(remedy, {"classifier": inner}, f"{entry['name']} + {remedy}")


def _variants():
    return st.session_state.setdefault(VARIANTS, [])


def variant_editor():
    """Make arms with other settings: variants, remedies, a sweep over one setting."""
    with st.popover("Add a variant or a sweep", icon=":material/tune:"):
        family = st.segmented_control(
            "Kind",
            list(FAMILIES),
            default="samplers",
            required=True,
            format_func=lambda name: name[:-1].capitalize(),
            key="compare.variant.family",
        )
        title = st.selectbox("Of", list(FAMILIES[family]), key=f"variant.{family}")
        cls = FAMILIES[family][title]
        settings = forms.param_form(cls, key=f"variant.{family}.{title}")
        swept = st.selectbox(
            "Sweep one setting over several values",
            ["no sweep", *params.parameters(cls)],
            key=f"variant.sweep.{family}.{title}",
        )
        values = ""
        if swept != "no sweep":
            values = st.text_input(
                f"Values of {forms.caption(swept, params.parameters(cls)[swept].rule)}",
                placeholder="0.1, 0.25, 0.5",
                key=f"variant.values.{family}.{title}.{swept}",
            )
        name = st.text_input(
            "Name in the tables",
            value="" if swept != "no sweep" else f"{title} *",
            disabled=swept != "no sweep",
            key=f"variant.name.{family}.{title}.{swept == 'no sweep'}",
        )
        if st.button("Add", type="primary", key="compare.variant.add"):
            with layout.shown_errors():
                _add(family, cls, settings, name, swept, values)
                st.rerun()
    count = len(_variants())
    if count and st.button(
        f"Forget {count} variant{'s' * (count > 1)}",
        type="tertiary",
        icon=":material/close:",
    ):
        st.session_state[VARIANTS] = []
        st.rerun()


def _add(family, cls, settings, name, swept, values):
    defaults = {n: p.default for n, p in params.parameters(cls).items()}
    changed = {n: v for n, v in settings.items() if v != defaults[n]}
    if swept == "no sweep":
        found = [(name.strip(), changed, None)]
    else:
        texts = [text.strip() for text in values.split(",") if text.strip()]
        if not texts:
            raise ParameterError(f"{cls.title}: write the values of {swept} to sweep.")
        found = []
        for text in texts:
            value = params.parse(cls, swept, text)
            found.append(
                (f"{cls.title} {swept}={text}", changed | {swept: value}, value)
            )
    taken = {*FAMILIES[family], *(v["name"] for v in _variants())}
    for label, its_settings, value in found:
        if not label or label in taken:
            raise ParameterError(
                f"There is a {family[:-1]} called {label!r} already. Use another name."
            )
        params.build(cls, its_settings)
        _variants().append(
            {
                "family": family,
                "use": cls.title,
                "name": label,
                "settings": its_settings,
                "sweep": None if value is None else [swept, value],
            }
        )


def swept(samplers):
    """The sweep among the samplers of a spec: `{"setting", "values"}`, or None."""
    names = {entry["name"] for entry in samplers}
    points = [v for v in _variants() if v["name"] in names and v["sweep"]]
    if len(points) < 2:
        return None
    setting = points[0]["sweep"][0]
    values = {v["name"]: v["sweep"][1] for v in points if v["sweep"][0] == setting}
    return {"setting": setting, "values": values}


def splits(dataset):
    """Choose how rows are divided; returns the entries of a spec."""
    ways = ["folds", "hold-out"] + ["declared"] * (dataset.split is not None)
    words = {
        "folds": "Stratified folds",
        "hold-out": "Hold-out",
        "declared": "The files' own split",
    }
    columns = st.columns([2, 1, 1, 1], vertical_alignment="bottom")
    how = columns[0].segmented_control(
        "Rows are divided by",
        ways,
        default="folds",
        required=True,
        format_func=words.get,
        key="compare.split",
    )
    chosen = {"split": how}
    if how == "folds":
        chosen["folds"] = columns[1].number_input(
            "Folds",
            *LIMITS["folds"],
            5,
            key="compare.folds",
            help="More: more to learn from, longer.",
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
        help="Each repeat divides the rows anew (a declared split: other seeds). More "
        "pairs, narrower intervals.",
    )
    chosen["seed"] = columns[3].number_input(
        "Seed", *LIMITS["seed"], 0, key="compare.seed", help="Same seed, same scores."
    )
    return chosen


def more(workspace, dataset):
    """What few need: duplicates, scaling, other data sets, processes, the mistake."""
    chosen = {}
    with st.expander("More settings"):
        left, right = st.columns(2)
        chosen["duplicates"] = left.selectbox(
            "Rows with equal features",
            folds.DUPLICATES,
            format_func={
                "together": "stay on one side of a fold",
                "as they fall": "fall as they may (with a warning)",
            }.get,
            key="compare.duplicates",
        )
        chosen["scale"] = right.selectbox(
            "Scaling, learned on the training part",
            ["min-max", "none"],
            format_func={"min-max": "each feature to 0 to 1", "none": "none"}.get,
            key="compare.scale",
        )
        others = known_datasets(workspace, dataset)
        picked = left.multiselect(
            "Also on these data sets",
            list(others),
            format_func=others.get,
            key="compare.more_datasets",
            help="Data sets used in this workspace. With several, samplers are ranked.",
        )
        if picked:
            chosen["more_datasets"] = picked
        chosen["jobs"] = right.number_input(
            "Processes at the same time", *LIMITS["jobs"], 1, key="compare.jobs"
        )
        with right, layout.shown_errors():
            chosen |= _where()
        mistake = left.selectbox(
            "Leak lesson: also make the mistake of fitting before the split",
            ["", "sampler", "scaler"],
            format_func={
                "": "no",
                "sampler": "the sampler",
                "scaler": "the scaler",
            }.get,
            key="compare.leak",
        )
        if mistake:
            chosen["leak"] = mistake
    return chosen


def _where():
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


def known_datasets(workspace, dataset):
    """Other data sets of this workspace, and yeast: content hash -> name."""
    seen = st.session_state.setdefault("compare.seen", {})
    seen[dataset.content_hash] = dataset.name
    used = {run.dataset: run.dataset_name for run in workspace.runs() if run.dataset}
    known = {_yeast(): "yeast", **used, **seen}
    return {k: name for k, name in known.items() if k != dataset.content_hash}


@st.cache_resource
def _yeast():
    return state.store().add_dataset(formats.read("yeast"))


def what_folds_hold(table, name):
    """Positive rows of every label in every test part, before anything is run."""
    with st.expander("What each test part holds", icon=":material/grid_on:"):
        figures.figure(
            charts.folds_and_labels(table),
            data=table,
            name=f"{name}-folds-and-labels",
            alt="Positive rows of each label in the test part of each fold.",
            key="compare.planned",
        )


@st.cache_data(max_entries=16, show_spinner="Dividing the rows")
def planned(key, chosen, _dataset):
    """(positives per fold and label, sentences) of the splits a spec would make."""
    splits = folds.plan(
        _dataset,
        chosen["split"],
        folds=chosen.get("folds", 5),
        repeats=chosen["repeats"],
        test_share=chosen.get("test_share", 0.2),
        seed=chosen["seed"],
        duplicates=chosen["duplicates"],
    )
    return folds.table(_dataset, splits), folds.warnings(_dataset, splits)


def start(workspace, spec, pilot=False):
    """Queue the comparison, or its first split alone, and show it."""
    title = title_of(spec["samplers"], spec["classifiers"])
    if pilot:
        spec, title = spec | {"pilot": True}, f"First fold: {title}"
    state.show(workspace.enqueue("compare", title, plain_settings(spec)))
    st.rerun()


def size_in_words(samplers, classifiers, chosen):
    """How much a spec asks for."""
    divisions = specs.DEFAULTS | chosen
    each = divisions["folds"] if divisions["split"] == "folds" else 1
    count = each * divisions["repeats"] * len(samplers) * len(classifiers)
    count *= 1 + len(chosen.get("more_datasets", ()))
    count *= 2 if chosen.get("leak") else 1
    return (
        f"{count:,} cells: {len(samplers)} samplers × {len(classifiers)} classifiers × "
        f"{each * divisions['repeats']} splits. Cells done before are not done again."
    )


def plain_settings(spec):
    """A spec as JSON can hold it: tuples as lists, NumPy numbers as numbers."""
    if isinstance(spec, dict):
        return {str(k): plain_settings(v) for k, v in spec.items()}
    if isinstance(spec, list | tuple):
        return [plain_settings(v) for v in spec]
    return spec.item() if isinstance(spec, np.generic) else spec


def title_of(samplers, classifiers):
    """What a run of these arms is called in the list of runs."""
    shown = [entry["name"] for entry in samplers]
    names = ", ".join(shown[:4]) + (
        f" and {len(shown) - 4} more" if len(shown) > 4 else ""
    )
    plural = "s" if len(classifiers) > 1 else ""
    return f"Compare {names} with {len(classifiers)} classifier{plural}"
