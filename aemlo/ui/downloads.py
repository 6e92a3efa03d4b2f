"""What a button hands out: figures, and what the files are called."""

import streamlit as st

from aemlo.wording import file_stem

EXAMPLE = "downloads.example"


def of_example(name):
    """Say that what the page shows from here on is the finished example's, on the data
    set called `name`; None: it is the visitor's. Kept in the session, since fragments
    that draw themselves anew offer files too."""
    st.session_state[EXAMPLE] = name and file_stem(name)


def file_name(name):
    """What a file offered as `name` is called: the finished example's files begin with
    `example-` and the name of its data set."""
    stem = st.session_state.get(EXAMPLE)
    if stem is None:
        return name
    return f"example-{name}" if name.startswith(stem) else f"example-{stem}-{name}"


def figure_html(figure):
    """`figure` as one HTML page that works without a network."""
    return figure.to_html(include_plotlyjs=True, full_html=True).encode("utf-8")
