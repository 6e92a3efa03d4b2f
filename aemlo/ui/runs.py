"""Runs on a page: state, progress, stop and resume, the list to choose from."""

import datetime
from collections import Counter
from collections.abc import Callable, Iterable

import streamlit as st

from aemlo.errors import RunError
from aemlo.store import Run
from aemlo.ui.layout import WATCH_SECONDS, plain
from aemlo.ui.state import EXAMPLE, Workspace
from aemlo.wording import seconds

STATES = {
    "queued": (":material/schedule:", "Waiting"),
    "running": (":material/play_arrow:", "Running"),
    "interrupted": (":material/sync_problem:", "Interrupted, goes on by itself"),
    "paused": (":material/pause:", "Paused"),
    "stopped": (":material/stop:", "Stopped"),
    "done": (":material/check:", "Done"),
    "failed": (":material/error:", "Failed"),
}

PAGE_OF_KIND = {
    "train": "pages/train.py",
    "resample": "pages/resample.py",
    "embed": "pages/latent.py",
    "judge": "pages/latent.py",
    "compare": "pages/compare.py",
    "classify": "pages/classify.py",
    "predict": "pages/classify.py",
}


def how_far(run: Run) -> str:
    """In words: what a run does and how long it will still take."""
    if run.state != "running":
        return STATES[run.state][1].lower()
    left = run.seconds_left
    time_left = f"about {seconds(left)} left" if left is not None else "starting"
    message = f"{plain(run.message)} · " if run.message else ""
    stopping = "stopping · " if run.request else ""
    return f"{stopping}{message}{100 * run.progress:.0f} % · {time_left}"


def stop_button(workspace: Workspace, run: Run, key: str) -> None:
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


def run_panel(
    workspace: Workspace,
    run_id: str,
    live: Callable[[Run], None] | None = None,
    every: float = 0.7,
) -> None:
    """How a run is going, with its buttons; `live(run)` draws what moves with it.

    The panel draws itself again each `every` seconds while the run is active. The whole
    page is drawn again once the run ends, and once a run that had ended early goes on,
    here or in another tab.
    """
    first = workspace.store.run(run_id)
    drawn = _ending(first)

    def followed() -> Run:
        """The run now; the page is drawn again where it shows an earlier state."""
        try:
            run = workspace.store.run(run_id)
        except RunError:  # deleted meanwhile
            st.rerun()
        if _ending(run) != drawn:
            st.rerun()
        return run

    # How often a fragment runs is fixed when it is drawn: after a change between
    # active and ended the page is drawn again, not the fragment.
    @st.fragment(run_every=every if first.active else None)
    def panel() -> None:
        run = followed()
        _state_line(workspace, run)
        if live is not None:
            live(run)

    panel()
    if not first.active and first.state != "done":
        # It may be resumed in another tab. Nothing is drawn, so nothing flickers.
        st.fragment(followed, run_every=WATCH_SECONDS)()


def _ending(run: Run) -> tuple[str, float | None] | None:
    """How and when a run ended; None while it is active."""
    return None if run.active else (run.state, run.finished)


def _state_line(workspace: Workspace, run: Run) -> None:
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
            took = f" after {seconds(run.seconds)}" if run.started else ""
            st.markdown(f"{icon} **{word}**{took}")
            resume_button(workspace, run, key=f"resume_{run.id}")
    if not workspace.owns(run) and run.active:
        st.caption("You opened somebody else's run by its link: you can only watch.")


def resume_button(workspace: Workspace, run: Run, key: str) -> None:
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


def distinct(names: Iterable[str]) -> list[str]:
    """The names, each later one of two equal ones with a number after it.

    Streamlit tells options apart by their text; of two equal ones it would take the
    first for both.
    """
    times: Counter[str] = Counter()
    numbered = []
    for name in names:
        times[name] += 1
        numbered.append(name if times[name] == 1 else f"{name} ({times[name]})")
    return numbered


def run_labels(runs: Iterable[Run]) -> dict[str, str]:
    """{run id: its line in a list}, each line once.

    Lines that would be equal get the second they were asked for, then a number.
    """
    runs = list(runs)
    lines = {run.id: run_label(run) for run in runs}
    times = Counter(lines.values())
    for run in runs:
        if times[lines[run.id]] > 1:
            lines[run.id] = run_label(run, "%H:%M:%S")
    return dict(zip(lines, distinct(lines.values()), strict=True))


def run_label(run: Run, time: str = "%H:%M") -> str:
    """A run in one line of a list: title, data set, when it was asked for."""
    if run.workspace == EXAMPLE:
        return f"Finished example: {run.title} · {run.dataset_name}"
    asked = datetime.datetime.fromtimestamp(run.created).strftime(f"%d %b, {time}")
    stopped = " · stopped early" if run.state == "stopped" else ""
    return f"{run.title} · {run.dataset_name} · {asked}{stopped}"
