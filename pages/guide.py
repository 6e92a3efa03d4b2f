"""Guide: three remedies that cost no new rows, on real data, and what they show."""

import json
from pathlib import Path

import pandas as pd
import streamlit as st

from aemlo.ui import figures, layout, state

workspace = state.workspace()
folder = Path("assets/guide")

layout.page(
    "Guide",
    "Oversampling is one answer to rare labels. What do the cheaper ones do?",
)
if not (folder / "results.json").exists():
    st.info("The guide's files (assets/guide) are not installed with this copy.")
    layout.next_step("pages/classify.py", "Classify", "Try the remedies on your data.")
    st.stop()
results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
tables = {
    name: pd.DataFrame(**{k: t[k] for k in ("data", "index", "columns")})
    for name, t in results.items()
}

st.markdown(
    "Each example runs on the built-in yeast set (2,417 genes, 14 labels, the rarest "
    "in 34 rows): four fifths train, one fifth tests, nothing is learned from the test "
    "rows. Copy one, or press **Classify** at the end for the same on your data."
)


def number(name, row, column):
    return f"{tables[name].loc[row, column]:.3f}"


SECTIONS = {
    "class_weights": (
        "1 · Make rare labels count more",
        "**Class weights** multiply a row's loss by n / (2 c), c the rows of its "
        "class: a label with 34 positives counts as much as one with 1,800. Scores of "
        "rare labels rise, so they are predicted at last: macro-F1 goes from "
        f"{number('class_weights', 'plain', 'macro-F1')} to "
        f"{number('class_weights', 'class weights', 'macro-F1')}. The price is more "
        "wrongly given labels (Hamming loss) and scores that are no longer chances. "
        "**Thresholds** change no score at all, only from where a score counts as yes. "
        "The ranking, and so the average precision, stays what it was, and macro-F1 is "
        f"{number('class_weights', 'thresholds', 'macro-F1')}.",
    ),
    "focal_loss": (
        "2 · Ignore what is easy",
        "The **focal loss** weighs a cell by (1 - p)², p the chance given to the "
        "truth: what is already right stops pulling. Alone it does little here, "
        f"macro-F1 {number('focal_loss', 'focal, gamma 2', 'macro-F1')} against "
        f"{number('focal_loss', 'cross-entropy', 'macro-F1')}, no more than another "
        "split would change. It answers hard rows, not rare ones; with class weights "
        "beside it every label is predicted and macro-F1 is "
        f"{number('focal_loss', 'focal, balanced', 'macro-F1')}, at the same price as "
        "above.",
    ),
    "chains": (
        "3 · Let labels help each other",
        "A **chain** gives each label's tree the labels before it; an **ensemble of "
        "chains** averages several orders, and **label communities** learn labels that "
        "occur together as one. One chain gets whole rows right more often than trees "
        f"alone ({number('chains', 'one chain', 'subset accuracy')} against "
        f"{number('chains', 'each label alone', 'subset accuracy')} of the rows); "
        "averaging then lowers the Hamming loss from "
        f"{number('chains', 'one chain', 'Hamming loss')} to "
        f"{number('chains', 'five chains', 'Hamming loss')}. None of them is made for "
        "rare labels: communities are best in ranking and worst in macro-F1.",
    ),
}
for name, (title, text) in SECTIONS.items():
    st.subheader(title, anchor=False)
    st.markdown(text)
    table = tables[name].reset_index(names="with")
    digits = dict.fromkeys(table.columns[1:], "{:.3f}")
    if "labels never predicted" in digits:
        digits["labels never predicted"] = "{:.0f}"
    st.dataframe(table.style.format(digits), hide_index=True, key=f"guide.{name}")
    figures.csv_button(
        table,
        name=f"guide-{name}",
        key=f"guide.{name}.csv",
        label="Download table (CSV)",
    )
    with st.expander("The whole example"):
        st.code((folder / f"{name}.py").read_text(encoding="utf-8"), "python")

st.subheader("What to do first", anchor=False)
st.markdown(
    "- Look at the ranking (average precision, AUC) and at F1 apart. A good ranking "
    "with a bad F1 needs **thresholds**, not rows.\n"
    "- A bad ranking of a rare label needs information: features, **new rows**, or "
    "labels that go with it.\n"
    "- Judge by more than one measure: class weights and thresholds raise "
    "macro-F1, and the Hamming loss with it.\n"
    "- One split is one draw. The Compare page repeats it and says what is luck."
)
layout.next_step(
    "pages/classify.py",
    "Classify",
    f"See all of it on **{layout.plain(workspace.dataset.name)}**, label by label.",
)
