"""The command line as a process: its words, its files, its exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from aemlo import experiment
from aemlo.__main__ import main
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


def ends(capsys, arguments):
    """The one line and exit code that `main` ends with."""
    try:
        code = main([str(word) for word in arguments])
    except SystemExit as end:
        code = end.code
    shown = capsys.readouterr()
    assert shown.out == ""
    return shown.err, code


SMALL = ["--classifiers", "BR-tree", "--folds", "2", "--out", "s.csv"]


@pytest.mark.parametrize(
    "arguments, line",
    [
        (
            [
                "resample",
                "yeast",
                "--sampler",
                "MLSMOTE",
                "--seed",
                -1,
                "--out",
                "a.csv",
            ],
            "aemlo resample: argument --seed: must be a whole number from 0 to "
            "4294967295, got '-1'. See aemlo resample --help.\n",
        ),
        (
            ["train", "yeast", "--seed", "first", "--out", "model"],
            "aemlo train: argument --seed: must be a whole number from 0 to "
            "4294967295, got 'first'. See aemlo train --help.\n",
        ),
        (
            ["compare", "yeast", "--samplers", "none", "--seed", -1, *SMALL],
            "aemlo compare: argument --seed: must be a whole number from 0 to "
            "4294967295, got '-1'. See aemlo compare --help.\n",
        ),
        (
            ["compare", "yeast", "--samplers", "none,ML-ROS", "--jobs", 0, *SMALL],
            "aemlo compare: argument --jobs: must be a whole number from 1 to 1000, "
            "got '0'. See aemlo compare --help.\n",
        ),
        (
            ["compare", "yeast", "--samplers", "none,None", *SMALL],
            "aemlo: --samplers none,None: 'none' is named twice. Name each once.\n",
        ),
    ],
)
def test_numbers_and_names_that_cannot_be_are_one_line(
    arguments, line, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert ends(capsys, arguments) == (line, 2)
    assert not list(tmp_path.iterdir())


VERBS = {
    "resample": ["resample", "yeast", "--sampler", "none", "--out"],
    "train": ["train", "yeast", "--set", "epochs=1", "--out"],
    "compare": ["compare", "yeast", "--samplers", "none", *SMALL[:4], "--out"],
    "convert": ["convert", "yeast"],
}


@pytest.mark.parametrize("verb", ["resample", "compare", "convert"])
def test_a_file_that_cannot_be_written_ends_before_the_work(
    verb, tmp_path, monkeypatch, capsys
):
    def not_read(options):
        raise AssertionError("the data were read")

    monkeypatch.setattr("aemlo.__main__.read_dataset", not_read)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    assert ends(capsys, [*VERBS[verb], "no/x.csv"]) == (
        "aemlo: no/x.csv: there is no folder no. Create it, or name another file.\n",
        2,
    )
    assert ends(capsys, [*VERBS[verb], "folder.csv"]) == (
        "aemlo: folder.csv: it is a folder. Name a file in it.\n",
        2,
    )

    def refused(path, mode="r"):
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refused)
        line = ends(capsys, [*VERBS[verb], "x.csv"])
    assert line == ("aemlo: x.csv: Permission denied.\n", 2)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


def test_a_folder_for_a_model_is_tried_before_the_work(tmp_path, monkeypatch, capsys):
    (tmp_path / "model").write_text("a file")
    monkeypatch.chdir(tmp_path)
    assert ends(capsys, [*VERBS["train"], "model"]) == (
        "aemlo: model: it is a file. Name a folder.\n",
        2,
    )
    assert ends(capsys, [*VERBS["train"], "model/inside"])[1] == 2
    assert (tmp_path / "model").read_text() == "a file"


def test_an_output_that_was_there_is_kept_until_there_is_a_new_one(
    tmp_path, monkeypatch, capsys
):
    out = tmp_path / "x.csv"
    out.write_text("old")
    monkeypatch.setattr("aemlo.__main__.write", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main([*VERBS["resample"], str(out)])
    assert out.read_text() == "old"


def test_a_format_that_is_not_known_ends_before_rows_are_made(
    tmp_path, monkeypatch, capsys
):
    from aemlo.samplers import SAMPLERS

    def not_made(*_, **__):
        raise AssertionError("rows were made")

    monkeypatch.setattr(SAMPLERS["none"], "fit_resample", not_made)
    out = tmp_path / "x.docx.zip"
    line, code = ends(capsys, [*VERBS["resample"], out])
    assert line.startswith("aemlo: Can't write 'x.docx'. Formats: .arff, ")
    assert code == 2 and not out.exists()


def test_resampled_arff_is_read_back_with_the_xml_beside_it(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(["resample", "yeast", "--sampler", "ML-ROS", "--out", "a.arff"]) == 0
    capsys.readouterr()
    assert main(["info", "a.arff", "--json"]) == 0
    shown = capsys.readouterr()
    info = json.loads(shown.out)
    assert info["label_names"] == list(read("yeast").label_names)
    assert "a.xml" in info["labels_from"]
    assert info["features"] == 103
    assert shown.err == (
        "warning: 332 of 2,749 rows are synthetic, says 'is_synthetic'. Test nothing "
        "on them.\n"
    )
    (tmp_path / "a.xml").unlink()
    line, code = ends(capsys, ["info", "a.arff"])
    assert code == 2
    assert "the last 14 columns hold only 0 and 1): 'Class1'," in line
    assert "is_synthetic" not in line


def everything(folder):
    """{name: bytes} of all files in a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    "arguments",
    [
        ["resample", "synthetic", "--sampler", "MLSMOTE", "--out", "more.arff"],
        ["train", "synthetic", "--set", "epochs=1", "--out", "model"],
        ["compare", "synthetic", "--samplers", "none,MLSMOTE", *SMALL],
    ],
    ids=lambda words: words[0],
)
def test_the_same_seed_writes_the_same_bytes(arguments, tmp_path, monkeypatch):
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        assert main([*arguments, "--seed", "5"]) == 0
        files = everything(tmp_path / name)
        timing = files.pop("s.timing.csv", b"")
        assert bool(timing) == (arguments[0] == "compare")
        written.append(files)
    assert written[0] == written[1] and written[0]


def test_seconds_of_a_comparison_stand_in_a_file_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "synthetic", "--samplers", "none,ML-ROS", *SMALL]) == 0
    scores, timing = pd.read_csv("s.csv"), pd.read_csv("s.timing.csv")
    cell = ["dataset", "sampler", "classifier", "repeat", "fold"]
    assert list(timing.columns) == [
        *cell,
        *("prepare_seconds", "sample_seconds", "fit_seconds", "predict_seconds"),
        "peak_mb",
    ]
    assert len(timing) == 4 and (timing["fit_seconds"] > 0).all()
    assert {*scores.columns, *timing.columns} == {
        *experiment.COLUMNS,
        *experiment.FACTS,
    }
    assert set(scores.columns) & set(timing.columns) == set(cell)
