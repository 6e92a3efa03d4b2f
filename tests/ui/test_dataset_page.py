"""The Data set page, without a browser: sources, labels confirmed, checks, errors."""

import pytest
from visits import WORKSPACE, fine, opened_store, texts, visit

from aemlo.store import Store

SEMICOLONS = "Höhe;Art;L1;L2\n" + "\n".join(
    f"{k},5;{'xyz'[k % 3]};{k % 2};{int(k % 4 == 0)}" for k in range(40)
)
LISTS = "no,story,topics\n" + "\n".join(
    f'{k * 1.5},"a story of {k} with words",{"a;b" if k % 2 else "b"}'
    for k in range(40)
)
BROKEN = "@relation r\n@attribute a numeric\n@attribute L {0,1}\n@data\n1,0\nx,1\n"


@pytest.fixture
def app(tmp_path, monkeypatch):
    """The Data set page of a visitor who has not chosen one yet."""
    for _ in opened_store(tmp_path, monkeypatch):
        yield visit("dataset")


def upload(app, name, content):
    fine(app.file_uploader[0].upload(name, content, "text/plain").run())


def press(app, label):
    button = next(b for b in app.button if b.label.replace("\\", "") == label)
    fine(button.click().run())


def in_use():
    store = Store()
    return store.dataset(store.workspace_dataset(WORKSPACE))


def text_of(app):
    """The sentences of the page, without the marks of Markdown."""
    return texts(app).replace("\\", "")


def test_yeast_is_in_use_and_clean_at_first(app):
    assert "In use: **yeast**" in text_of(app)
    assert [m.value for m in app.metric] == ["2,417", "103", "14", "4.237", "7.197"]
    assert app.success[0].value.startswith("No problems found")


def test_labels_are_proposed_and_then_confirmed(app):
    upload(app, "s.csv", SEMICOLONS.encode("cp1252"))
    assert "Guess: the last 2 columns hold only 0 and 1." in text_of(app)
    assert "In use: **yeast**" in text_of(app)
    assert "Windows-1252" in app.warning[0].value.replace("\\", "")
    press(app, "Use this data set")
    assert "In use: **s**" in text_of(app)
    dataset = in_use()
    assert dataset.label_names == ("L1", "L2")
    assert dataset.labels_from == "the last 2 columns, confirmed by the user"
    assert dataset.X[:2, 0].tolist() == [0.5, 1.5]


def test_a_file_in_use_leaves_no_copy_in_the_session(app, monkeypatch):
    removed = []
    monkeypatch.setattr(
        "streamlit.runtime.memory_uploaded_file_manager.MemoryUploadedFileManager"
        ".remove_file",
        lambda manager, session_id, file_id: removed.append(file_id),
    )
    upload(app, "s.csv", SEMICOLONS.encode())
    (file,) = app.session_state["upload.0"]
    assert len(app.session_state["loading.tables"]) == 1
    press(app, "Use this data set")
    assert removed == [file.file_id]
    assert "loading.tables" not in app.session_state


def test_a_large_file_is_read_apart_and_used(app, monkeypatch):
    from aemlo.formats import uploads

    monkeypatch.setattr(uploads, "IN_PROCESS", 0)
    upload(app, "s.csv", SEMICOLONS.encode("cp1252"))
    assert "Windows-1252" in app.warning[0].value.replace("\\", "")
    press(app, "Use this data set")
    assert in_use().label_names == ("L1", "L2")
    assert in_use().X[:2, 0].tolist() == [0.5, 1.5]
    upload(app, "b.arff", BROKEN.encode())
    assert [box.value.replace("\\", "") for box in app.error] == [
        "b.arff, line 6: 'a' is numeric, but 'x' is not a number."
    ]


def test_a_broken_file_is_one_box_and_the_good_one_stays(app):
    upload(app, "s.csv", SEMICOLONS.encode())
    press(app, "Use this data set")
    upload(app, "b.arff", BROKEN.encode())
    assert [box.value.replace("\\", "") for box in app.error] == [
        "b.arff, line 6: 'a' is numeric, but 'x' is not a number."
    ]
    assert "In use: **s**" in text_of(app)


