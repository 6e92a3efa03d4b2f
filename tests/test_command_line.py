"""The command line as a process: its words, its files, its exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from aemlo.formats import read

ROOT = Path(__file__).resolve().parents[1]
FIRST = ["dataset", "sampler", "classifier", "repeat", "fold", "metric", "label"]


def aemlo(*arguments, cwd=None):
    """Run `python -m aemlo` and return what came of it."""
    command = [sys.executable, "-m", "aemlo", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env=environment
    )


def test_info_says_what_the_published_counts_say(shared):
    mulan = shared / "data" / "mulan"
    done = aemlo(
        "info", mulan / "birds-train.arff", "--xml", mulan / "birds.xml", "--json"
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    published = json.loads((shared / "data" / "expected.json").read_text("utf-8"))
    (row,) = [r for r in published if r["file"] == "mulan/birds-train.arff"]
    assert (found["instances"], found["features"], found["labels"]) == (322, 260, 19)
    assert found["labelsets"] == row["labelsets"]
    assert round(found["mean_ir"], 4) == row["meanIR"]
    assert round(found["cardinality"], 4) == row["card"]
    assert sorted(found["label_counts"]) == sorted(row["label_counts"])
    assert "birds.xml" in found["labels_from"]


def test_convert_keeps_a_split_as_two_files_or_says_that_it_is_lost(shared, tmp_path):
    mulan = shared / "data" / "mulan"
    pair = [mulan / "flags-train.arff", "--test", mulan / "flags-test.arff"]
    pair += ["--xml", mulan / "flags.xml"]
    done = aemlo("convert", *pair, "flags.labels.csv.zip", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    again = read(tmp_path / "flags.labels.csv.zip")
    whole = read(pair[0], test=pair[2], xml=pair[4])
    assert again.split.tolist() == whole.split.tolist()
    order = [again.label_names.index(name) for name in whole.label_names]
    assert (again.Y[:, order] == whole.Y).all()
    done = aemlo("convert", *pair, "flags.csv", cwd=tmp_path)
    assert done.stderr == (
        "warning: flags.csv does not say which rows are for training. Write "
        "flags.csv.zip to keep the split as two files.\n"
    )


def test_a_file_is_read_as_it_is_said_to_be_written(tmp_path):
    rows = "".join(f"{k},5;{'a/b' if k % 2 else 'b'}\n" for k in range(8))
    (tmp_path / "x.csv").write_text("size;topics\n" + rows)
    options = ["--delimiter", ";", "--decimal", ",", "--label-list", "topics"]
    done = aemlo("convert", "x.csv", "x.npz", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    dataset = read(tmp_path / "x.npz")
    assert dataset.label_names == ("a", "b")
    assert dataset.X[:, 0].tolist() == [k + 0.5 for k in range(8)]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["info", "nowhere.arff"], "nowhere.arff: there is no such file."),
        (["resample", "yeast", "--sampler", "SMOTE", "--out", "x.csv"], "no sampler"),
        (
            ["train", "yeast", "--set", "epochs=none", "--out", "x"],
            "AEMLO: epochs must be a whole number, got 'none'.",
        ),
        (
            ["train", "yeast", "--set", "speed=3", "--out", "x"],
            "AEMLO: there is no setting 'speed'.",
        ),
        (
            ["resample", "yeast", "--sampler", "none", "--out", "x.docx"],
            "Can't write 'x.docx'.",
        ),
        (["compare", "yeast", "--out", "s.csv"], "compare needs samplers"),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(arguments, words, tmp_path):
    done = aemlo(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_resample_writes_a_file_that_marks_synthetic_rows(shared, tmp_path):
    mulan, out = shared / "data" / "mulan", tmp_path / "more.csv"
    done = aemlo(
        *("resample", mulan / "emotions.arff", "--xml", mulan / "emotions.xml"),
        *("--sampler", "mlsmote", "--seed", 1, "--out", out, "--json"),
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    rows = pd.read_csv(out)
    assert found["rows_before"] == 593
    assert len(rows) == found["rows_after"]
    assert (rows["is_synthetic"] == "yes").sum() == len(rows) - 593
    assert found["before"]["mean_ir"] > found["after"]["mean_ir"] >= 1


def test_rows_marked_as_synthetic_stay_so_when_more_are_made(tmp_path):
    rows = [f"{k},{'yes' if k == 3 else 'no'},1,{int(k == 2)}" for k in range(4)]
    given, out = tmp_path / "given.csv", tmp_path / "more.csv"
    given.write_text("\n".join(["a,is_synthetic,often,rare", *rows]), "utf-8")
    done = aemlo(
        *("resample", given, "--labels", "often,rare", "--sampler", "ML-ROS"),
        *("--out", out, "--json"),
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)["rows_made"]
    marks = pd.read_csv(out)["is_synthetic"].tolist()
    assert made > 0
    assert marks == ["no", "no", "no", "yes"] + ["yes"] * made


def test_train_writes_losses_and_a_model_that_repeats(tmp_path):
    for folder in ("one", "two"):
        done = aemlo(
            *("train", "yeast", "--set", "epochs=2", "--seed", 3),
            *("--out", tmp_path / folder),
        )
        assert done.returncode == 0, done.stderr
    losses = [(tmp_path / f / "losses.csv").read_text("utf-8") for f in ("one", "two")]
    assert losses[0] == losses[1]
    header = losses[0].splitlines()[0].split(",")
    assert header[:5] == ["epoch", "total", "latent", "ranking", "reconstruction"]
    assert len(losses[0].splitlines()) == 3
    assert (tmp_path / "one" / "weights.pt").exists()
    assert json.loads((tmp_path / "one" / "run.json").read_text("utf-8"))["seed"] == 3


def test_compare_writes_tidy_rows_whose_first_columns_are_fixed(tmp_path):
    out = tmp_path / "scores.csv"
    done = aemlo(
        *("compare", "yeast", "--samplers", "none,mlsmote", "--folds", 2),
        *("--classifiers", "br-logistic", "--set", "MLSMOTE.k_neighbors=3"),
        *("--out", out),
    )
    assert done.returncode == 0, done.stderr
    scores = pd.read_csv(out, keep_default_na=False)
    assert list(scores.columns)[:8] == [*FIRST, "value"]
    whole = scores[(scores["label"] == "") & (scores["metric"] == "macro-F1")]
    assert sorted(whole["sampler"]) == ["MLSMOTE", "MLSMOTE", "none", "none"]
    assert whole["value"].astype(float).between(0, 1).all()


def test_list_prints_the_names_the_others_take():
    done = aemlo("list", "--json")
    found = json.loads(done.stdout)
    assert {"none", "MLSMOTE", "AEMLO", "AEMLO-paper"} <= set(found["samplers"])
    assert {"BR-logistic", "BR-tree", "ML-kNN"} <= set(found["classifiers"])
    assert {"macro-F1", "ranking loss"} <= set(found["metrics"])


def test_what_reading_warns_of_is_said_by_every_verb(tmp_path):
    (tmp_path / "a.csv").write_text("f,day,l\n1,2020-01-01,1\n2,2020-02-01,0\n")
    for verb in (["convert", "a.csv", "b.arff"], ["info", "a.csv"]):
        done = aemlo(*verb, "--labels", "l", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stderr == "warning: Column 'day' holds dates: left out.\n"


@pytest.mark.parametrize("separator", ["ab", "é", "", "x"])
def test_a_separator_is_one_sign(tmp_path, separator):
    (tmp_path / "a.csv").write_text("f\tl\n1\t1\n2\t0\n")
    done = aemlo("info", "a.csv", "--delimiter", separator, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "--delimiter" in done.stderr
    done = aemlo("info", "a.csv", "--delimiter", r"\t", "--labels", "l", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_labels_on_the_command_line_may_hold_commas_or_be_listed(tmp_path):
    (tmp_path / "a.csv").write_text('f,"l, m",n\n1,1,0\n2,0,1\n')
    named = '"l, m", n'
    done = aemlo("info", "a.csv", "--labels", named, "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["label_names"] == ["l, m", "n"]
    (tmp_path / "b.csv").write_text("f,topics\n1,x/y\n2,y\n")
    listed = ["--label-list", "topics", "--label-separator", "/"]
    done = aemlo("info", "b.csv", *listed, "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["label_names"] == ["x", "y"]
