"""The XML file that names the labels of a Mulan data set."""

import re
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from aemlo.errors import DataError
from aemlo.tables.source import Source

UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
NAMESPACE = "http://mulan.sourceforge.net/labels"


def read_names(source: Source) -> list[str]:
    """Label names in the order of the XML file, nested labels after their parents.

    Raises DataError for XML that is broken, declares entities or a document type (the
    way of XML bombs), or names no labels.
    """
    _refuse_declarations(source)
    try:
        root = ElementTree.fromstring(source.data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"{source.name}: broken XML: {error}.") from None
    names = []
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "label":
            name = element.get("name")
            if name is None:
                raise DataError(f"{source.name}: a <label> has no name.")
            names.append(name)
    if not names:
        raise DataError(
            f"{source.name}: names no labels. A Mulan file holds "
            '<labels><label name="..."/></labels>.'
        )
    return names


def _refuse_declarations(source):
    parser = expat.ParserCreate()

    def refuse(*_):
        raise DataError(
            f"{source.name}: declares a document type or entities, which label files "
            "do not need. Remove the <!DOCTYPE> part."
        )

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(source.data, True)
    except DataError:
        raise
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise DataError(f"{source.name}: broken XML: {error}.") from None


def write_names(names: Iterable[str]) -> bytes:
    """The bytes of a Mulan XML file; DataError for a name that XML cannot hold."""
    for name in names:
        if UNWRITABLE.search(name):
            raise DataError(
                f"Label {name!r} holds a control character, which XML cannot. Rename "
                "it, or write MEKA's ARFF."
            )
    lines = [f"<label name={_quoted(name)}></label>" for name in names]
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<labels xmlns="{NAMESPACE}">\n' + "\n".join(lines) + "\n</labels>\n"
    ).encode()


def _quoted(name):
    return quoteattr(name, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
