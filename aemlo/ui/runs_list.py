"""The cards of the Runs page."""

import datetime
import json

import pandas as pd
import streamlit as st

from aemlo.charts import theme
from aemlo.ui import figures, layout
from aemlo.ui import runs as ui_runs

DAYS = 30


def matching(runs, kinds, search):
    """Runs of some kinds whose title, data set or notes hold the words searched."""
    words = search.casefold().split()
    for run in sorted(runs, key=lambda run: (not run.pinned, -run.created)):
        text = f"{run.title} {run.dataset_name} {run.notes}".casefold()
        if (not kinds or run.kind in kinds) and all(word in text for word in words):
            yield run


def card(workspace, run):
    """One run: what it is, how it stands, and what can be done with it."""
    with st.container(border=True):
        head, buttons = st.columns([3, 2], vertical_alignment="top")
        with head:
            pin = ":material/keep: " if run.pinned else ""
            st.markdown(f"{pin}**{layout.plain(run.title)}**")
            began = datetime.datetime.fromtimestamp(run.created).strftime(
                "%d %b, %H:%M"
            )
            st.caption(f"{run.kind} · {layout.plain(run.dataset_name)} · {began}")
        with buttons:
            _buttons(workspace, run)
        if run.active:
            ui_runs.run_panel(workspace, run.id)
        else:
            _ending(run)
        _settings(workspace, run)


def _buttons(workspace, run):
    with st.container(horizontal=True, horizontal_alignment="right"):
        page = ui_runs.PAGE_OF_KIND.get(run.kind)
        if page and st.button("Open", key=f"open_{run.id}", type="primary"):
            st.switch_page(page, query_params={"w": workspace.id, "run": run.id})
        if not workspace.owns(run):
            return
        if not run.active:
            ui_runs.resume_button(workspace, run, key=f"list_resume_{run.id}")
        if run.state != "running":
            _delete(workspace, run)


def _delete(workspace, run):
    with st.popover("Delete", icon=":material/delete:"):
        st.markdown("This run, its curves, scores and files are deleted for good.")
        st.button(
            "Delete this run",
            key=f"delete_{run.id}",
            on_click=workspace.store.delete,
            args=(run.id,),
        )


def _ending(run):
    icon, word = ui_runs.STATES[run.state]
    if run.state == "failed":
        st.error(layout.plain(run.error or "This run failed."), icon=icon)
        return
    took = f" after {theme.seconds(run.seconds)}" if run.started else ""
    st.markdown(f"{icon} {word}{took}")


def _settings(workspace, run):
    with st.expander("Settings, notes, link"):
        st.json(run.spec, expanded=1)
        st.code(f"?run={run.id}", language=None)
        st.caption("Add this to the app's address to share the run, to look at only.")
        if not workspace.owns(run):
            return
        with st.form(f"edit_{run.id}", border=False):
            title = st.text_input("Title", run.title)
            notes = st.text_area("Notes", run.notes)
            pinned = st.checkbox("Pin: keep at the top, never clean up", run.pinned)
            if st.form_submit_button("Save"):
                workspace.store.rename(
                    run.id, title=title, notes=notes, pinned=int(pinned)
                )
                st.rerun()


def flat(spec, prefix=""):
    """A nested spec as `{"a.b": value}`, so that two can be compared line by line."""
    lines = {}
    for name, value in spec.items():
        if isinstance(value, dict):
            lines |= flat(value, f"{prefix}{name}.")
        else:
            lines[f"{prefix}{name}"] = (
                value if isinstance(value, str) else json.dumps(value)
            )
    return lines


def differences(first, second):
    """Frame of what differs between two runs: setting, first, second."""
    a = flat({"data set": first.dataset_name, **first.spec, "result": first.summary})
    b = flat({"data set": second.dataset_name, **second.spec, "result": second.summary})
    names = [n for n in dict.fromkeys([*a, *b]) if a.get(n) != b.get(n)]
    return pd.DataFrame(
        {
            "setting": names,
            "first": [a.get(n, "not set") for n in names],
            "second": [b.get(n, "not set") for n in names],
        }
    )


def difference(workspace, runs):
    """Two runs side by side: only what differs."""
    st.subheader("What differs between two runs")
    by_id = {run.id: run for run in runs}
    lines = ui_runs.run_labels(runs)
    left, right = st.columns(2)
    first = left.selectbox("First", list(by_id), format_func=lines.get, index=1)
    second = right.selectbox("Second", list(by_id), format_func=lines.get, index=0)
    frame = differences(by_id[first], by_id[second])
    if frame.empty:
        st.info("These two runs have the same settings and results.")
    else:
        figures.table(frame, name="runs-difference", key="runs_difference")
