"""What CONTRIBUTING.md sends people to is there, and what it has them run before a commit is what CI runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
_FILE = r"[a-z0-9_/]+\.(?:py|md)"  # test_NAME.py is none, but a pattern


def named_file(path: str) -> Path:
    """The file that is meant: most are below `mixtui/`."""
    return next((place for place in (ROOT / "mixtui" / path, ROOT / path) if place.is_file()), ROOT / path)


@pytest.mark.parametrize("path", sorted(set(re.findall(rf"`({_FILE})`", CONTRIBUTING))))
def test_every_file_that_it_names_is_there(path: str) -> None:
    assert named_file(path).is_file()


@pytest.mark.parametrize(("name", "path"), re.findall(rf"`(\w+)` in\s+`({_FILE})`", CONTRIBUTING))
def test_every_name_is_in_its_file(name: str, path: str) -> None:
    assert re.search(rf"\b{name}\b", named_file(path).read_text(encoding="utf-8"))


def test_the_hooks_before_a_commit_run_the_tools_of_make_check() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    _, _, check = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ncheck:")
    of_hooks = re.findall(r"entry: \.venv/bin/([a-z-]+(?: [a-z]+)?)", hooks)
    of_check = re.findall(r"\t\$\(BIN\)/([a-z-]+(?: [a-z]+)?)", check.partition("\n\n")[0])
    assert of_hooks == of_check
