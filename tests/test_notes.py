"""Notes carry the labels they are about, through names, ensembles and stores."""

import json
import pickle

from aemlo import notes
from aemlo.notes import Note

NAMES = [f"label {j}" for j in range(20)]


def test_a_note_is_its_sentence_with_labels_by_position():
    note = Note("Labels {labels}: too rare.", [3, 1])
    assert note == "Labels 3, 1: too rare."
    assert note.labels == (3, 1)
    assert Note("Nothing was added.").labels == ()


def test_labels_are_spelled_by_name_the_first_ten():
    note = Note("Labels {labels}: too rare.", range(12))
    assert note == "Labels 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more: too rare."
    named = note.named(NAMES)
    assert named.startswith("Labels label 0, label 1,")
    assert named.endswith("label 9 and 2 more: too rare.")
    assert named.labels == tuple(range(12))


def test_words_that_look_like_labels_are_left_alone():
    """Numbers that are no positions stay: of folds, of rows, in names."""
    note = Note("Label {labels} has 3 rows, see Label 1.", [2])
    assert note.named(["a", "Label 1", "b"]) == "Label b has 3 rows, see Label 1."


def test_a_note_of_a_part_speaks_of_the_labels_of_the_whole():
    note = Note("Label {labels} is 0.", [1]).moved([4, 7]).after("BR: ")
    assert (note, note.labels) == ("BR: Label 7 is 0.", (7,))
    assert note.named(NAMES) == "BR: Label label 7 is 0."


def test_a_note_keeps_its_names_behind_a_title():
    note = Note("Label {labels} is rare.", [1], ["a", "b"]).after("MLSMOTE: ")
    assert (note, note.labels) == ("MLSMOTE: Label b is rare.", (1,))


def test_notes_survive_stores_and_processes():
    note = Note("Label {labels} is 0.", [1])
    again = notes.read(json.loads(json.dumps(note.stored())))
    assert (again, again.labels) == (note, (1,))
    again = pickle.loads(pickle.dumps(note))
    assert (again, again.template, again.labels) == (note, note.template, (1,))
    assert json.dumps([note]) == '["Label 1 is 0."]'


def test_sentences_of_old_runs_are_recognised():
    note = notes.read("BR: Labels 3, 4 and 2 more: too rare.")
    assert note.labels == (3, 4)
    assert note.named(NAMES) == "BR: Labels label 3, label 4 and 2 more: too rare."
    assert notes.read("3 rows were left out.").labels == ()
