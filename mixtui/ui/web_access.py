"""Who may use the interface that is served: its own pages, in browsers that were shown its token."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware
from yarl import URL

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Address:
    """Where the interface is served, and the `token` that opens it.

    Browsers reach it at `public_url` where a proxy stands between; "" means as `host` and `port` say.
    """

    host: str
    port: int
    token: str
    public_url: str = ""

    @property
    def to_open(self) -> str:
        """What a person opens; the token in it is for their eyes alone."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.public_url or f'http://{host}:{self.port}'}/?token={self.token}"

    def seen_by(self, request: web.Request) -> URL:
        """The address as the browser knows it: a forwarded port is another than ours."""
        return URL(self.public_url or f"http://{request.host}")


def make_guard(address: Address) -> Middleware:
    """What refuses every request, of pages, files and websockets alike, but those of browsers that were let in.

    The first visit carries the token, later ones a cookie. What a page elsewhere sends is refused even with the cookie.
    """

    @web.middleware
    async def guard(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if not _is_ours(request, address):
            raise web.HTTPForbidden(text="Open mixtui by the address that mixtui serve printed.")
        seen = address.seen_by(request)
        cookie = f"mixtui-{seen.port}"  # cookies know no ports, and several may be served
        if _same(request.query.get("token", ""), address.token):
            return _let_in(request, address.token, seen, cookie)
        if not _same(request.cookies.get(cookie, ""), address.token):
            raise web.HTTPForbidden(
                text="This is mixtui, which opens by its token.\n"
                "Open the address that mixtui serve printed where it was started: it ends in ?token=...\n"
            )
        return await handler(request)

    return guard


def _let_in(request: web.Request, token: str, seen: URL, cookie: str) -> web.Response:
    """The cookie, and on to the page without the token.

    Our own page leads there, in place of a status 302: after a click in a page elsewhere, such as a terminal in a
    browser, a redirect would still count as that page's, and browsers would keep the cookie back.
    """
    page = str(seen).rstrip("/") + str(request.rel_url.without_query_params("token"))
    response = web.Response(text="Opening mixtui ...\n", headers={"Refresh": f"0; url={page}"})
    response.set_cookie(cookie, token, path=seen.path, secure=seen.scheme == "https", httponly=True, samesite="Strict")
    return response


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches `host`."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_ours(request: web.Request, address: Address) -> bool:
    """Whether a request is for this server and from its own page, if from a page.

    Any page in a person's browser may open a websocket to any address, loopback too, but has to name its `Origin`; and
    it may have its own name resolve to our address (DNS rebinding), but that name then stands in `Host`.
    """
    try:
        name = request.url.host or ""
        page = str(address.seen_by(request).origin())
    except ValueError:
        return False
    names = {"localhost", address.host.lower(), socket.gethostname().lower(), URL(address.public_url).host}
    return (_is_address(name) or name.lower() in names) and request.headers.get("Origin", page) == page


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _same(given: str, token: str) -> bool:
    """In a time that does not tell how much of it was right."""
    return secrets.compare_digest(given.encode(errors="replace"), token.encode())
