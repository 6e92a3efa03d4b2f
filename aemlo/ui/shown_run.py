"""Which run a page shows, whose it is, and what stands where there is none."""

from collections.abc import Collection

import streamlit as st

from aemlo.store import Run
from aemlo.ui import downloads, layout, runs, state
from aemlo.ui.state import Workspace

LONGEST = 40
"""Letters of a data set's name on a button, at most."""


def choose(
    workspace: Workspace,
    kind: str,
    *,
    key: str,
    states: Collection[str] | None = None,
    others: bool = False,
) -> Run | None:
    """Pick one of the runs of a kind, with a line under it that says whose it is.

    Returns the Run, or None when there is nothing to show: then `nothing_yet` says so.
    The finished example is at the end of the list. A run in the address (`?run=`) comes
    first; without one, the run picked before in this visit, unless there are newer
    ones. `states` leaves out runs in other states. `others` lists the visitor's runs on
    other data sets too, and shows an example from which the data set in use was made.
    """
    chosen = workspace.chosen_run(kind)
    if chosen is not None and _out_of_place(workspace, chosen, others):
        return None
    listed = _listed(workspace, kind, chosen, states, others)
    if not listed:
        return None
    by_id = {run.id: run for run in listed}
    first = _first(by_id, chosen, key)
    lines = runs.run_labels(listed)
    picked = st.selectbox(
        "Run",
        list(by_id),
        index=list(by_id).index(first),
        format_func=lambda run_id: lines[run_id],
        key=f"{key}.{first}",
    )
    if picked != first:
        # Not by on_change: Streamlit calls that for a list that is no longer shown too.
        st.query_params["run"] = picked
    st.session_state[f"{key}.last"] = {"run": picked, "newest": listed[0].id}
    whose(workspace, by_id[picked])
    return by_id[picked]


def _listed(
    workspace: Workspace,
    kind: str,
    chosen: Run | None,
    states: Collection[str] | None,
    others: bool,
) -> list[Run]:
    """The runs that can be picked, in the order of the list; see `choose`."""
    listed = workspace.runs(kind, this_dataset=True)
    if others:
        here = {run.id for run in listed}
        listed += [run for run in workspace.runs(kind) if run.id not in here]
    listed += workspace.examples(kind)
    if chosen is not None and chosen.id not in {run.id for run in listed}:
        listed = [chosen, *listed]
    return [run for run in listed if not states or run.state in states]


def _first(by_id: dict[str, Run], chosen: Run | None, key: str) -> str:
    """The id of the run that is shown until another one is picked; see `choose`."""
    newest = next(iter(by_id))
    last = st.session_state.get(f"{key}.last", {})
    if "run" in st.query_params and chosen and chosen.id in by_id:
        return chosen.id
    if last.get("newest") == newest and last.get("run") in by_id:
        return last["run"]
    return chosen.id if chosen and chosen.id in by_id else newest


def _out_of_place(workspace: Workspace, run: Run, others: bool) -> bool:
    """Whether `run` is the finished example's and another data set is in use."""
    if not workspace.is_example(run) or run.dataset == workspace.dataset.content_hash:
        return False
    return not (others and workspace.goes_on_from(run))


def whose(workspace: Workspace, run: Run) -> None:
    """A line that says whose `run` is and of which data set it is.

    Draws nothing for the visitor's own run on the data set in use. Files of the example
    are called `example-...` from here on.
    """
    if workspace.is_example(run):
        example(workspace, run)
        return
    is_here = run.dataset == workspace.dataset.content_hash
    if workspace.owns(run):
        if not is_here:
            _line(workspace, run, f"This run is {_of(workspace, run)}.")
        return
    words = "**Somebody else's run, opened by its link.** It is "
    if is_here:
        words += f"of **{layout.plain(run.dataset_name)}**."
        st.info(words, icon=":material/link:")
    else:
        st.warning(f"{words}{_of(workspace, run)}.", icon=":material/link:")


def example(workspace: Workspace, run: Run) -> None:
    """The line above what the finished example shows."""
    downloads.of_example(run.dataset_name)
    name = layout.plain(run.dataset_name)
    more = "It comes with the app and is not a run of yours."
    if run.dataset != workspace.dataset.content_hash:
        more += (
            f" The data set in use, **{layout.plain(workspace.dataset.name)}**, was "
            "made from it."
        )
    st.info(f"**Example: {name}, trained earlier.** {more}", icon=":material/school:")


def _of(workspace: Workspace, run: Run) -> str:
    """ "of **other**, not of the data set in use (**small**)"."""
    name, in_use = layout.plain(run.dataset_name), layout.plain(workspace.dataset.name)
    if name == in_use:
        return f"of another data set called **{name}**, not of the one in use"
    return f"of **{name}**, not of the data set in use (**{in_use}**)"


def _line(workspace: Workspace, run: Run, words: str) -> None:
    """A line about a run on another data set, with the button that switches to it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(words, icon=":material/swap_horiz:", width="stretch")
        _switch(workspace, run, f"Use {_short(run.dataset_name)}")


def _short(name: str) -> str:
    return layout.plain(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…")


def _switch(workspace: Workspace, run: Run, label: str, quiet: bool = False) -> None:
    """A button that makes the data set of `run` the one in use, and shows the run."""
    if st.button(
        label,
        key=f"switch.{run.id}",
        icon=":material/school:" if quiet else ":material/table:",
        type="tertiary" if quiet else "secondary",
        help="Makes it the data set that all pages speak of.",
    ):
        with layout.shown_errors():
            workspace.use(workspace.store.dataset(run.dataset))
            state.show(run.id)
            st.rerun()


def nothing_yet(
    workspace: Workspace,
    kind: str,
    *,
    missing: str,
    why: str,
    button: str,
    icon: str | None = None,
    disabled: bool = False,
) -> bool:
    """What is drawn where no run can be shown; returns whether its button was pressed.

    Says what is `missing` on the data set in use and `why` one would want it, and has
    the `button` that makes it, beside the way to the finished example. Where the
    address opens the example and another data set is in use, it says that instead.
    """
    chosen = workspace.chosen_run(kind, warns=False)
    if chosen is not None and workspace.is_example(chosen):
        _example_elsewhere(workspace, chosen)
        return False
    name = layout.plain(workspace.dataset.name)
    with st.container(border=True):
        st.markdown(f"**No {missing} on {name} yet.** {why}")
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(
                f"{button} {_short(workspace.dataset.name)}",
                key=f"{kind}.first",
                icon=icon,
                disabled=disabled,
            )
            to_example(workspace, kind)
    return pressed


def to_example(workspace: Workspace, kind: str | None = None) -> None:
    """A quiet button that switches to the finished example.

    Draws nothing where the data set in use is the example's.
    """
    run = workspace.example_elsewhere(kind)
    if run is not None:
        label = f"Use {_short(run.dataset_name)} and see the finished example"
        _switch(workspace, run, label, quiet=True)


def _example_elsewhere(workspace: Workspace, run: Run) -> None:
    """What is drawn where the address opens the example on another data set."""
    name, in_use = layout.plain(run.dataset_name), layout.plain(workspace.dataset.name)
    st.info(
        f"**This address opens the finished example, trained on {name}.** The data set "
        f"in use is **{in_use}**, so its results are not shown here.",
        icon=":material/school:",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"Use {_short(run.dataset_name)} and see the finished example"
        _switch(workspace, run, label)
        st.button(
            f"Show the runs on {_short(workspace.dataset.name)}",
            key="switch.back",
            type="tertiary",
            on_click=_forget_the_address_run,
        )


def _forget_the_address_run() -> None:
    st.query_params.pop("run", None)
