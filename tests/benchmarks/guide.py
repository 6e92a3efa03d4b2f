"""Runs the guide's examples and writes the tables that the guide page shows.

    python tests/benchmarks/guide.py [--quick]

About a minute on one core. `--quick` runs the quickest example and writes nothing.
"""

import argparse
import json
import runpy

from checkout import ROOT

FOLDER = ROOT / "assets" / "guide"
QUICKEST = "class_weights.py"


def main(quick):
    """Run the examples; without `quick` also write their tables."""
    tables = {}
    pattern = QUICKEST if quick else "*.py"
    for path in sorted(FOLDER.glob(pattern)):
        table = runpy.run_path(str(path))["table"]
        tables[path.stem] = table.round(4).to_dict("split")
        print(path.stem, table.round(3), sep="\n")
    if not quick:
        text = json.dumps(tables, indent=1)
        (FOLDER / "results.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one example, no file")
    main(parser.parse_args().quick)
