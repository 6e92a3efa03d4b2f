"""What each classifier of a spec is, which arms it has, and what must be refused."""

import pytest

from aemlo import experiment, specs
from aemlo.compare import Learner
from aemlo.errors import ParameterError
from aemlo.formats import read

BASE = {"samplers": ["none", "MLSMOTE"], "classifiers": ["BR-logistic"]}
LOGISTIC = specs.arm("BR-logistic")


def with_remedies(*remedies, **more):
    classifiers = specs.with_remedies([LOGISTIC], list(remedies))
    return specs.checked(BASE | {"classifiers": classifiers} | more)


def test_remedies_are_arms_of_the_classifier_inside_them():
    spec = with_remedies(*specs.REMEDIES)
    assert specs.learners(spec) == {
        "BR-logistic": Learner("BR-logistic"),
        "BR-logistic + class weights": Learner("BR-logistic", "class weights"),
        "BR-logistic + thresholds": Learner("BR-logistic", "thresholds"),
        "BR-logistic + class weights + thresholds": Learner(
            "BR-logistic", "class weights + thresholds"
        ),
    }
    # The same after a round through a file, where every setting is named.
    assert specs.learners(specs.from_toml(specs.to_toml(spec))) == specs.learners(spec)


def test_a_remedy_of_a_classifier_with_other_settings_stands_for_itself():
    remedy = specs.arm(
        "thresholds", {"classifier": {"name": "ML-kNN", "params": {"k": 3}}}, "cut"
    )
    plain = specs.arm("ML-kNN")
    spec = specs.checked(BASE | {"classifiers": [plain, remedy]})
    assert specs.learners(spec)["cut"] == Learner("cut")


def test_an_entry_may_say_whose_remedy_it_is():
    focal = specs.arm("ML-kNN", None, "kNN", learner="BR-logistic", remedy="neighbours")
    spec = specs.checked(BASE | {"classifiers": [LOGISTIC, focal]})
    assert specs.learners(spec)["kNN"] == Learner("BR-logistic", "neighbours")
    again = specs.from_toml(specs.to_toml(spec))
    assert specs.learners(again) == specs.learners(spec)


def test_a_classifier_without_class_weights_cannot_have_them():
    names = [
        entry["name"]
        for entry in specs.with_remedies([specs.arm("ML-kNN")], list(specs.REMEDIES))
    ]
    assert names == ["ML-kNN", "ML-kNN + thresholds"]


def test_any_arm_can_be_the_baseline():
    spec = with_remedies("thresholds", baseline="MLSMOTE + thresholds")
    assert spec["baseline"] == "MLSMOTE + thresholds"


@pytest.mark.parametrize(
    "change, message",
    [
        (
            {"primary": "F1"},
            "Experiment: primary must be one of macro-F1, ",
        ),
        ({"primary": 3}, "Experiment: primary must be a metric, got 3."),
        ({"primary": "F3"}, "There is no metric 'F3'."),
        (
            {"rope": 1.5},
            "Experiment: rope, half the width of the region of practical equivalence, "
            "must be between 0 and 1, got 1.5.",
        ),
        (
            {"groups": 3},
            "Experiment: groups must be the name of a column, got 3.",
        ),
        (
            {"control": "yes"},
            "Experiment: control, a run on permuted labels, must be true or false, got "
            "'yes'.",
        ),
        (
            {"keep_features": -1},
            "Experiment: keep_features must be a whole number of at least 0, got -1.",
        ),
        (
            {"only": ["ML-ROS"]},
            "Experiment: there is no arm 'ML-ROS'. Arms: none, MLSMOTE.",
        ),
        (
            {"only": ["MLSMOTE"]},
            "Experiment: the baseline 'none' is not among the arms to run: MLSMOTE. "
            "Add it, or choose another baseline.",
        ),
        (
            {"only": "none"},
            "Experiment: only must list names of arms, got 'none'.",
        ),
        (
            {"classifiers": [LOGISTIC | {"learner": 3}]},
            "Experiment: learner and remedy must be names, got {'learner': 3}.",
        ),
    ],
)
def test_a_wrong_entry_is_refused(change, message):
    with pytest.raises(ParameterError) as caught:
        specs.checked(BASE | change)
    assert str(caught.value).startswith(message)


def test_two_arms_of_one_name_are_refused():
    samplers = ["none", specs.arm("MLSMOTE", None, "thresholds")]
    classifiers = specs.with_remedies([LOGISTIC], ["thresholds"])
    with pytest.raises(ParameterError) as caught:
        specs.checked({"samplers": samplers, "classifiers": classifiers})
    assert str(caught.value) == (
        "Experiment: two arms with BR-logistic are called 'thresholds'. Give a sampler "
        "or a classifier another name."
    )


def test_a_comparison_can_be_limited_to_some_arms():
    spec = with_remedies("thresholds", only=["none", "MLSMOTE", "thresholds"])
    options = specs.options(spec)
    assert options["only"] == [
        ("none", "BR-logistic"),
        ("none", "BR-logistic + thresholds"),
        ("MLSMOTE", "BR-logistic"),
    ]
    del options["metrics"]
    plan = experiment.grid(read("synthetic"), *specs.arms(spec), **options)
    cells = {(u.sampler_name, name) for u in plan.units for name in u.classifiers}
    assert cells == set(specs.options(spec)["only"])


def test_classify_s_arms_become_a_comparison_of_just_those():
    plain = {"name": "BR-logistic", "params": {}}
    weighted = {"name": "class weights", "params": {"classifier": plain}}
    arms = [
        {"name": "as it is", "sampler": None, "classifier": plain},
        {
            "name": "both",
            "sampler": None,
            "classifier": {"name": "thresholds", "params": {"classifier": weighted}},
        },
        {"name": "AEMLO", "sampler": {"name": "AEMLO"}, "classifier": plain},
    ]
    spec = specs.comparison_of(arms, folds=3)
    assert spec["only"] == ["none", "class weights + thresholds", "AEMLO"]
    assert spec["folds"] == 3 and spec["baseline"] == "none"
    assert [entry["name"] for entry in spec["samplers"]] == ["none", "AEMLO"]
    assert len(specs.options(spec)["only"]) == 3


def test_an_old_spec_is_read_with_the_settings_of_its_time():
    """A file without the newer entries: no groups, no control, all features."""
    spec = specs.from_toml(
        'samplers = ["none", "MLSMOTE"]\nclassifiers = ["BR-logistic"]\n'
    )
    assert (spec["groups"], spec["control"], spec["keep_features"]) == ("", False, 0)
    assert spec["only"] == []
