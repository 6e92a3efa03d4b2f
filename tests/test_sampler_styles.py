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


def test_a_chart_knows_the_colours_in_a_process_that_imported_no_sampler():
    code = "from aemlo.charts import theme; print(theme.sampler_colour('MLSMOTE'))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == SAMPLERS["MLSMOTE"].colour
