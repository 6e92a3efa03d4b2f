"""Colours and markers of samplers: said on the class, free ones for the others."""

import subprocess
import sys

from aemlo import sampler_styles
from aemlo.samplers import SAMPLERS


def test_registered_samplers_look_as_their_class_says_and_no_two_alike():
    styles = {title: sampler_styles.style_of(title) for title in SAMPLERS}
    for title, cls in SAMPLERS.items():
        assert styles[title].colour == cls.colour
        assert styles[title].marker == cls.marker
    assert len(set(styles.values())) == len(SAMPLERS)


def test_samplers_without_a_style_get_free_ones_and_never_look_alike():
    known = {title: (cls.colour, cls.marker) for title, cls in SAMPLERS.items()}
    new = [f"new {number}" for number in range(20)]
    styles = sampler_styles.assigned(known | dict.fromkeys(new, (None, None)))
    assert len(set(styles.values())) == len(styles)
    taken = {cls.colour for cls in SAMPLERS.values()}
    assert not taken & {styles[name].colour for name in new}


def test_a_name_that_is_not_registered_never_looks_like_mlsmote():
    mlsmote = sampler_styles.style_of("MLSMOTE")
    for name in ("x", "my sampler", "another", "zzz"):
        style = sampler_styles.style_of(name)
        assert style.colour != mlsmote.colour and style.marker != mlsmote.marker


def test_a_variant_looks_like_its_sampler():
    assert sampler_styles.style_of("MLSMOTE 25 %") == sampler_styles.style_of("MLSMOTE")


def test_the_styles_are_those_of_the_registered_classes():
    assert sampler_styles.declared(sampler_styles.SAMPLERS) == {
        title: (cls.own("colour"), cls.own("marker")) for title, cls in SAMPLERS.items()
    }


def test_a_class_that_sets_no_style_is_found_with_none(tmp_path):
    text = 'class Mine:\n    title = "mine"\n\n\nclass Base:\n    marker = "x"\n'
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    assert sampler_styles.declared(tmp_path) == {"mine": (None, None)}


def test_a_style_is_known_in_a_process_that_imported_no_sampler():
    code = (
        "import sys; from aemlo import sampler_styles; "
        "print(sampler_styles.style_of('MLSMOTE').colour); "
        "print(sorted({'aemlo.samplers', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [SAMPLERS["MLSMOTE"].colour, "[]"]
