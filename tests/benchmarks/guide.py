"""Runs the guide's examples and writes the tables that the guide page shows.

python tests/benchmarks/guide.py  (about a minute on one core)
"""

import json
import runpy
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "guide"

if __name__ == "__main__":
    tables = {}
    for path in sorted(FOLDER.glob("*.py")):
        table = runpy.run_path(str(path))["table"]
        tables[path.stem] = table.round(4).to_dict("split")
        print(path.stem, table.round(3), sep="\n")
    text = json.dumps(tables, indent=1)
    (FOLDER / "results.json").write_text(text + "\n", encoding="utf-8")
