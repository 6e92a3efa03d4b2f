"""Files made of a text, and what is said when they are refused."""

import io
import zipfile

import pytest

from aemlo.errors import DataError
from aemlo.formats import open_files, read


def text(name, content, encoding="utf-8"):
    return name, content.encode(encoding)


def zipped(**files):
    """The bytes of a zip archive; in the names, `_` stands for a dot, `__` for /."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name.replace("__", "/").replace("_", "."), content)
    return out.getvalue()


def refused(*files, **how):
    with pytest.raises(DataError) as error:
        if len(files) == 1:
            read(files[0], **how)
        else:
            open_files(files).to_dataset(**how)
    return str(error.value)
