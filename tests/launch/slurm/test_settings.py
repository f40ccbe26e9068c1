"""What Slurm is told of a job: options, configuration files, time limits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.errors import MixtuiError
from mixtui.launch.slurm.settings import NO_LIMIT, SlurmSettings, configured_settings, minutes, parse_option

Refused = Callable[[str], AbstractContextManager[None]]


# Options


def test_options_are_called_as_sbatch_calls_them() -> None:
    made = SlurmSettings().with_options({"cpus_per_task": 4, "partition": "main", "qos": None}, runs_per_task=None)
    assert made == SlurmSettings({"cpus-per-task": "4", "partition": "main"})
    assert (made.cpus, made.has_gpu, made.time) == (4, False, "1:00:00")


def test_later_options_go_before_earlier_ones_and_counts_stay() -> None:
    first = SlurmSettings().with_options({"mem": "8G", "time": "5"}, runs_per_task=2, at_once=3)
    later = first.with_options({"time": "10"}, runs_per_task=None, at_once=5)
    assert later == SlurmSettings({"mem": "8G", "time": "10"}, 2, 5)


@pytest.mark.parametrize(
    "options",
    [{"gres": "gpu:1"}, {"gres": "gpu:a100:2"}, {"gpus": "1"}, {"gpus-per-node": "1"}, {"tres-per-task": "gres/gpu:1"}],
)
def test_who_asks_for_a_gpu_has_one(options: dict[str, str]) -> None:
    assert SlurmSettings(options).has_gpu


@pytest.mark.parametrize("cpus", ["0", "-1", "many", "", "²"])
def test_cpus_that_are_no_number_count_as_one(cpus: str) -> None:
    assert SlurmSettings({"cpus-per-task": cpus}).cpus == 1


def test_settings_survive_being_written_and_alike_ones_are_one_group() -> None:
    made = SlurmSettings({"mem": "8G", "qos": "high"}, 3, 7)
    again = SlurmSettings.from_json(made.to_json())
    assert again == made
    turned = SlurmSettings(dict(reversed(made.options.items())), 3, 7)
    assert len({made, again, turned, SlurmSettings()}) == 2


@pytest.mark.parametrize(
    "document",
    [
        {"options": ["mem"]},
        {"options": {"mem": ["8G"]}},
        {"options": {"mem": "8G\n#SBATCH --uid=0"}},
        {"options": {"mem": 1.5}},
        {"options": {"Mem": "8G"}},
        {"options": {"array": "0-9"}},
        {"options": {"time": "soon"}},
        {"runs_per_task": 0},
        {"runs_per_task": "2"},
        {"runs_per_task": True},
        {"at_once": -1},
        {"at_once": 2.0},
    ],
)
def test_a_record_of_another_shape_is_an_error_for_a_person(document: dict[str, Any]) -> None:
    with pytest.raises(MixtuiError):
        SlurmSettings.from_json(document)


@settings(max_examples=50)
@given(
    document=st.dictionaries(
        st.sampled_from(["options", "runs_per_task", "at_once", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2),
            max_leaves=4,
        ),
        max_size=3,
    )
)
def test_whatever_a_record_holds_is_read_or_refused(document: dict[str, Any]) -> None:
    try:
        made = SlurmSettings.from_json(document)
    except MixtuiError as error:
        assert error.hint
    else:
        assert SlurmSettings.from_json(made.to_json()) == made
        assert made.cpus >= 1


@pytest.mark.parametrize("text", ["mem=8G", "  mem=8G", "mem =8G"])
def test_an_option_of_sbatch(text: str) -> None:
    assert parse_option(text) == ("mem", "8G")


def test_a_value_may_have_equals_signs_or_be_empty() -> None:
    assert parse_option("comment=a=b") == ("comment", "a=b")
    assert parse_option("cpus_per_task=4") == ("cpus-per-task", "4")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mem", "--slurm 'mem' has no value."),
        ("=8G", "no option ''"),
        ("--mem=8G", "no option '--mem'"),
        ("a b=1", "no option 'a b'"),
        ("array=0-9", "mixtui sets sbatch's array itself."),
        ("open_mode=append", "mixtui sets sbatch's open-mode itself."),
        ("no-requeue=1", "mixtui sets"),
        ("time=x", "'x' is no time limit"),
        ("comment=a\nb", "value of comment"),
        ("comment=\x1b[31m", "value of comment"),
    ],
)
def test_what_is_no_option_is_an_error_for_a_person(text: str, words: str, refused: Refused) -> None:
    with refused(words):
        parse_option(text)


# Time limits


# sbatch(1), --time: acceptable time formats.
@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("60", 60),  # minutes
        ("1:30", 2),  # minutes:seconds
        ("30:00", 30),
        ("2:00:00", 120),  # hours:minutes:seconds
        ("1:02:03", 63),
        ("1-0", 1440),  # days-hours
        ("1-12", 2160),
        ("1-2:30", 1590),  # days-hours:minutes
        ("7-00:00:00", 10080),  # days-hours:minutes:seconds
        ("0:01", 1),
        ("0-0:0:1", 1),
        ("0", NO_LIMIT),
        (" 5 ", 5),
    ],
)
def test_a_time_limit_is_what_slurm_takes_it_for(time: str, expected: int) -> None:
    assert minutes(time) == expected


@settings(max_examples=50)
@given(seconds=st.integers(1, 9999 * 86400))
def test_one_span_in_all_its_spellings_is_one_number_of_minutes(seconds: int) -> None:
    whole = (seconds + 59) // 60
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}"
    assert minutes(f"{days}-{clock}") == whole
    if days == 0:
        assert minutes(clock) == minutes(f"{seconds // 60}:{seconds % 60}") == whole
    assert minutes(f"{days}-{rest // 3600}:{rest // 60 % 60}") == (seconds // 60 or NO_LIMIT)
    assert minutes(f"{days}-{rest // 3600}") == (seconds // 3600 * 60 or NO_LIMIT)
    if seconds < 60 * 10**6:
        assert minutes(str(seconds // 60)) == (seconds // 60 or NO_LIMIT)


@settings(max_examples=50)
@given(text=st.text("0123456789:-. \n", max_size=12) | st.text(max_size=8))
def test_any_other_text_is_refused(text: str) -> None:
    try:
        assert minutes(text) >= 1
    except MixtuiError as error:
        assert error.hint


@pytest.mark.parametrize("time", ["", "-1", "1-", "1:2:3:4", "1.5", "2h", "UNLIMITED", "1:", ":30", "1--2", "9" * 400])
def test_what_is_no_time_limit_is_an_error_for_a_person(time: str, refused: Refused) -> None:
    with refused("is no time limit of Slurm's."):
        minutes(time)


# Configuration files


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's configuration file, to be written; they work in a folder without one of its project's."""
    monkeypatch.setenv("MIXTUI_CONFIG", str(tmp_path / "config"))
    for name in ("config", "project"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "config" / "config.toml"


def test_without_files_nothing_is_configured(person: Path) -> None:
    assert configured_settings() == SlurmSettings()
    person.write_text("[theme]\nname = 'dark'\n")
    assert configured_settings() == SlurmSettings()


def test_the_projects_file_goes_before_the_persons(person: Path) -> None:
    person.write_text(
        '\ufeff[slurm]\npartition = "mine"\naccount = "lab"\ncpus_per_task = 2\nruns_per_task = 2\nat_once = 8\n',
        encoding="utf-8",
    )
    Path("mixtui.toml").write_text('[slurm]\npartition = "ours"\nat_once = 4\ntime = 30\n')
    expected = {"partition": "ours", "account": "lab", "cpus-per-task": "2", "time": "30"}
    assert configured_settings() == SlurmSettings(expected, 2, 4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[slurm", "is not TOML"),
        ("slurm = 3", "slurm is not a table"),
        ("[slurm]\ntime = 'x'", "[slurm]: 'x' is no time limit"),
        ("[slurm]\ntime = 02:00:00", "[slurm]: The value of time"),
        ("[slurm]\nmem = 1.5", "[slurm]: The value of mem"),
        ("[slurm]\nrequeue = true", "[slurm]: mixtui sets sbatch's requeue"),
        ("[slurm]\nruns_per_task = '2'", "[slurm]: runs_per_task is '2'"),
        ("[slurm]\nat_once = 0", "[slurm]: at_once is 0"),
        ("[slurm.options]\nmem = '8G'", "[slurm]: The value of options"),
    ],
)
@pytest.mark.parametrize("whose", ["person", "project"])
def test_an_error_names_the_file(person: Path, whose: str, text: str, words: str, refused: Refused) -> None:
    path = person if whose == "person" else Path.cwd() / "mixtui.toml"
    path.write_text(text)
    with refused(words):
        configured_settings()
    with refused(str(path)):
        configured_settings()


def test_a_file_that_cannot_be_read_is_an_error_for_a_person(person: Path, refused: Refused) -> None:
    person.write_bytes(b"\xff\xfe[slurm]")
    with refused("is not TOML"):
        configured_settings()
    person.unlink()
    person.mkdir()
    with refused("cannot be read"):
        configured_settings()
