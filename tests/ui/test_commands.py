"""The one table of commands: what the specification asks for, no key twice, and none that a terminal needs itself."""

from __future__ import annotations

import importlib
import pkgutil
import string
from collections import Counter
from collections.abc import Iterator

import pytest
from textual.actions import parse
from textual.app import App
from textual.binding import Binding
from textual.keys import Keys, _character_to_key
from textual.widget import Widget

import mixtui.ui
from mixtui.ui.commands import (
    BY_ID,
    COMMANDS,
    TOGETHER,
    Place,
    bindings,
    command_of,
    key_name,
    key_names,
    of_places,
)

P = Place
# Where one leaves something that is begun, esc has a name of its own.
WAYS_TO_LEAVE = {"leave", "cancel", "discard"}
NEVER_BOUND = {
    *("ctrl+a", "ctrl+b"),  # screen's and tmux's
    *("ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+left_square_bracket"),  # backspace, tab, enter, escape
    "tilde",  # ssh's, after enter
    *("ctrl+w", "ctrl+t", "ctrl+n"),  # the browser's
}
# The keys of the specification, by where they count; T (temperature) and E (report) wait for what they show.
SPECIFIED = {
    P.ALL: "q ctrl+q question_mark colon ctrl+p escape y Y z ctrl+z ctrl+l",
    P.TABLE: "up down j k ctrl+u ctrl+d pageup pagedown g G",
    P.HOME: "1 2 3 4 enter space a slash f n c x p r R d u U t e asterisk s S exclamation_mark N o K J L m 0 "
    "less_than_sign greater_than_sign D",
    P.RUN: "1 2 3 4 5 6 x p r R d u t e asterisk J K left_square_bracket right_square_bracket",
    P.DIAGRAM: "left right h l up down k j b B minus plus w g G space",
    P.CURVES: "left right h l minus plus b B L m 0",
    P.LOG: "slash f n N g G",
    P.COMPARE: "left right h l b B minus plus w v o",
    P.FORM: "ctrl+s",
    P.NOTE: "ctrl+s",
}


def ui_classes() -> Iterator[type]:
    """The application, the screens and the widgets, with what they inherit."""
    for module in pkgutil.walk_packages(mixtui.ui.__path__, "mixtui.ui."):
        for found in vars(importlib.import_module(module.name)).values():
            if isinstance(found, type) and issubclass(found, Widget | App) and found.__module__.startswith("mixtui.ui"):
                yield found


def own_keys(found: type) -> set[str]:
    """What a class binds by itself."""
    declared = [b for b in vars(found).get("BINDINGS", ()) if isinstance(b, Binding)]
    return {key.strip() for binding in declared for key in binding.key.split(",")}


def test_every_command_has_an_id_of_its_own_and_words_for_it() -> None:
    assert [one for one, count in Counter(command.id for command in COMMANDS).items() if count > 1] == []
    assert set(BY_ID.values()) == set(COMMANDS)
    for command in COMMANDS:
        assert command.keys, command.id
        assert command.places, command.id
        assert command.id == command.id.lower().replace("_", "-")
        assert command.label, command.id
        assert command.help[0].isupper(), command.id
        assert not command.help.endswith("."), command.id


@pytest.mark.parametrize("places", TOGETHER, ids=lambda places: " and ".join(places))
def test_no_key_stands_for_two_commands_at_the_same_time(places: tuple[Place, ...]) -> None:
    owners: dict[str, set[str]] = {}
    for command in of_places((P.ALL, *places)):
        for key in command.keys:
            owners.setdefault(key, set()).add(command.id)
    clashes = {key: ids for key, ids in owners.items() if len(ids) > 1 and not ids <= WAYS_TO_LEAVE}
    assert clashes == {}


def test_every_place_is_looked_at_above() -> None:
    assert {place for together in TOGETHER for place in together} | {P.ALL} == set(Place)


def test_every_key_is_one_that_textual_knows() -> None:
    known = {key.value for key in Keys} | {_character_to_key(c) for c in string.printable if c.isprintable()}
    assert [key for command in COMMANDS for key in command.keys if key not in known] == []


def test_keys_that_terminals_and_browsers_need_are_never_bound() -> None:
    keys = {key for command in COMMANDS for key in command.keys}
    for found in ui_classes():
        keys |= own_keys(found)
    assert keys & NEVER_BOUND == set()
    assert [key for key in keys if key.startswith("alt+") or (key[0] == "f" and key[1:].isdecimal())] == []


def test_letters_have_no_priority_so_that_inputs_get_them() -> None:
    declared = [binding for place in Place for binding in bindings(place)]
    assert [b.id for b in declared if isinstance(b, Binding) and b.priority] == []


@pytest.mark.parametrize("place", SPECIFIED)
def test_every_key_of_the_specification_is_there(place: Place) -> None:
    bound = {key for command in of_places((place, P.ALL)) for key in command.keys}
    assert set(SPECIFIED[place].split()) - bound == set()


def test_every_command_can_be_carried_out_somewhere() -> None:
    classes = list(ui_classes())
    missing = [c.id for c in COMMANDS if not any(hasattr(found, c.method) for found in classes)]
    assert missing == []


def test_bindings_carry_the_ids_that_a_person_maps_keys_to() -> None:
    declared = bindings(P.TRASH)
    assert [(b.id, b.key, b.action) for b in declared if isinstance(b, Binding)] == [
        ("restore", "r,enter", "restore"),
        ("empty", "E", "empty"),
    ]
    by_place = {command.id for command in of_places([P.HOME, P.RUN])}
    assert {"stop", "panel-1", "tab-1"} <= by_place
    assert "restore" not in by_place
    assert [(b.id, b.action) for b in bindings(P.RUN) if isinstance(b, Binding) and b.key == "2"] == [
        ("tab-2", "tab(2)")
    ]


def test_what_textual_calls_an_action_is_found_again() -> None:
    assert [command for command in COMMANDS if command_of(*_parsed(command.action)) is not command] == []
    assert command_of("scroll", ("down",)) is None
    assert (BY_ID["mark-all"].method, BY_ID["panel-2"].method) == ("action_mark_all", "action_panel")


def _parsed(action: str) -> tuple[str, tuple[object, ...]]:
    _, name, parameters = parse(action)
    return name, parameters


@pytest.mark.parametrize(
    ("key", "expected"),
    [("ctrl+s", "^s"), ("question_mark", "?"), ("enter", "⏎"), ("escape", "esc"), ("up", "↑"), ("Y", "Y"), ("1", "1")],
)
def test_a_key_is_written_as_a_person_knows_it(key: str, expected: str) -> None:
    assert key_name(key) == expected


def test_no_key_is_written_in_textuals_words() -> None:
    written = [key_name(key) for command in COMMANDS for key in command.keys]
    assert [name for name in written if "_" in name] == []
    assert key_names(("up", "k")) == "↑ k"
