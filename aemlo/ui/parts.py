"""Pieces every page is built from: title, strip, figures, tables, run panel."""

import datetime
import logging
from collections import Counter
from contextlib import contextmanager

import streamlit as st

from aemlo.charts import theme
from aemlo.charts.dress import dress, is_flat
from aemlo.errors import AemloError, RunError
from aemlo.tables import csv_bytes
from aemlo.ui import cached, downloads
from aemlo.ui.state import EXAMPLE

log = logging.getLogger("aemlo.ui")

STATES = {
    "queued": (":material/schedule:", "Waiting"),
    "running": (":material/play_arrow:", "Running"),
    "interrupted": (":material/sync_problem:", "Interrupted, goes on by itself"),
    "paused": (":material/pause:", "Paused"),
    "stopped": (":material/stop:", "Stopped"),
    "done": (":material/check:", "Done"),
    "failed": (":material/error:", "Failed"),
}
STRIP_SECONDS = 1.0  # between two looks at the run that is active
WATCH_SECONDS = 3.0  # between two looks for a run that becomes active
PAGE_OF_KIND = {
    "train": "pages/train.py",
    "resample": "pages/resample.py",
    "embed": "pages/latent.py",
    "judge": "pages/latent.py",
    "compare": "pages/compare.py",
    "classify": "pages/classify.py",
    "predict": "pages/classify.py",
}
MARKDOWN = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]()#+-.!|<>$~:^"})


def plain(text):
    """`text` with Markdown's own characters escaped, for names inside Markdown."""
    escaped = " ".join(str(text).split()).translate(MARKDOWN)
    # Streamlit makes icons of `:material/...:` though it is escaped.
    return escaped.replace(r"\:material/", "&#58;material/")


def page(title, question):
    """The title of a page and the question it answers."""
    downloads.of_example(None)
    st.title(title)
    st.markdown(question)


@contextmanager
def shown_errors():
    """Show an AemloError of the block as one box; the page goes on after it."""
    try:
        yield
    except AemloError as problem:
        st.error(plain(problem), icon=":material/error:")


def strip(workspace):
    """One line on every page: the data set in use, and the work going on.

    Work that another tab began is met too: the whole page is drawn anew when the
    active run is another one, or there is none any more.
    """
    # As the page was drawn: another tab may have changed the data set since.
    dataset, active = workspace.dataset, workspace.active_run()

    @st.fragment(run_every=STRIP_SECONDS if active else WATCH_SECONDS)
    def line():
        run = workspace.active_run()
        if (run and run.id) != (active and active.id):
            st.rerun()
        data, work = st.columns([3, 2], vertical_alignment="center")
        measures = cached.summary(dataset.content_hash, dataset)
        data.caption(
            f"**{plain(dataset.name)}** · {dataset.n:,} rows × "
            f"{len(dataset.feature_names):,} features × {dataset.q:,} labels · "
            f"MeanIR {theme.number(measures['mean_ir'])}"
        )
        if run is None:
            return
        of = "" if run.dataset == dataset.content_hash else f" on {run.dataset_name}"
        with work.container(horizontal=True, vertical_alignment="center"):
            st.progress(run.progress, text=f"{plain(run.title + of)}: {how_far(run)}")
            stop_button(workspace, run, key="strip_stop")

    with st.container(key="strip"):
        line()


def how_far(run):
    """In words: what a run does and how long it will still take."""
    if run.state != "running":
        return STATES[run.state][1].lower()
    left = run.seconds_left
    time_left = f"about {theme.seconds(left)} left" if left is not None else "starting"
    message = f"{plain(run.message)} · " if run.message else ""
    stopping = "stopping · " if run.request else ""
    return f"{stopping}{message}{100 * run.progress:.0f} % · {time_left}"


def stop_button(workspace, run, key):
    """A Stop button for a run of this workspace."""
    if workspace.owns(run):
        st.button(
            "Stop",
            key=key,
            icon=":material/stop:",
            disabled=run.request is not None,
            on_click=workspace.store.request,
            args=(run.id, "stop"),
            help="Ends within two seconds and keeps what there is.",
        )


def run_panel(workspace, run_id, live=None, every=0.7):
    """How a run is going, with its buttons; `live(run)` draws what moves with it.

    The panel redraws itself while the run is active; the whole page is drawn anew once
    the run ends, and once a run that had ended early goes on, here or in another tab.
    """
    first = workspace.store.run(run_id)
    drawn = _ending(first)

    def followed():
        """The run now; the page is drawn anew where it is no longer as drawn."""
        try:
            run = workspace.store.run(run_id)
        except RunError:  # deleted meanwhile
            st.rerun()
        if _ending(run) != drawn:
            st.rerun()
        return run

    # How often a fragment is run is settled when it is drawn: a change between active
    # and ended needs the page drawn anew, not the fragment.
    @st.fragment(run_every=every if first.active else None)
    def panel():
        run = followed()
        _state_line(workspace, run)
        if live is not None:
            live(run)

    panel()
    if not first.active and first.state != "done":
        # It may be resumed elsewhere. Nothing is drawn, so nothing flickers.
        st.fragment(followed, run_every=WATCH_SECONDS)()


