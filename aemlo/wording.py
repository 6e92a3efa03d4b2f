"""Numbers, lists and names as they are written: counts, ratios, names of files."""

import math

SHOWN = 5


def listed(names):
    """Some names in quotes, the rest counted."""
    names = list(names)
    shown = ", ".join(f"'{name}'" for name in names[:SHOWN])
    return shown + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")


def counted(count, noun):
    """ "1 row", "2 rows": a count with its noun."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"


def file_stem(name, most=60):
    """`name` as a file may be called: letters, digits, `-` and `_`, at most `most`."""
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in name)
    return kept.strip("-")[:most] or "data"


def count(value):
    """A whole number with thousands separators."""
    return f"{int(value):,}"


def decimals(value):
    """A measure to 3 decimals, with thousands separators; "none" for NaN."""
    return "none" if math.isnan(value) else f"{value:,.3f}"


def ratio(value):
    """An IRLbl or ImR to 3 significant digits; "none" for NaN."""
    if math.isnan(value):
        return "none"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def rows_in_words(number):
    """ "1 row", "1,234 rows"."""
    return f"{count(number)} row" + ("" if number == 1 else "s")


def written(value, form):
    """`value` in a measure's form: "count", "ratio" or "decimals"."""
    if math.isnan(value):
        return "none"
    return {"count": count, "ratio": ratio, "decimals": decimals}[form](value)
