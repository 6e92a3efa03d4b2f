"""Numbers, lists and names as they are written: counts, ratios, names of files."""

import math
from collections.abc import Iterable

SHOWN = 5


def listed(names: Iterable[object]) -> str:
    """Some names in quotes, the rest counted."""
    names = list(names)
    shown = ", ".join(f"'{name}'" for name in names[:SHOWN])
    return shown + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")


def counted(number: int, noun: str) -> str:
    """ "1 row", "2 rows": a count with thousands separators and its noun."""
    return f"{count(number)} {noun if number == 1 else noun + 's'}"


def file_stem(name: str, most: int = 60) -> str:
    """`name` as a file may be called: letters, digits, `-` and `_`, at most `most`."""
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in name)
    return kept.strip("-")[:most] or "data"


def count(value: float) -> str:
    """A whole number with thousands separators."""
    return f"{int(value):,}"


def decimals(value: float, digits: int = 3) -> str:
    """A measure to 3 decimals, with thousands separators; "none" for NaN."""
    return "none" if math.isnan(value) else f"{value:,.{digits}f}"


def signed(value: float) -> str:
    """A difference with its sign and 3 decimals; one that rounds to 0 has no sign.

    "none" for NaN.
    """
    if math.isnan(value):
        return "none"
    text = f"{value:+.3f}"
    return "0.000" if text in ("+0.000", "-0.000") else text


def percent(share: float) -> str:
    """A share in whole percent; below 1 % with one decimal."""
    return f"{share:.0%}" if share >= 0.01 or not share else f"{share:.1%}"


def p_value(p: float) -> str:
    """ "p = 0.012", to 3 decimals; "p < 0.001" below that; "p not defined" for NaN."""
    if math.isnan(p):
        return "p not defined"
    return f"p = {decimals(p)}" if p >= 0.001 else "p < 0.001"


def ratio(value: float) -> str:
    """An IRLbl or ImR to 3 significant digits; "none" for NaN.

    The value is rounded first: 9.996 is "10.0" and 99.96 is "100". From 1,000 on the
    digits before the point are all written.
    """
    if math.isnan(value):
        return "none"
    rounded = float(f"{value:.3g}")
    if abs(rounded) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(rounded) >= 10 else f"{value:.2f}"


def seconds(value: float) -> str:
    """A duration: "0.4 s", "12 s", "1 min 20 s", "2 h 5 min"."""
    if round(value, 1) < 10:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def rows_in_words(number: int) -> str:
    """ "1 row", "1,234 rows"."""
    return counted(int(number), "row")


def written(value: float, form: str) -> str:
    """`value` in a measure's form: "count", "ratio" or "decimals"."""
    if math.isnan(value):
        return "none"
    return {"count": count, "ratio": ratio, "decimals": decimals}[form](value)