def _ending(run):
    """How and when a run ended; None while it is active."""
    return None if run.active else (run.state, run.finished)


def _state_line(workspace, run):
    icon, word = STATES[run.state]
    if run.state == "failed":
        st.error(plain(run.error or "This run failed."), icon=icon)
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.active:
            going = f": {how_far(run)}" if run.state == "running" else ""
            st.progress(run.progress, text=f"{icon} {word}{going}")
            stop_button(workspace, run, key=f"stop_{run.id}")
            if run.state == "running" and workspace.owns(run):
                st.button(
                    "Pause",
                    key=f"pause_{run.id}",
                    icon=":material/pause:",
                    disabled=run.request is not None,
                    on_click=workspace.store.request,
                    args=(run.id, "pause"),
                    help="Ends the work but keeps its place; Resume goes on from it.",
                )
        else:
            took = f" after {theme.seconds(run.seconds)}" if run.started else ""
            st.markdown(f"{icon} **{word}**{took}")
            resume_button(workspace, run, key=f"resume_{run.id}")
    if not workspace.owns(run) and run.active:
        st.caption("You opened somebody else's run by its link: you can only watch.")


def resume_button(workspace, run, key):
    """A Resume button for a run that ended early."""
    if run.state in ("stopped", "paused", "failed") and workspace.owns(run):
        st.button(
            "Resume",
            key=key,
            icon=":material/play_arrow:",
            on_click=workspace.store.resume,
            args=(run.id,),
            help="Goes on from the last checkpoint.",
        )


def figure(fig, *, data, name, alt, key, height="content", **more):
    """Draw a Plotly figure with its downloads: picture, page and the data behind it.

    `data` is a frame or a function giving one. Keyword arguments go to
    `st.plotly_chart`; returns what it returns (a selection).
    """
    kind = st.session_state.get(f"{key}.picture") or "PNG"
    config = {
        "displaylogo": False,
        "toImageButtonOptions": {
            "format": kind.lower(),
            "filename": downloads.file_name(name),
            "scale": 2 if kind == "PNG" else 1,
        },
    } | more.pop("config", {})
    flat = is_flat(fig)
    if flat:
        dark = st.context.theme.type == "dark"
        fig = dress(fig, dark, more.get("selection_mode"))
    shown = st.plotly_chart(
        fig,
        key=key,
        alt=alt,
        height=height,
        config=config,
        theme=None if flat else "streamlit",
        **more,
    )
    _menu(fig, data, name, key)
    return shown


def _menu(fig, data, name, key):
    with st.popover("Download", icon=":material/download:", type="tertiary"):
        st.download_button(
            "Data (CSV)",
            data=lambda: csv_bytes(data() if callable(data) else data),
            file_name=downloads.file_name(f"{name}.csv"),
            mime="text/csv",
            key=f"{key}.csv",
            on_click="ignore",
        )
        st.download_button(
            "Interactive figure (HTML)",
            data=lambda: downloads.figure_html(fig),
            file_name=downloads.file_name(f"{name}.html"),
            mime="text/html",
            key=f"{key}.html",
            on_click="ignore",
        )
        st.segmented_control(
            "The camera over the chart saves",
            ["PNG", "SVG"],
            default="PNG",
            required=True,
            key=f"{key}.picture",
        )


def table(frame, *, name, key, **more):
    """Draw a table with a CSV download; returns what `st.dataframe` returns."""
    shown = st.dataframe(frame, key=key, hide_index=True, **more)
    csv_button(frame, name=name, key=f"{key}.csv", label="Download table (CSV)")
    return shown


def csv_button(frame, *, name, key, label):
    """A quiet button that hands out `frame` (or what a function gives) as CSV."""
    st.download_button(
        label,
        data=lambda: csv_bytes(frame() if callable(frame) else frame),
        file_name=downloads.file_name(f"{name}.csv"),
        mime="text/csv",
        key=key,
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def next_step(page_file, label, reason):
    """The one link at the end of a page: where to go next, and why."""
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(reason)
        st.page_link(page_file, label=label, icon=":material/arrow_forward:")


def distinct(names):
    """The names with a number after those met before: Streamlit tells options apart by
    their text, and of two that are equal would take the first for both."""
    met, told = Counter(), []
    for name in names:
        met[name] += 1
        told.append(name if met[name] == 1 else f"{name} ({met[name]})")
    return told


def run_labels(runs):
    """{run id: its line in a list}, each line once.

    Lines that would be equal get the second they were asked for, then a number.
    """
    lines = {run.id: run_label(run) for run in runs}
    twice = Counter(lines.values())
    for run in runs:
        if twice[lines[run.id]] > 1:
            lines[run.id] = run_label(run, "%H:%M:%S")
    return dict(zip(lines, distinct(lines.values()), strict=True))


def run_label(run, time="%H:%M"):
    """A run in one line of a list: title, data set, when it was asked for."""
    if run.workspace == EXAMPLE:
        return f"Finished example: {run.title} · {run.dataset_name}"
    asked = datetime.datetime.fromtimestamp(run.created).strftime(f"%d %b, {time}")
    stopped = " · stopped early" if run.state == "stopped" else ""
    return f"{run.title} · {run.dataset_name} · {asked}{stopped}"
