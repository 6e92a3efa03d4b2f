"""Pieces that every page has: its title, errors in a box, the next step."""

from collections.abc import Generator
from contextlib import contextmanager

import streamlit as st

from aemlo.errors import AemloError
from aemlo.ui import downloads

STRIP_SECONDS = 1.0
"""Seconds between two looks at the run that is active."""
WATCH_SECONDS = 3.0
"""Seconds between two looks for a run that becomes active."""
MARKDOWN = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]()#+-.!|<>$~:^"})


def plain(text: object) -> str:
    """`text` with Markdown's own characters escaped, for names inside Markdown."""
    escaped = " ".join(str(text).split()).translate(MARKDOWN)
    # Streamlit makes icons of `:material/...:` though it is escaped.
    return escaped.replace(r"\:material/", "&#58;material/")


def page(title: str, question: str) -> None:
    """The title of a page and the question it answers."""
    downloads.of_example(None)
    st.title(title)
    st.markdown(question)


@contextmanager
def shown_errors() -> Generator[None, None, None]:
    """Show an AemloError of the block as one box; the page goes on after it."""
    try:
        yield
    except AemloError as problem:
        st.error(plain(problem), icon=":material/error:")


def next_step(page_file: str, label: str, reason: str) -> None:
    """The one link at the end of a page: where to go next, and why."""
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(reason)
        st.page_link(page_file, label=label, icon=":material/arrow_forward:")
