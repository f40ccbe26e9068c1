"""What reaches the terminal: colours, encodings, speed of start, completion."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Mixtui, environment, on_a_terminal


@pytest.mark.usefixtures("finished")
class TestShow:
    def test_in_colour(self, workplace: Path) -> None:
        shown = on_a_terminal(workplace, "show", "latest")
        assert "\x1b[" in shown
        assert "█" in shown

    def test_without_colour(self, workplace: Path) -> None:
        shown = on_a_terminal(workplace, "show", "latest", NO_COLOR="1")
        assert "38;5" not in shown
        assert "48;5" not in shown
        assert "█" in shown

    def test_with_16_colours(self, workplace: Path) -> None:
        shown = on_a_terminal(workplace, "show", "latest", TERM="xterm-16color")
        assert "\x1b[" in shown
        assert "38;5" not in shown

    @pytest.mark.parametrize("locale", [{"LANG": "C"}, {"LC_ALL": "POSIX"}, {"LANG": "en_US.ISO-8859-1"}])
    def test_in_ascii(self, workplace: Path, locale: dict[str, str]) -> None:
        shown = on_a_terminal(workplace, "show", "latest", **{"LANG": "", **locale})
        assert shown.isascii()
        assert "#" in shown
        assert "alpha 0.1" in shown


def test_run_shows_a_progress_bar_that_leaves_nothing_behind(workplace: Path, tmp_path: Path) -> None:
    recipe = ["--alpha", "0.1", "--model", "tiny:network", "--dataset", "synthetic", "--epochs", "1"]
    shown = on_a_terminal(workplace, "run", *recipe, "--runs-dir", str(tmp_path))
    assert "img/s" in shown
    assert "epoch   1" in shown
    assert "\x1b[?25h" in shown  # the cursor is back
    assert "Reliability" in shown


def test_errors_are_ascii_where_the_terminal_is(mixtui: Mixtui) -> None:
    assert mixtui("run", "--alpha", "-1", LANG="C").stderr.isascii()


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["show", "latest"], ["run", "--help"], ["doctor"]])
@pytest.mark.usefixtures("finished")
def test_reading_imports_no_torch(workplace: Path, arguments: list[str]) -> None:
    code = (
        "import sys\nfrom mixtui.cli.entry import main\n"
        "try: main()\nfinally: assert 'torch' not in sys.modules, 'torch was imported'"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=workplace,
        env=environment(workplace),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "torch was imported" not in done.stderr
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [[], ["--runs-dir", "elsewhere"]])
def test_the_interface_is_opened_without_typer(workplace: Path, arguments: list[str]) -> None:
    code = (
        "import sys\nfrom mixtui.cli.entry import main\n"
        "try: main()\nfinally: assert 'typer' not in sys.modules, 'typer was imported'"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=workplace,
        env=environment(workplace),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.startswith("mixtui: mixtui needs a terminal.")


def test_every_command_has_help_for_a_narrow_ascii_terminal(mixtui: Mixtui) -> None:
    shown = mixtui("--help").stdout
    commands = [line.split()[0] for line in shown.partition("Train:")[2].splitlines() if line.startswith("  ")]
    assert {"run", "sweep", "list", "stop", "resume", "remove", "calibrate", "doctor"} <= set(commands)
    for text in (shown, *(mixtui(command, "--help", COLUMNS="80").stdout for command in commands)):
        assert text.startswith("Usage: mixtui")
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 80


def test_the_interface_wants_a_terminal(mixtui: Mixtui) -> None:
    done = mixtui()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == "mixtui: mixtui needs a terminal."


@pytest.mark.usefixtures("finished")
def test_the_shell_completes_ids_models_and_data_sets(mixtui: Mixtui) -> None:
    def completed(line: str) -> str:
        words = str(len(line.split()) - (0 if line.endswith(" ") else 1))
        return mixtui(_MIXTUI_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=words).stdout

    assert "latest" in completed("mixtui show lat")
    assert "wide_resnet50_2" in completed("mixtui run --model wide_resnet5")
    assert "cifar100" in completed("mixtui run --dataset cif")


def test_data_lists_the_sets_and_checks_one(mixtui: Mixtui) -> None:
    assert "synthetic" in mixtui("data").stdout
    assert "10,000" in mixtui("data").stdout
    checked = mixtui("data", "synthetic")
    assert checked.returncode == 0
    assert "32×32×3, 10 classes" in checked.stdout
    assert mixtui("data", "cifar10").returncode == 2


@pytest.mark.parametrize(
    "arguments", ["data | head -n 1", "queue | true", "trash --json | true", "sweep --help | true"]
)
def test_a_closed_pipe_is_no_error(workplace: Path, arguments: str) -> None:
    done = subprocess.run(
        f"{sys.executable} -m mixtui {arguments}",
        shell=True,
        cwd=workplace,
        env=environment(workplace),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
