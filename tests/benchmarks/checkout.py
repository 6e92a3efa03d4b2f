"""What every benchmark imports: this checkout on the path, and the folder of real data.

A script's own folder is first on Python's path, so `python tests/benchmarks/NAME.py`
finds this file from any working directory; it makes `aemlo` be found too.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
SHARED = Path(os.environ.get("AEMLO_TEST_DATA", ROOT.parent / "shared"))
DATA = SHARED / "data"


def need_data() -> None:
    """End with one line where the real data sets are missing."""
    if not DATA.is_dir():
        raise SystemExit(
            f"No real data sets in {DATA}: set AEMLO_TEST_DATA to the folder that has "
            "data/, or use --quick."
        )
