"""OpenML by name, against a recorded local server; and offline, said at once."""

import gzip
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sklearn.datasets import _openml

from aemlo.errors import DataError
from aemlo.formats.kinds import openml

ARFF = b"""@RELATION tiny
@ATTRIBUTE size NUMERIC
@ATTRIBUTE colour {red,green}
@ATTRIBUTE happy {TRUE,FALSE}
@ATTRIBUTE calm {TRUE,FALSE}
@DATA
1.5,red,TRUE,FALSE
2.5,green,FALSE,FALSE
?,red,TRUE,TRUE
"""


def feature(index, name, kind, target="false"):
    return {
        "index": str(index),
        "name": name,
        "data_type": kind,
        "is_target": target,
        "is_ignore": "false",
        "is_row_identifier": "false",
        "number_of_missing_values": "1" if name == "size" else "0",
    }


# What the site answers, as recorded from its documented interface.
ANSWERS = {
    "api/v1/json/data/list/data_name/tiny/limit/2/status/active/": {
        "data": {
            "dataset": [{"did": 7, "name": "tiny", "version": 1, "status": "active"}]
        }
    },
    "api/v1/json/data/7": {
        "data_set_description": {
            "id": "7",
            "description": "Recorded by hand.",
            "name": "tiny",
            "version": "1",
            "format": "ARFF",
            "file_id": "70",
            "default_target_attribute": "happy,calm",
            "md5_checksum": hashlib.md5(ARFF).hexdigest(),
            "status": "active",
        }
    },
    "api/v1/json/data/features/7": {
        "data_features": {
            "feature": [
                feature(0, "size", "numeric"),
                feature(1, "colour", "nominal"),
                feature(2, "happy", "nominal", "true"),
                feature(3, "calm", "nominal", "true"),
            ]
        }
    },
    "api/v1/json/data/qualities/7": {
        "data_qualities": {"quality": [{"name": "NumberOfInstances", "value": "3"}]}
    },
}


class Recorded(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.lstrip("/").removesuffix("?")
        if "download" in path:
            body = ARFF
        elif path in ANSWERS or path.rstrip("/") in ANSWERS:
            body = json.dumps(ANSWERS.get(path) or ANSWERS[path.rstrip("/")]).encode()
        else:
            body = json.dumps(
                {"error": {"code": "372", "message": "No results"}}
            ).encode()
            self.send_response(412)
            self.end_headers()
            self.wfile.write(body)
            return
        zipped = "gzip" in self.headers.get("Accept-encoding", "")
        self.send_response(200)
        if zipped:
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def site(monkeypatch):
    server = HTTPServer(("127.0.0.1", 0), Recorded)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/"
    for name in ("_SEARCH_NAME", "_DATA_INFO", "_DATA_FEATURES", "_DATA_QUALITIES"):
        template = getattr(_openml, name).replace(openml.SITE, address)
        monkeypatch.setattr(_openml, name, template)
    monkeypatch.setattr(openml, "SITE", address)
    ANSWERS["api/v1/json/data/7"]["data_set_description"]["url"] = (
        f"{address}data/v1/download/70"
    )
    monkeypatch.setenv("no_proxy", "*")
    yield address
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_data_set_by_name(site):
    table = openml.fetch("tiny")
    dataset = table.to_dataset()
    assert (dataset.name, dataset.labels_from) == ("tiny", "OpenML's default targets")
    assert dataset.label_names == ("happy", "calm")
    assert dataset.Y.tolist() == [[1, 0], [0, 0], [1, 1]]
    assert [(f.name, f.kind) for f in dataset.features] == [
        ("size", "numeric"),
        ("colour", "nominal"),
    ]
    assert dataset.X[:2, 0].tolist() == [1.5, 2.5]
    colours = [dataset.features[1].categories[int(code)] for code in dataset.X[:, 1]]
    assert colours == ["red", "green", "red"]


def test_a_sparse_data_set(site, monkeypatch):
    content = ARFF.split(b"@DATA")[0].replace(b"{red,green}", b"NUMERIC")
    content += b"@DATA\n{0 1.5,2 TRUE,3 FALSE}\n{1 2,2 FALSE,3 TRUE}\n"
    monkeypatch.setattr(f"{__name__}.ARFF", content)
    described = ANSWERS["api/v1/json/data/7"]["data_set_description"]
    features = [feature(0, "size", "numeric"), feature(1, "colour", "numeric")]
    features += [feature(2, "happy", "nominal", "true")]
    features += [feature(3, "calm", "nominal", "true")]
    monkeypatch.setitem(described, "format", "Sparse_ARFF")
    monkeypatch.setitem(described, "md5_checksum", hashlib.md5(content).hexdigest())
    path = "api/v1/json/data/features/7"
    monkeypatch.setitem(ANSWERS, path, {"data_features": {"feature": features}})
    dataset = openml.fetch("7").to_dataset()
    assert dataset.is_sparse
    assert dataset.X.toarray().tolist() == [[1.5, 0], [0, 2]]
    assert dataset.Y.tolist() == [[1, 0], [0, 1]]


def test_an_unknown_name_is_said(site):
    with pytest.raises(DataError, match="^OpenML 'none-such': .*none-such.*"):
        openml.fetch("none-such")


def test_offline_it_says_so_at_once(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    # A port where nobody listens stands for a network that is not there.
    monkeypatch.setattr(openml, "SITE", "http://127.0.0.1:9/")
    start = time.perf_counter()
    with pytest.raises(DataError) as error:
        openml.fetch("emotions")
    assert time.perf_counter() - start < 5
    assert str(error.value).startswith("OpenML (127.0.0.1) cannot be reached: ")
    assert str(error.value).endswith(
        "Everything else works offline; upload a file, or use yeast."
    )
