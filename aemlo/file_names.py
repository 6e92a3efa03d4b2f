"""Names of data sets, charts and tables as names of files."""


def file_stem(name, most=60):
    """`name` as a file may be called: letters, digits, `-` and `_`, at most `most`."""
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in name)
    return kept.strip("-")[:most] or "data"
