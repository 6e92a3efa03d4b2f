"""Guide: three remedies without synthetic rows, and two leaks, and what they show."""

import json
from pathlib import Path

import pandas as pd
import streamlit as st

from aemlo.ui import figures, layout, state
from aemlo.wording import decimals

workspace = state.workspace()
folder = Path("assets/guide")

layout.page(
    "Guide",
    "Oversampling is one remedy for rare labels. What do the cheaper ones do?",
)
if not (folder / "results.json").exists():
    st.info("The files of the guide (assets/guide) are not part of this installation.")
    layout.next_step("pages/classify.py", "Classify", "Try the remedies on your data.")
    st.stop()
results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
tables = {
    name: pd.DataFrame(**{k: t[k] for k in ("data", "index", "columns")})
    for name, t in results.items()
}

st.markdown(
    "The first three examples run on the built-in yeast set (2,417 genes, 14 labels, "
    "the rarest in 34 rows): four fifths of the rows are for training, one fifth for "
    "testing, and nothing is fitted on the test rows. The last example breaks this "
    "rule on purpose, on noise and on yeast, over five folds. "
    "Copy an example, or press **Classify** at the end to do the same on your data."
)


def number(name: str, row: str, column: str) -> str:
    """One number of a table, to 3 decimals."""
    return decimals(tables[name].loc[row, column])


NOISE_RIGHT = "noise, features chosen in each training part"
NOISE_WRONG = "noise, features chosen before the split"
YEAST_RIGHT = "yeast, rows copied in each training part"
YEAST_WRONG = "yeast, rows copied before the split"
SECTIONS = {
    "class_weights": (
        "1 · Give rare labels more weight",
        "**Class weights** multiply the loss of a row by n / (2 c), where c is the "
        "number of rows of its class: a label with 34 positives counts as much as one "
        "with 1,800. Scores of rare labels rise, so these labels are predicted at all: "
        "macro-F1 goes from "
        f"{number('class_weights', 'plain', 'macro-F1')} to "
        f"{number('class_weights', 'class weights', 'macro-F1')}. The price is more "
        "false positives (Hamming loss) and scores that are no longer probabilities. "
        "**Thresholds** change no score, only the score from which a label is "
        "predicted. The ranking, and so the average precision, stays the same, and "
        "macro-F1 is "
        f"{number('class_weights', 'thresholds', 'macro-F1')}.",
    ),
    "focal_loss": (
        "2 · Give easy cells less weight",
        "The **focal loss** gives a cell the weight (1 - p)², where p is the "
        "probability predicted for its true class: cells that are already right count "
        "less. Alone it changes little here, "
        f"macro-F1 {number('focal_loss', 'focal, gamma 2', 'macro-F1')} against "
        f"{number('focal_loss', 'cross-entropy', 'macro-F1')}, no more than another "
        "split would change. It addresses hard rows, not rare labels; together with "
        "class weights every label is predicted and macro-F1 is "
        f"{number('focal_loss', 'focal, balanced', 'macro-F1')}, at the same "
        "price as above.",
    ),
    "chains": (
        "3 · Use the dependence between labels",
        "A **chain** gives the tree of each label the earlier labels as features; an "
        "**ensemble of chains** averages several orders, and **label communities** "
        "learn labels that occur together as one. One chain gets whole rows right more "
        "often than trees alone "
        f"({number('chains', 'one chain', 'subset accuracy')} against "
        f"{number('chains', 'each label alone', 'subset accuracy')} of the rows); "
        "averaging then lowers the Hamming loss from "
        f"{number('chains', 'one chain', 'Hamming loss')} to "
        f"{number('chains', 'five chains', 'Hamming loss')}. None of them is "
        "designed for rare labels: communities are best in ranking and worst in "
        "macro-F1.",
    ),
    "leaks": (
        "4 · What a leak does to a score",
        "A **leak** lets a model learn from rows that it is tested on. The first data "
        "set here is noise: 120 rows, 2,000 features, and 4 labels that have nothing "
        "to do with them, so that an honest macro-AUC is near 0.5. With the 20 best "
        "features chosen in each training part it is "
        f"{number('leaks', NOISE_RIGHT, 'macro-AUC')}. Chosen on all rows, before the "
        f"split, it is {number('leaks', NOISE_WRONG, 'macro-AUC')}: a finding about "
        "nothing. On yeast, oversampling before the split puts copies of test rows "
        "into the training part, and macro-F1 of a decision tree rises from "
        f"{number('leaks', YEAST_RIGHT, 'macro-F1')} to "
        f"{number('leaks', YEAST_WRONG, 'macro-F1')} without any gain for new rows. "
        "Comparisons here choose, scale and resample in each training part only; under "
        "**More settings** you can plant either leak on your own data and see the gap.",
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
    with st.expander("The complete example"):
        st.code((folder / f"{name}.py").read_text(encoding="utf-8"), "python")

st.subheader("Where to start", anchor=False)
st.markdown(
    "- Look at the ranking (average precision, AUC) and at F1 separately. A good "
    "ranking with a low F1 needs **thresholds**, not rows.\n"
    "- A poor ranking of a rare label needs information: features, **synthetic rows**, "
    "or labels that occur with it.\n"
    "- Use more than one measure: class weights and thresholds raise macro-F1, but "
    "also the Hamming loss.\n"
    "- One split is not enough. The Compare page repeats it and shows which "
    "differences hold."
)
layout.next_step(
    "pages/classify.py",
    "Classify",
    f"See all of it on **{layout.plain(workspace.dataset.name)}**, label by label.",
)
