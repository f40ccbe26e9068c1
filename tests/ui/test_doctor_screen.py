"""What this machine can do, on a screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.containers import VerticalScroll

from mixtui.launch.checkup import Finding, look_at_machine
from mixtui.store.store import Store
from mixtui.ui.screens import doctor
from tests.ui.conftest import OpenApp, Opened


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """The findings that it makes."""
    findings: list[Finding] = []
    monkeypatch.setattr(doctor, "look_at_machine", lambda _runs, _data: iter(findings))
    return findings


async def open_doctor(opened: Opened) -> None:
    await opened.press("D")
    await opened.until_shown("mixtui › doctor")
    await opened.until_gone("Looking …")


async def test_it_tells_what_is_there_and_what_to_do_about_the_rest(found: list[Finding], open_app: OpenApp) -> None:
    found += [Finding("GPU", "none"), Finding("data", "cifar10 is missing", "Fetch it: mixtui data fetch")]
    async with open_app() as opened:
        await open_doctor(opened)
        assert opened.line_of("✓ GPU", "none")
        assert opened.line_of("✗ data", "cifar10 is missing")
        assert "Fetch it: mixtui data fetch" in opened.text
        await opened.press("escape")
        assert opened.app.screen is opened.home


async def test_it_looks_at_this_machine(store: Store, tmp_path: Path, open_app: OpenApp) -> None:
    names = [finding.what for finding in look_at_machine(store.root, tmp_path)]
    async with open_app() as opened:
        await open_doctor(opened)
        assert all(name in opened.text for name in names)


async def test_long_and_hostile_findings_are_wrapped_as_text(found: list[Finding], open_app: OpenApp) -> None:
    found += [Finding("[/b]", "word " * 400 + "\x1b[2J🎈", "x" * 3000), Finding("", "")]
    async with open_app((80, 24)) as opened:
        await open_doctor(opened)
        assert "[/b]" in opened.text
        scroll = opened.app.screen.query_one(VerticalScroll)
        await opened.press("pagedown")
        await opened.until(lambda: scroll.scroll_offset.y > 0)
