"""What a person sets in config.toml, full of whatever a file can hold."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.errors import MixtuiError
from mixtui.ui.commands import BY_ID
from mixtui.ui.preferences import Preferences, load_preferences

Refused = Callable[[str], AbstractContextManager[None]]

THEMES = ("mixtui-dark", "mixtui-light", "nord")
COMMANDS = {name: BY_ID[name] for name in ("stop", "remove", "filter", "mark-all", "palette", "cursor-down", "score")}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the file; not there yet."""
    monkeypatch.setenv("MIXTUI_CONFIG", str(tmp_path / "settings"))
    return tmp_path / "settings"


@pytest.fixture
def configured(folder: Path) -> Callable[[str | bytes], Preferences]:
    def load(content: str | bytes) -> Preferences:
        folder.mkdir(exist_ok=True)
        (folder / "config.toml").write_bytes(content.encode() if isinstance(content, str) else content)
        return load_preferences(THEMES, COMMANDS)

    return load


Configured = Callable[[str | bytes], Preferences]


@contextmanager
def new_folder() -> Iterator[Path]:
    """One of its own for each example, named by MIXTUI_CONFIG."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIXTUI_CONFIG", name)
        yield Path(name)


def test_without_a_file_all_is_as_it_comes() -> None:
    assert load_preferences(THEMES, COMMANDS) == Preferences("mixtui-dark", "braille", {})


def test_what_a_person_wrote_counts(configured: Configured) -> None:
    found = configured(
        'theme = "nord"\nglyphs = "ascii"\n\n[keys]\nstop = "f5, ctrl+x"\nfilter = "/"\nmark-all = "A"\n'
    )
    assert found == Preferences("nord", "ascii", {"stop": "f5, ctrl+x", "filter": "/", "mark-all": "A"})
    assert configured("") == configured("# nothing\r\n") == configured(b"\xef\xbb\xbf[keys]") == Preferences()


@pytest.mark.parametrize(
    "key", ["x", "?", "question_mark", "+", "ctrl+x", "ctrl+shift+up", "f12", "escape", "é", "G", "minus"]
)
def test_keys_are_what_textual_calls_them_or_the_character(key: str, configured: Configured) -> None:
    assert configured(f'[keys]\nstop = "{key}"').keys == {"stop": key}


@pytest.mark.parametrize(
    ("content", "words", "hint"),
    [
        ('\n\nthme = "nord"', "line 3: there is no setting 'thme'.", "Did you mean theme?"),
        ('glyphs = "ascii"\ntheme = "nrd"', "line 2: there is no theme 'nrd'.", "Did you mean nord?"),
        ('theme = "qqqqqq"', "line 1: there is no theme 'qqqqqq'.", "mixtui-dark, mixtui-light, nord"),
        ("theme = 3", "line 1: the theme is not a text.", "mixtui-light"),
        ("[theme]\na = 1", "line 1: the theme is not a text.", "mixtui-light"),
        ('glyphs = "brail"', "line 1: there is no set of glyphs 'brail'.", "Did you mean braille?"),
        ('keys = "x"', "line 1: keys is not a table.", "[keys]"),
        ('# keys\n[keys]\n\n  "stpo" = "x"', "line 4: there is no command 'stpo'.", "Did you mean stop?"),
        ("[keys]\nstop = 5", "line 2: the keys of stop are not a text.", 'stop = "x"'),
        ('[keys]\nstop = "x,,y"', "line 2: there is no key ''.", 'stop = "x"'),
        ('[keys]\nstop = "contrl+x"', "line 2: there is no key 'contrl+x'.", 'stop = "x"'),
        ('[keys]\nstop = "ctrl+"', "line 2: there is no key 'ctrl+'.", 'stop = "x"'),
        ('stop = "x"\n[keys]\nstop = "x"', "line 1: there is no setting 'stop'.", "Use one of: glyphs, keys, theme."),
        ("[more]", "line 1: there is no setting 'more'.", "Use one of"),
        ('theme = "nord', "line 1: is not TOML", "NAME ="),
        ('theme = "nord"\nglyphs =', "line 2: is not TOML", "NAME ="),
        (b'# caf\xc3\xa9\ntheme = "\xff"', "line 2: is not UTF-8.", "UTF-8"),
        ("a = " + "[" * 20_000, "is not TOML: nested too deep.", "NAME ="),
        ("a = " + "1" * 5000, "is not TOML", "NAME ="),
        ("#" * 300_000, "larger than 256 KiB", "Move it away"),
    ],
)
def test_an_error_says_where_and_what_to_do(
    content: str | bytes, words: str, hint: str, configured: Configured, refused: Refused, folder: Path
) -> None:
    with refused(words):
        try:
            configured(content)
        except MixtuiError as error:
            assert error.message.startswith(str(folder / "config.toml"))
            assert hint in error.hint
            raise


@pytest.mark.parametrize(
    ("keys", "words", "hint"),
    [
        ('filter = "X"\nstop = "f5, X"', "line 2: the key 'X' of filter is that of stop too.", "filter or stop"),
        (
            'filter = "/,ctrl+x"\nstop = "slash"',
            "line 3: the key 'slash' of stop is that of filter too.",
            "another key",
        ),
        ('stop = "d"', "line 2: the key 'd' of stop is that of remove too.", "stop or remove"),
        ('stop = ":"', "line 2: the key 'colon' of stop is that of palette too.", "another key"),
        ('cursor-down = "f"', "line 2: the key 'f' of cursor-down is that of filter too.", "another key"),
    ],
)
def test_a_key_for_two_commands_that_count_together_is_told(
    keys: str, words: str, hint: str, configured: Configured, refused: Refused
) -> None:
    with refused(words):
        try:
            configured(f"[keys]\n{keys}")
        except MixtuiError as error:
            assert hint in error.hint
            raise


@pytest.mark.parametrize(
    "keys",
    [
        'stop = "d"\nremove = "x"',  # they change places
        'score = "x"',  # of another screen
        'stop = "x,x"',
    ],
)
def test_a_key_may_be_that_of_a_command_elsewhere(keys: str, configured: Configured) -> None:
    assert configured(f"[keys]\n{keys}").keys


def test_the_keys_as_they_come_may_be_written_down() -> None:
    with new_folder() as folder:
        lines = [f'{command.id} = "{",".join(command.keys)}"' for command in BY_ID.values()]
        (folder / "config.toml").write_text("\n".join(["[keys]", *lines]))
        assert len(load_preferences(THEMES, BY_ID).keys) == len(BY_ID)


def test_the_glyphs_of_the_terminal_count_where_the_file_names_none(configured: Configured, folder: Path) -> None:
    assert load_preferences(THEMES, COMMANDS, "ascii").glyphs == "ascii"
    configured('glyphs = "blocks"')
    assert load_preferences(THEMES, COMMANDS, "ascii").glyphs == "blocks"
    configured('theme = "nord"')
    assert load_preferences(THEMES, COMMANDS, "ascii") == Preferences("nord", "ascii", {})


def test_a_config_that_cannot_be_read_is_an_error(folder: Path, refused: Refused) -> None:
    (folder / "config.toml").mkdir(parents=True)
    with refused("cannot be read"):
        load_preferences(THEMES, COMMANDS)


toml_text = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                "theme",
                "glyphs",
                "[keys]",
                "=",
                '"nord"',
                '"""',
                "stop",
                "\n",
                "\x00",
                "[",
                "]",
                "1e999",
                "🙂",
                "\\u001b",
            ]
        ),
        max_size=30,
    ).map(" ".join),
)


@settings(max_examples=50)
@given(content=st.one_of(st.binary(max_size=200), toml_text.map(lambda text: text.encode(errors="ignore"))))
def test_whatever_the_config_holds_it_is_read_or_refused_in_two_plain_lines(content: bytes) -> None:
    with new_folder() as folder:
        (folder / "config.toml").write_bytes(content)
        try:
            assert load_preferences(THEMES, COMMANDS).theme in THEMES
        except MixtuiError as error:
            assert error.message.isprintable()
            assert error.hint.isprintable()
