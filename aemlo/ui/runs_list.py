"""The cards of the Runs page."""

import datetime
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from aemlo.store import Run
from aemlo.ui import figures, layout, runs
from aemlo.ui.state import Workspace
from aemlo.wording import seconds

DAYS = 30
"""Days after which the store deletes a run that is not pinned."""


def kinds_of(listed: Sequence[Run]) -> list[str]:
    """The kinds of the runs, each once, in the order of the alphabet."""
    return sorted({run.kind for run in listed})


def matching(listed: Sequence[Run], kinds: Sequence[str], search: str) -> Iterator[Run]:
    """Runs of some kinds whose title, data set or notes hold the words searched.

    Pinned ones come first, then the newest.
    """
    words = search.casefold().split()
    for run in sorted(listed, key=lambda run: (not run.pinned, -run.created)):
        text = f"{run.title} {run.dataset_name} {run.notes}".casefold()
        if (not kinds or run.kind in kinds) and all(word in text for word in words):
            yield run


def card(workspace: Workspace, run: Run) -> None:
    """One run: what it is, how far it is, and what can be done with it."""
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
            runs.run_panel(workspace, run.id)
        else:
            _outcome(run)
        _settings(workspace, run)


def _buttons(workspace: Workspace, run: Run) -> None:
    with st.container(horizontal=True, horizontal_alignment="right"):
        page = runs.PAGE_OF_KIND.get(run.kind)
        if page and st.button("Open", key=f"open_{run.id}", type="primary"):
            st.switch_page(page, query_params={"w": workspace.id, "run": run.id})
        if not workspace.owns(run):
            return
        if not run.active:
            runs.resume_button(workspace, run, key=f"list_resume_{run.id}")
        if run.state != "running":
            _delete(workspace, run)


def _delete(workspace: Workspace, run: Run) -> None:
    with st.popover("Delete", icon=":material/delete:"):
        st.markdown("This run, its curves, scores and files are deleted for good.")
        st.button(
            "Delete this run",
            key=f"delete_{run.id}",
            on_click=workspace.store.delete,
            args=(run.id,),
        )


def _outcome(run: Run) -> None:
    icon, word = runs.STATES[run.state]
    if run.state == "failed":
        st.error(layout.plain(run.error or "This run failed."), icon=icon)
        return
    took = f" after {seconds(run.seconds)}" if run.started else ""
    st.markdown(f"{icon} {word}{took}")


def _settings(workspace: Workspace, run: Run) -> None:
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
                workspace.store.rename(run.id, title=title, notes=notes, pinned=pinned)
                st.rerun()


def flat(spec: dict[str, Any], prefix: str = "") -> dict[str, str]:
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


def differences(first: Run, second: Run) -> pd.DataFrame:
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


def difference(listed: Sequence[Run]) -> None:
    """Choose two runs, and see what differs between them."""
    st.subheader("What differs between two runs")
    by_id = {run.id: run for run in listed}
    lines = runs.run_labels(listed)
    left, right = st.columns(2)
    ids = list(by_id)
    first = left.selectbox("First", ids, index=1, format_func=lambda i: lines[i])
    second = right.selectbox("Second", ids, index=0, format_func=lambda i: lines[i])
    frame = differences(by_id[first], by_id[second])
    if frame.empty:
        st.info("These two runs have the same settings and results.")
    else:
        figures.table(frame, name="runs-difference", key="runs_difference")
