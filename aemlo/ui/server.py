"""What stands between the network and the pages: who may ask, and under which rules.

A browser sends requests for every page it shows, also for a stranger's. The `Host`
header says under which name that page asked for us (a stranger's name may lead to this
machine: DNS rebinding); the `Origin` header says whose page it is. Both are checked
here, before Streamlit sees the request. A program that is no browser sends what it
likes, so this is no login.

Sources: RFC 6455, section 10.2 (Origin); OWASP's HTTP headers cheat sheet.
"""

import asyncio
import ipaddress
import logging
import os
import re
import sys
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import cli_util
from streamlit.web.server import server_util

from aemlo.errors import ParameterError

VARIABLE = "AEMLO_HOSTS"
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})
HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]{1,253})(:\d{1,5})?")
READING = frozenset({"GET", "HEAD", "OPTIONS"})
STARTS = frozenset({"http.response.start", "websocket.http.response.start"})

# What a page may load and run: only what this server sends, with these exceptions.
# The first page's policy holds for all, because Streamlit loads no second document.
CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    # 'unsafe-eval': Plotly's WebGL scatter plots (the maps) compile their drawing
    # commands; without it they stay empty. Vega does not need it. It also allows the
    # WebAssembly of Streamlit's protobuf reader. Hashes of the scripts inside
    # Streamlit's own index.html are added below.
    "script-src": "'self' 'unsafe-eval'",
    # Streamlit (Emotion), Plotly and the tables write <style> elements and style="".
    "style-src": "'self' 'unsafe-inline'",
    # data: Plotly's way to a PNG, small icons; blob: pictures made in the browser.
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",  # KaTeX's fonts are in Streamlit's style sheet
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-src": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'none'",
}
# Devices that no page uses; the clipboard and the full screen are used.
PERMISSIONS = (
    *("camera", "microphone", "geolocation", "payment", "usb", "serial", "hid"),
    *("midi", "display-capture", "accelerometer", "gyroscope", "magnetometer"),
)

logger = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncGenerator[None, None]:
    """What happens once when the server starts, and when it ends."""
    # `streamlit run` opens a browser itself only where an app brings no server.
    if not st.get_option("server.headless"):
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, cli_util.open_browser, address())
    yield


def address() -> str:
    """The app's address for a browser on this machine."""
    name = st.get_option("browser.serverAddress")
    if name == "localhost":  # the default: nobody chose a name
        name = server_util.get_display_address(st.get_option("server.address") or name)
    return server_util.get_url(name)


def middleware() -> list[Middleware]:
    """What every request passes, in this order, on its way to Streamlit.

    Where AEMLO_HOSTS is wrong, the process ends with one line and exit code 2.
    """
    try:
        hosts = allowed_hosts(os.environ.get(VARIABLE, ""))
    except ParameterError as problem:
        sys.stderr.write(f"aemlo: {problem}\n")
        raise SystemExit(2) from None
    return [
        Middleware(ResponseHeaders, headers=response_headers()),
        Middleware(Gate, hosts=hosts),
    ]


def allowed_hosts(text: str) -> frozenset[str]:
    """The names under which a browser may ask: this machine's and those in `text`.

    `text` holds names and addresses separated by commas; `*` stands for every name.
    Raises ParameterError for anything else.
    """
    names = [name.strip().lower() for name in text.split(",")]
    return THIS_MACHINE | {_host_name(name) for name in names if name}


def _host_name(name: str) -> str:
    if name == "*":
        return name
    try:
        number = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        match = HOST.fullmatch(name)
        if not match or match["name"] != name or name.startswith("["):
            raise ParameterError(
                f"{VARIABLE}: '{name}' is not a host name. Give names or addresses "
                "without scheme, port or path, separated by commas, as in "
                f"{VARIABLE}=studio.example.org,192.0.2.7."
            ) from None
        return name.rstrip(".")
    return f"[{number}]" if number.version == 6 else str(number)


class Gate:
    """Refuses foreign hosts, foreign origins and the address of the metrics."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]):
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with a refusal of one sentence."""
        refusal = None
        if scope["type"] != "lifespan":
            # Streamlit has no switch for its metrics.
            if _parts(scope["path"])[-2:] == ["_stcore", "metrics"]:
                refusal = PlainTextResponse("Not Found\n", 404)
            refusal = self._refusal(scope) or refusal
        # A response sent to a websocket that is not accepted yet refuses it.
        await (refusal or self.app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        # Only Host counts. Anybody can write an X-Forwarded-Host, and a proxy that does
        # not know that header passes it on.
        host = ", ".join(headers.getlist("host")).lower()
        match = HOST.fullmatch(host)
        if not match:
            return _refused(
                400,
                "The request needs one valid Host header that names this server "
                f"(localhost, or a name in the environment variable {VARIABLE}).",
            )
        name = match["name"].rstrip(".")
        if not self.hosts & {name, "*"}:
            return _refused(
                403,
                f"This server does not answer to the host name '{name}'; its "
                "administrator can add the name to the environment variable "
                f"{VARIABLE}.",
            )
        # Browsers always send Origin with a websocket, and with what is not reading.
        # Where a program sends a change without it, Streamlit asks for its token.
        websocket = scope["type"] == "websocket"
        origin = headers.get("origin", "" if websocket else None)
        reads = not websocket and scope["method"] in READING
        own = (None, f"http://{host}", f"https://{host}")
        if reads or (origin and origin.lower()) in own:
            return None
        shown = (origin or "")[:253]
        return _refused(
            403,
            f"A request from Origin {shown!r} cannot use the pages of {host}; a "
            "proxy in between must pass the Host header on unchanged (see "
            f"{VARIABLE} in the README).",
        )


def _parts(path: str) -> list[str]:
    return [part for part in re.split(r"[/\\]", path) if part not in ("", ".")]


def _refused(status: int, message: str) -> PlainTextResponse:
    logger.warning("%d: %s", status, message)
    return PlainTextResponse(f"{message}\n", status)


class ResponseHeaders:
    """Puts the same headers on every response, errors and refusals included."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]):
        self.app = app
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; an error inside is answered here, and raised again."""
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] in STARTS:
                started = True
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception:
            # Starlette's own answer to an error would pass by this place.
            if scope["type"] == "http" and not started:
                response = PlainTextResponse("Internal Server Error\n", 500)
                await response(scope, receive, send_with_headers)
            raise


def response_headers() -> dict[str, str]:
    """The headers that every response has."""
    policy = dict(CONTENT_SECURITY_POLICY)
    policy["script-src"] = " ".join([policy["script-src"], *_own_inline_scripts()])
    return {
        "Content-Security-Policy": "; ".join(f"{k} {v}" for k, v in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
        # The address holds the key of the workspace: no other site is to learn it.
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{name}=()" for name in PERMISSIONS),
    }


def _own_inline_scripts() -> list[str]:
    """Hashes of the scripts that Streamlit writes into its index.html."""
    index = Path(st.__file__).parent / "static" / "index.html"
    scripts = re.findall(r"<script>(.*?)</script>", index.read_text("utf-8"), re.DOTALL)
    digests = [sha256(script.encode("utf-8")).digest() for script in scripts]
    return [f"'sha256-{b64encode(digest).decode('ascii')}'" for digest in digests]
