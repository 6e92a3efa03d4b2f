"""Who may speak to the server, and what each of its answers carries."""

import asyncio
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parents[1]
STREAM = "/_stcore/stream"
UPLOAD = "/_stcore/upload_file/session/file"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",  # the example of RFC 6455
}
OWN = object()


def answer(server, path="/", *, method="GET", host=OWN, **headers):
    """(status, headers, body) of a request; `host` is a Host header, or several."""
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    hosts = address.netloc if host is OWN else host
    for one in [hosts] if isinstance(hosts, str) else hosts:
        connection.putheader("Host", one)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    body = b"" if response.status == 101 else response.read()
    connection.close()
    return response.status, response.headers, body.decode("utf-8")


def websocket(server, **headers):
    """The answer to a websocket's opening request; 101 is a yes."""
    upgrade = {name.replace("-", "_"): value for name, value in UPGRADE.items()}
    return answer(server, STREAM, **upgrade, **headers)


def script_of(server):
    """The address of a static file of the page."""
    return re.search(r"/static/js/[\w.-]+\.js", answer(server)[2]).group()


def unknown_host(name):
    return (
        f"This server does not answer to the host name '{name}'; its administrator can "
        "add the name to the environment variable AEMLO_HOSTS.\n"
    )


NO_HOST = (
    "The request needs one valid Host header that names this server (localhost, or a "
    "name in the environment variable AEMLO_HOSTS).\n"
)


def foreign_origin(origin, host):
    return (
        f"A request from Origin {origin!r} cannot use the pages of {host}; a proxy in "
        "between must pass the Host header on unchanged (see AEMLO_HOSTS in the "
        "README).\n"
    )


def plain(headers):
    return headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("kind", ["page", "static file", "health", "websocket"])
def test_a_foreign_host_is_refused(server, kind):
    name = "rebound.example:8501"
    if kind == "websocket":
        reply = websocket(server, host=name, Origin=f"http://{name}")
    else:
        path = {"page": "/", "health": "/_stcore/health"}.get(kind) or script_of(server)
        reply = answer(server, path, host=name)
    status, headers, body = reply
    assert (status, body) == (403, unknown_host("rebound.example"))
    assert plain(headers)


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost.:80", "127.0.0.1:9", "[::1]", "[::1]:8501"]
)
def test_this_machine_is_allowed_by_default_with_any_port(server, host):
    assert answer(server, "/_stcore/health", host=host)[0] == 200
    assert websocket(server, host=host, Origin=f"http://{host}")[0] == 101


@pytest.mark.parametrize(
    "host",
    [
        [],
        "",
        "localhost:",
        "localhost:8501/x",
        "localhost:port",
        "evil@localhost",
        "localhost evil",
        "localhost, evil",
        "[localhost]",
        ["localhost", "localhost"],
        ["localhost", "rebound.example"],
    ],
    ids=str,
)
def test_a_host_that_is_missing_malformed_or_double_is_refused(server, host):
    status, _, body = answer(server, host=host)
    assert status == 400
    # What the web server itself refuses never comes to us.
    assert body in (NO_HOST, "Invalid HTTP request received.")


def test_a_host_told_by_a_proxy_does_not_count(server):
    foreign = answer(server, host="rebound.example", X_Forwarded_Host="localhost")
    assert foreign[0] == 403
    assert answer(server, X_Forwarded_Host="rebound.example")[0] == 200


def test_a_websocket_needs_the_origin_of_its_own_page(server):
    host = urlsplit(server.url).netloc
    assert websocket(server, Origin=f"http://{host}")[0] == 101
    port = urlsplit(server.url).port
    for origin in (
        "https://elsewhere.example",
        "http://localhost",  # another server of this machine
        f"http://127.0.0.1:{port + 1}",
        f"http://{host}.elsewhere.example",
        f"http://elsewhere.example@{host}",
        "null",
        "",
    ):
        status, headers, body = websocket(server, Origin=origin)
        assert (status, body) == (403, foreign_origin(origin, host))
        assert plain(headers)
    status, _, body = websocket(server)
    assert (status, body) == (403, foreign_origin("", host))


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_upload_needs_the_token_of_its_own_page(server, method):
    host = urlsplit(server.url).netloc
    assert answer(server, UPLOAD, method=method)[0] == 403
    own = {"Origin": f"http://{host}"}
    assert answer(server, UPLOAD, method=method, **own)[0] == 403
    status, _, body = answer(
        server, UPLOAD, method=method, Origin="http://evil.example"
    )
    assert (status, body) == (403, foreign_origin("http://evil.example", host))
    # With the token it gets as far as the upload itself.
    token = "_streamlit_xsrf"
    cookie = answer(server, "/_stcore/host-config")[1]["Set-Cookie"] or ""
    if token not in cookie:
        cookie = answer(server, "/_stcore/health")[1]["Set-Cookie"]
    value = re.match(rf"{token}=([^;]+)", cookie).group(1)
    with_token = {"Cookie": f"{token}={value}", "X_Xsrftoken": value}
    assert answer(server, UPLOAD, method=method, **own, **with_token)[0] != 403


SPELLINGS = (
    "/_stcore/metrics",
    "/_stcore/metrics/",
    "/_stcore/metrics//",
    "/_stcore/metrics?x=1",
    "//_stcore/metrics",
    "/_stcore//metrics",
    "/./_stcore/./metrics",
    "/_stcore/%6detrics",
    "/%5fstcore%2Fmetrics",
    "/_stcore%5Cmetrics",
    "/imbalance/_stcore/metrics",
)


