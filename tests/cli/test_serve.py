"""`mixtui serve`: the interface in a browser, for its own pages alone, in browsers that were shown its token."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil
import pytest

from mixtui.cli.serve import serve
from mixtui.errors import MixtuiError
from mixtui.ui import web
from tests.cli.conftest import CommandLine, wait_until

PATIENCE = 30.0  # seconds
TOKEN = "a-token-for_scripts-0"


@dataclass(frozen=True)
class Served:
    process: subprocess.Popen[str]
    port: int
    to_open: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        return self.to_open.partition("/?token=")[2]

    def pages(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    async def enter(self, client: aiohttp.ClientSession) -> None:
        async with client.get(f"{self.url}/?token={self.token}") as page:
            assert page.status == 200


Serve = Callable[..., Served]


@pytest.fixture(scope="module")
def command_line(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    folder = tmp_path_factory.mktemp("serve")
    own = {"MIXTUI_CONFIG": str(folder / "config"), "MIXTUI_LOCAL": str(folder / "local"), "PATH": "/bin:/usr/bin"}
    return CommandLine(folder, own)


@pytest.fixture(scope="module")
def start(command_line: CommandLine) -> Iterator[Serve]:
    """Serves the interface over a folder without runs, whose name a shell would make something else of."""
    begun = []

    def start(*options: str, **environment: str) -> Served:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        whole = CommandLine(command_line.folder, command_line.changes | environment)
        process = whole.begin("serve", "--port", str(port), "--runs-dir", "it's $(my) runs;", *options)
        begun.append(process)
        assert process.stdout is not None
        said = re.search(r"http\S+", process.stdout.readline())
        assert said is not None
        return Served(process, port, said[0])

    yield start
    for process in begun:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def served(start: Serve) -> Served:
    return start()


def a_browser(**headers: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        headers=headers,
        cookie_jar=aiohttp.CookieJar(unsafe=True),  # which keeps cookies of addresses too, as browsers do
        timeout=aiohttp.ClientTimeout(PATIENCE),
    )


async def first_output(client: aiohttp.ClientSession, url: str, awaited: bytes) -> None:
    """Connect as a page does and read until the application has written `awaited`; leave the page open."""
    websocket = await client.ws_connect(f"{url}/ws?width=120&height=40", headers={"Origin": url})
    shown = b""
    async with asyncio.timeout(PATIENCE):
        while awaited not in shown:
            shown += await websocket.receive_bytes()


def wait_for_the_end_of(pages: list[psutil.Process]) -> None:
    assert pages
    wait_until(lambda: not any(page.is_running() and page.status() != psutil.STATUS_ZOMBIE for page in pages))


def test_the_page_and_the_interface_in_it(served: Served) -> None:
    async def visit() -> str:
        async with a_browser() as client:
            await served.enter(client)
            page = await client.get(served.url)
            assert "default-src 'self'" in page.headers["Content-Security-Policy"]
            await first_output(client, served.url, b"it's $(my) runs;")
            return await page.text()

    text = asyncio.run(visit())
    assert f'"ws://127.0.0.1:{served.port}/ws"' in text
    wait_until(lambda: not served.pages())  # the page was closed


def test_ctrl_c_ends_open_pages_too(start: Serve) -> None:
    served = start()

    async def interrupt() -> list[psutil.Process]:
        async with a_browser() as client:
            await served.enter(client)
            await first_output(client, served.url, b"mixtui")
            pages = served.pages()
            served.process.send_signal(signal.SIGINT)
            await asyncio.to_thread(served.process.wait, PATIENCE)
            return pages

    wait_for_the_end_of(asyncio.run(interrupt()))
    assert served.process.returncode == 0
    assert served.process.communicate() == ("", "")


@pytest.mark.parametrize("awaited", [b"", b"it's $(my) runs;"], ids=["starting", "shown"])
def test_pages_end_when_the_server_is_killed(awaited: bytes, start: Serve, command_line: CommandLine) -> None:
    served = start()

    async def kill() -> list[psutil.Process]:
        async with a_browser() as client:
            await served.enter(client)
            await first_output(client, served.url, awaited)
            await asyncio.to_thread(wait_until, served.pages)
            pages = served.pages()
            served.process.kill()
            return pages

    wait_for_the_end_of(asyncio.run(kill()))
    assert not list(command_line.folder.rglob("error-*"))


def test_without_the_token_nothing_is_served(served: Served) -> None:
    async def ask() -> None:
        async with a_browser() as client:
            for path in (
                "/",
                "/static/js/textual.js",
                "/download/x",
                "/nowhere",
                "/?token=",
                "/?token=wrong",
                "/?token=%ff",
            ):
                async with client.get(served.url + path) as page:
                    assert page.status == 403
                    assert "Open the address that mixtui serve printed" in await page.text()
            for cookie in ("", "wrong", "\u00e9"):
                headers = {"Cookie": f"mixtui-{served.port}={cookie}", "Origin": served.url}
                with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                    await client.ws_connect(f"{served.url}/ws", headers=headers)
        assert not served.pages()

    asyncio.run(ask())


def test_the_token_becomes_a_cookie_of_the_browser(served: Served) -> None:
    async def enter() -> None:
        async with a_browser() as client:
            async with client.get(f"{served.url}/?token={served.token}&fontsize=12") as page:
                assert page.headers["Refresh"] == f"0; url={served.url}/?fontsize=12"
                cookie = page.cookies[f"mixtui-{served.port}"]
                assert cookie["httponly"]
                assert cookie["samesite"] == "Strict"
            async with client.get(f"{served.url}/static/js/textual.js") as script:
                assert script.status == 200

    asyncio.run(enter())


def test_each_start_has_another_token(start: Serve) -> None:
    assert start().token != start().token


def test_a_token_for_scripts_is_kept_from_the_pages(start: Serve) -> None:
    async def visit(served: Served) -> None:
        async with a_browser() as client:
            await served.enter(client)
            await first_output(client, served.url, b"mixtui")
            assert all("MIXTUI_SERVE_TOKEN" not in page.environ() for page in served.pages())

    served = start(MIXTUI_SERVE_TOKEN=TOKEN)
    assert served.token == TOKEN
    asyncio.run(visit(served))


@pytest.mark.parametrize("token", ["short", "spaces are no part of tokens", "é" * 16, "x" * 129])
def test_a_token_unfit_for_an_address(token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXTUI_SERVE_TOKEN", token)
    with pytest.raises(MixtuiError, match="MIXTUI_SERVE_TOKEN is no token"):
        serve(runs_dir_option=tmp_path)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:9999"}, 200),  # a forwarded port
        ({"Host": "localhost:9999", "Origin": "http://localhost:9999"}, 200),
        ({"Host": "[::1]:9999"}, 200),
        ({"Host": "rebound.example:8000"}, 403),
        ({"Host": "a b["}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "http://other.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_other_pages_are_refused(headers: dict[str, str], status: int, served: Served) -> None:
    async def ask() -> None:
        async with a_browser(**headers) as client:
            async with client.get(f"{served.url}/?token={served.token}") as entered:
                assert entered.status == status
                assert bool(entered.cookies) == (status == 200)
            page = await client.get(served.url)
            assert page.status == status
            if status == 403:
                with pytest.raises(aiohttp.WSServerHandshakeError):
                    await client.ws_connect(f"{served.url}/ws")
            elif "Host" in headers:
                assert f'"ws://{headers["Host"]}/ws"' in await page.text()

    asyncio.run(ask())


def test_behind_a_proxy_with_tls(start: Serve) -> None:
    async def visit(served: Served) -> None:
        own = {"Host": "mixtui.example", "Origin": "https://mixtui.example"}
        async with a_browser() as client:
            async with client.get(f"{served.url}/?token={served.token}", headers=own) as page:
                assert page.headers["Refresh"] == "0; url=https://mixtui.example/me/"
                cookie = page.cookies["mixtui-443"]
                assert cookie["secure"]
                assert cookie["path"] == "/me"
            client.headers["Cookie"] = f"mixtui-443={served.token}"
            for host in ("mixtui.example", f"127.0.0.1:{served.port}"):  # proxies may put their own name for us
                async with client.get(served.url, headers=own | {"Host": host}) as page:
                    assert '"wss://mixtui.example/me/ws"' in await page.text()
                await (await client.ws_connect(f"{served.url}/ws", headers=own | {"Host": host})).close()
                for origin in ("https://other.example", "http://mixtui.example", served.url):
                    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                        await client.ws_connect(f"{served.url}/ws", headers={"Host": host, "Origin": origin})

    served = start("--public-url", "https://Mixtui.example:443/me/")
    assert served.to_open.startswith("https://mixtui.example/me/?token=")
    asyncio.run(visit(served))


@pytest.mark.parametrize(
    "url", ["mixtui.example", "ftp://mixtui.example", "https://", "https://[", "https://a/?b", "https://me:pw@a"]
)
def test_a_public_url_that_is_none(url: str, tmp_path: Path) -> None:
    with pytest.raises(MixtuiError, match="--public-url is no address"):
        serve(public_url=url, runs_dir_option=tmp_path)


def test_a_port_that_is_taken(served: Served, command_line: CommandLine) -> None:
    done = command_line("serve", "--port", str(served.port))
    assert done.returncode == 2
    what, what_to_do = done.stderr.splitlines()
    assert f"Port {served.port} of 127.0.0.1 is taken." in what
    assert "--port" in what_to_do


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("", False)],
)
def test_it_is_said_loudly_that_others_reach_it(
    host: str, loopback: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(web, "serve_interface", lambda _runs, _address, ready: ready())
    serve(host=host, port=8000, runs_dir_option=tmp_path)
    assert ("WARNING" in capsys.readouterr().err) is not loopback
