"""The file formats, found by a scan of `kinds/`."""

from aemlo.formats import kinds
from aemlo.formats.base import Format
from aemlo.registry import scan

FORMATS = {
    title: cls() for title, cls in scan(kinds.__name__, kinds.__path__, Format).items()
}

READERS = FORMATS
WRITERS = {title: form for title, form in FORMATS.items() if form.writable}