@pytest.mark.parametrize("path", SPELLINGS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_the_metrics_are_not_there(server, method, path):
    status, headers, body = answer(server, path, method=method)
    assert status == 404
    assert plain(headers)
    assert body == ("" if method == "HEAD" else "Not Found\n")


def test_names_come_from_the_environment_and_nothing_is_lost_under_a_base_path(
    start_server,
):
    server = start_server(
        AEMLO_HOSTS=" Studio.example.org, 192.0.2.7,2001:db8::7 ",
        STREAMLIT_SERVER_BASE_URL_PATH="studio",
    )
    for host in ("studio.example.org", "192.0.2.7:80", "[2001:db8::7]", "localhost"):
        assert answer(server, "/studio/", host=host)[0] == 200
    status, _, body = answer(server, "/studio/", host="example.org")
    assert (status, body) == (403, unknown_host("example.org"))
    assert answer(server, "/studio/_stcore/metrics")[0] == 404
    upgrade = {name.replace("-", "_"): value for name, value in UPGRADE.items()}
    name = {"host": "studio.example.org", **upgrade}
    stream = f"/studio{STREAM}"
    assert answer(server, stream, **name, Origin="https://studio.example.org")[0] == 101
    assert answer(server, stream, **name, Origin="http://localhost")[0] == 403


def test_a_star_allows_every_host_but_no_foreign_origin(start_server):
    server = start_server(AEMLO_HOSTS="*")
    assert answer(server, host="any.example")[0] == 200
    any_host = {"host": "any.example"}
    assert websocket(server, **any_host, Origin="https://any.example")[0] == 101
    assert websocket(server, **any_host, Origin="https://other.example")[0] == 403
    assert answer(server, host="evil@localhost")[0] == 400


@pytest.mark.parametrize("name", ["https://studio.example.org", "a.example:80", "a b"])
def test_a_wrong_name_in_the_environment_stops_the_start_in_one_line(name, tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port=0"],
        cwd=ROOT,
        env=os.environ
        | {"AEMLO_HOME": str(tmp_path), "AEMLO_HOSTS": f"ok.example,{name}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1:] == [
        f"aemlo: AEMLO_HOSTS: '{name}' is not a host name. Give names or addresses "
        "without scheme, port or path, separated by commas, as in "
        "AEMLO_HOSTS=studio.example.org,192.0.2.7."
    ]
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="xdg-open is Linux's.")
def test_a_start_with_a_screen_opens_the_app_in_the_browser(tmp_path):
    opened, command = tmp_path / "opened", tmp_path / "xdg-open"
    command.write_text(
        f'#!/bin/sh\necho "$@" >> {opened}.part; mv {opened}.part {opened}'
    )
    command.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", "app.py"),
            *(f"--server.port={port}", "--server.headless=false"),
            "--server.showEmailPrompt=false",
        ],
        cwd=ROOT,
        env=os.environ
        | {"AEMLO_HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while not opened.exists() and time.monotonic() < end:
        time.sleep(0.1)
    started.terminate()
    started.wait(timeout=20)
    assert opened.read_text("utf-8") == f"http://127.0.0.1:{port}\n"


EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def check_headers(headers):
    for name, value in EXPECTED.items():
        assert headers.get_all(name) == [value]
    (policy,) = headers.get_all("Content-Security-Policy")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert rules["object-src"] == "'none'"
    assert rules["base-uri"] == "'none'"
    assert "'unsafe-inline'" not in rules["script-src"]
    assert "*" not in policy and "http" not in policy
    (permissions,) = headers.get_all("Permissions-Policy")
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(
        permissions.split(", ")
    )


@pytest.mark.parametrize(
    "path, status",
    [
        ("/", 200),
        ("/imbalance", 200),
        (None, 200),
        ("/_stcore/health", 200),
        ("/_stcore/metrics", 404),
        ("/media/nothing.csv", 404),
        ("/imbalance/", 301),
        ("/../etc/passwd", 400),
    ],
    ids=str,
)
def test_every_answer_has_the_headers(server, path, status):
    path = path or script_of(server)
    for method in ("GET", "HEAD"):
        found, headers, _ = answer(server, path, method=method)
        assert found == status
        check_headers(headers)


def test_a_refusal_has_the_headers_too(server):
    check_headers(answer(server, host="rebound.example")[1])
    check_headers(websocket(server)[1])
    check_headers(answer(server, UPLOAD, method="PUT")[1])


def test_an_error_inside_has_the_headers_and_says_nothing_of_the_inside():
    from starlette.applications import Starlette
    from starlette.routing import Route

    from aemlo.ui.server import middleware

    def broken(request):
        raise RuntimeError("a secret of the inside")

    app = Starlette(routes=[Route("/", broken)], middleware=middleware())
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b""}
    scope["headers"] = [(b"host", b"localhost")]
    sent = []

    async def send(message):
        sent.append(message)

    # In a thread of its own: Playwright leaves a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(lambda: asyncio.run(app(scope, None, send)))
    with pytest.raises(RuntimeError, match="a secret of the inside"):
        done.result()
    start, body = sent
    assert (start["status"], body["body"]) == (500, b"Internal Server Error\n")
    assert (b"x-frame-options", b"DENY") in start["headers"]


@pytest.mark.browser
def test_a_script_from_outside_the_app_does_not_run(page, server):
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(server.url)
    expect(page.get_by_role("heading", name="Data set", level=1)).to_be_visible(
        timeout=60_000
    )
    assert [text for text in refused if "Content Security Policy" in text] == []
    page.evaluate(
        "for (const text of ['window.injected = 1', '']) {"
        "  const script = document.createElement('script');"
        "  if (text) script.textContent = text;"
        "  else script.src = 'http://elsewhere.example/x.js';"
        "  document.head.append(script); }"
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.injected") is None
    blocked = [text for text in refused if "Content Security Policy" in text]
    assert len(blocked) == 2, refused
