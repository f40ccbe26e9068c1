"""What a person adds to a run: tags, a note, a pin."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtui.store.files import read_json, write_json
from mixtui.store.meta import note, pin, tag
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run

MakeRun = Callable[..., RunPaths]
Refused = Callable[[str], AbstractContextManager[None]]


def load(paths: RunPaths) -> Run:
    return Run.load(paths.root)


@pytest.fixture
def labelled(make_run: MakeRun) -> Run:
    return load(make_run())


def test_tags_come_and_go_and_keep_their_order(labelled: Run) -> None:
    tag(labelled, add=["paper", "talk", "paper"])
    assert load(labelled.paths).tags == ("paper", "talk")
    tag(labelled, add=["best"], remove=["paper", "never there"])
    assert load(labelled.paths).tags == ("talk", "best")
    tag(labelled, add=["talk"])
    assert load(labelled.paths).tags == ("talk", "best")


def is_tag(text: str) -> bool:
    return text != "" and "," not in text and text.isprintable()


texts = st.sampled_from(["paper", "talk", "α ± 1", "-x", "tag:x", '"']) | st.text(max_size=5).map(str.strip)
tags = st.lists(texts.filter(is_tag), max_size=4)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(add=tags, remove=tags)
def test_tags_are_a_set_in_the_order_they_came(add: list[str], remove: list[str], labelled: Run) -> None:
    before = load(labelled.paths).tags
    tag(labelled, add=iter(add), remove=iter(remove))
    kept = [name for name in before if name not in remove]
    assert load(labelled.paths).tags == tuple(dict.fromkeys([*kept, *add]))


def test_blanks_around_a_tag_are_none_of_it(labelled: Run) -> None:
    tag(labelled, add=[" paper\t"])
    assert load(labelled.paths).tags == ("paper",)


@pytest.mark.parametrize("text", ["", "  ", "a,b", "a\nb", "\x1b[31m", "\udcff"])
def test_what_does_not_read_as_one_tag_is_refused(text: str, labelled: Run, refused: Refused) -> None:
    with refused("is not a tag"):
        tag(labelled, add=["paper", text])
    assert load(labelled.paths).tags == ()


def test_a_note_replaces_the_last_and_an_empty_one_removes_it(labelled: Run) -> None:
    note(labelled, "first")
    note(labelled, "Ein Überblick\nüber α")
    assert load(labelled.paths).meta["note"] == "Ein Überblick\nüber α"
    note(labelled, "")
    assert load(labelled.paths).meta["note"] is None


def test_a_pin_is_set_and_taken_away(labelled: Run) -> None:
    for pinned in (True, False):
        pin(labelled, pinned)
        assert load(labelled.paths).meta["pinned"] is pinned


def test_what_else_stands_there_stays(make_run: MakeRun) -> None:
    paths = make_run()
    write_json(paths.meta, {"name": "first", "of a later version": [1, 2]})
    tag(load(paths), add=["paper"])
    note(load(paths), "kept")
    pin(load(paths), True)
    assert read_json(paths.meta) == {
        "name": "first",
        "of a later version": [1, 2],
        "tags": ["paper"],
        "note": "kept",
        "pinned": True,
    }


def test_of_changes_at_once_none_is_lost_however_old_what_each_had_read(labelled: Run) -> None:
    names = [f"tag-{n}" for n in range(20)]
    with ThreadPoolExecutor(4) as threads:
        done = [threads.submit(tag, labelled, [name]) for name in names]
        done += [threads.submit(note, labelled, "a note"), threads.submit(pin, labelled, True)]
    for one in done:
        one.result()
    meta = load(labelled.paths).meta
    assert sorted(meta["tags"]) == sorted(names)
    assert (meta["note"], meta["pinned"]) == ("a note", True)


@pytest.mark.parametrize("content", ["", '{"tags": ["pap', "[]", "\0"])
def test_a_file_that_cannot_be_read_is_never_overwritten(content: str, labelled: Run, refused: Refused) -> None:
    labelled.paths.meta.write_text(content)
    for change in (lambda: tag(labelled, ["paper"]), lambda: note(labelled, "a note"), lambda: pin(labelled, True)):
        with refused("meta.json"):
            change()
    assert labelled.paths.meta.read_text() == content