IN_DOUBT = "no,story,topics\n" + "\n".join(
    f'{k * 1.5},"a story of {k} with words","{("Arts, crafts", "Food, drink")[k % 2]}"'
    for k in range(40)
)


def test_labels_that_can_be_read_in_two_ways_are_asked_about(app):
    upload(app, "doubt.csv", IN_DOUBT.encode())
    (way,) = (box for box in app.segmented_control if box.label == "Labels are")
    way.set_value("lists in a column").run()
    (question,) = (box for box in app.radio if "can be read in" in box.label)
    assert question.label == "topics can be read in 2 ways. Which is right?"
    options = [option.replace("\\", "") for option in question.options]
    assert options == [
        "parted by ',': 4 labels",
        "one label a row: 2 labels",
    ]
    assert question.value is None
    shown = [frame.value for frame in app.dataframe if "cell" in frame.value]
    assert [frame["labels"].tolist() for frame in shown] == [
        ["'Arts', 'crafts'", "'Food', 'drink'"],
        ["'Arts, crafts'", "'Food, drink'"],
    ]
    question.set_value("none").run()
    assert "the lists in column 'topics' (one label a row)" in text_of(app)


def test_a_text_with_lists_of_labels(app):
    upload(app, "t.csv", LISTS.encode())
    assert "the lists in column 'topics' (parted by ';')" in text_of(app)
    press(app, "Use this data set")
    dataset = in_use()
    assert dataset.label_names == ("a", "b")
    assert dataset.text_names == ("story",)


def test_labels_with_blanks_between_are_taken_apart_when_text_of(app):
    upload(app, "stories.csv", LISTS.replace("a;b", "a b").encode())
    (way,) = (g for g in app.segmented_control if g.label == "Labels are")
    way.set_value("lists in a column").run()
    (column,) = (box for box in app.selectbox if box.label == "Column with the lists")
    column.set_value("topics").run()
    (separator,) = (
        box for box in app.selectbox if box.label == "Separator between labels"
    )
    separator.set_value(" ").run()
    press(app, "Use this data set")
    assert in_use().label_names == ("a", "b")
    assert in_use().Y[:2].tolist() == [[0, 1], [1, 1]]


def test_an_arff_without_a_hint_proposes_its_first_columns(app, shared):
    content = (shared / "data" / "arff-no-label-info" / "CHD_49.arff").read_bytes()
    upload(app, "CHD_49.arff", content)
    assert "Guess: the first 6 columns hold only 0 and 1." in text_of(app)
    press(app, "Use this data set")
    assert (in_use().n, in_use().q) == (555, 6)
    assert in_use().labels_from == "the first 6 columns, confirmed by the user"


def test_a_split_of_sparse_files_with_xml_is_kept_and_saved_as_two_files(app, shared):
    mulan = shared / "data" / "mulan"
    names = ("medical-train.arff", "medical-test.arff", "medical.xml")
    files = [(name, (mulan / name).read_bytes(), "text/plain") for name in names]
    app.file_uploader[0].set_value(files).run()
    assert "Labels from medical.xml (45 names)" in text_of(app)
    press(app, "Use this data set")
    dataset = in_use()
    assert (dataset.n, dataset.q, dataset.split.sum()) == (978, 45, 333)
    assert dataset.is_sparse
    app.selectbox(key="save.format").set_value("CSV, labels as lists").run()
    press(app, "Create the file")
    assert [button.label for button in app.get("download_button")] == ["Download .zip"]


def test_an_answer_is_applied_noted_and_undone(app):
    upload(app, "s.csv", SEMICOLONS.encode())
    press(app, "Use this data set")
    before = in_use().content_hash
    press(app, "Leave out 1 feature")
    dataset = in_use()
    assert dataset.feature_names == ("Höhe",)
    assert dataset.recipe == ({"step": "drop_features", "names": ["Art"]},)
    assert "Left out 1 feature: 'Art'" in text_of(app)
    press(app, "Undo")
    assert in_use().content_hash == before


def test_generated_data_are_called_synthetic(app):
    app.segmented_control(key="door").set_value("Generate").run()
    press(app, "Generate and use")
    assert in_use().name.startswith("synthetic (1,000 x 30, 8 labels")
