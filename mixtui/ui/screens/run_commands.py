"""The commands that change runs, for every screen on which runs can be chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from rich.text import Text

from mixtui.errors import MixtuiError
from mixtui.store.documents import LIVE, RESUMABLE, Document, is_read_only
from mixtui.store.meta import valid_tag
from mixtui.terminal_text import printable
from mixtui.ui.commands import Command
from mixtui.ui.notices import asks_to_stop
from mixtui.ui.run_names import title
from mixtui.ui.screens.ask import AskScreen
from mixtui.ui.screens.base import MixtuiScreen
from mixtui.wording import plural

if TYPE_CHECKING:
    from mixtui.ui.actions import Done

_STOPPABLE = frozenset({*LIVE, "queued"})
_READABLE = lambda document: document["state"] != "broken"  # noqa: E731

# What a run must be like for a command to count for it, beside being no reference run.
_FITS: Mapping[str, Callable[[Document], bool]] = {
    "stop": lambda document: document["state"] in _STOPPABLE,
    "pause": lambda document: document["state"] in _STOPPABLE,
    "resume": lambda document: document["state"] in RESUMABLE,
    "retry": lambda document: document["state"] in (*RESUMABLE, "finished"),
    "remove": lambda document: document["state"] not in (*_STOPPABLE, "broken"),
    "queue-first": lambda document: document["state"] == "queued",
    "queue-last": lambda document: document["state"] == "queued",
    "tag": _READABLE,
    "note": _READABLE,
    "pin": _READABLE,
}

_UNDER_WAY = "It is under way; x stops it first."
# Why a command counts for none of the runs that it was given for.
_REFUSALS = {
    "stop": "It is neither running nor queued.",
    "pause": "It is neither running nor queued.",
    "resume": "Only what was stopped or paused, has failed or crashed can be resumed.",
    "retry": _UNDER_WAY,
    "remove": _UNDER_WAY,
    "queue-first": "Only queued runs have a place in the queue.",
    "queue-last": "Only queued runs have a place in the queue.",
}


class RunCommandsScreen(MixtuiScreen):
    """A screen on which runs can be chosen, and changed."""

    def chosen(self) -> list[Document]:
        """The runs that a command is for: the marked ones, or the one under the cursor."""
        raise NotImplementedError

    @property
    def chose_fold(self) -> bool:
        """Whether `chosen` are the runs of a folded row, which nobody has seen one by one."""
        return False

    def allows(self, command: Command) -> bool:
        if command.id == "undo":
            return self.app.can_undo
        return super().allows(command) if command.id not in _FITS else bool(self._fitting(command.id))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that counts for none of the runs says why, rather than nothing."""
        command_id = action.replace("_", "-")
        if (command_id in _REFUSALS or self._chose_reference) and command_id in _FITS and not self._fitting(command_id):
            return True
        return super().check_action(action, parameters)

    def _fitting(self, command_id: str) -> list[Document]:
        return [one for one in self.chosen() if not is_read_only(one) and _FITS[command_id](one)]

    @property
    def _chose_reference(self) -> bool:
        """Whether `chosen` are runs that came with mixtui alone."""
        chosen = self.chosen()
        return bool(chosen) and all(map(is_read_only, chosen))

    def _fitting_or_say(self, command_id: str) -> list[Document]:
        """The runs that the command is for; where there are none, it says why."""
        documents = self._fitting(command_id)
        if not documents and self._chose_reference:
            self.app.say("Reference runs are read-only. n starts the same study as yours.")
        elif not documents:
            broken = all(document["state"] == "broken" for document in self.chosen())
            self.app.say("mixtui leaves a broken run alone." if broken else _REFUSALS[command_id])
        return documents

    def action_stop(self) -> None:
        documents = self._fitting_or_say("stop")
        if not documents:
            return
        many = len(documents) != 1
        self._ask(
            asks_to_stop(documents),
            "Keep running",
            f"Stop {len(documents)}" if many else "Stop it",
            lambda: self.app.act(lambda: self.app.actions.end(_ids(documents), "stop")),
        )

    def action_pause(self) -> None:
        if ids := _ids(self._fitting_or_say("pause")):
            self._ask_for_fold(
                "Pause", "leave the queue, and can be resumed", ids, lambda: self.app.actions.end(ids, "pause")
            )

    def action_resume(self) -> None:
        if ids := _ids(self._fitting_or_say("resume")):
            self.app.act(lambda: self.app.actions.resume(ids))

    def action_retry(self) -> None:
        if ids := _ids(self._fitting_or_say("retry")):
            self.app.act(lambda: self.app.actions.retry(ids))

    def action_remove(self) -> None:
        documents = self._fitting_or_say("remove")
        if not documents:
            return
        staying = sum(document["state"] in _STOPPABLE for document in self.chosen())
        them = "it" if len(documents) == 1 else "them"
        named = f" ({title(documents[0])})" if len(documents) == 1 else ""
        stay = f" {staying} more {'is' if staying == 1 else 'are'} running or queued and stay{'s' * (staying == 1)}."
        self._ask(
            f"Move {plural(len(documents), 'run')}{named} to the trash? u brings {them} back.{stay * bool(staying)}",
            "Keep",
            f"Move {len(documents)}" if len(documents) != 1 else "Move it",
            lambda: self.app.act(lambda: self.app.actions.remove(_ids(documents)), self._removed),
        )

    def _removed(self, done: Done) -> None:
        self.app.remember_removed(done.removed)

    def action_pin(self) -> None:
        documents = self._fitting_or_say("pin")
        if not documents:
            return
        pinned = not all(document.get("pinned") for document in documents)
        ids = _ids(documents)
        verb, then = ("Pin", "are pinned") if pinned else ("Unpin", "are pinned no more")
        self._ask_for_fold(verb, then, ids, lambda: self.app.actions.pin(ids, pinned))

    def action_queue_first(self) -> None:
        self._move_in_queue("first", "go before all others in the queue")

    def action_queue_last(self) -> None:
        self._move_in_queue("last", "go after all others in the queue")

    def _move_in_queue(self, where: Literal["first", "last"], then: str) -> None:
        if ids := _ids(self._fitting_or_say(f"queue-{where}")):
            self._ask_for_fold("Move", then, ids, lambda: self.app.actions.move_in_queue(ids, where))

    def action_undo(self) -> None:
        self.app.action_undo()

    def action_note(self) -> None:
        documents = self._fitting_or_say("note")
        if not documents:
            return
        before = documents[0].get("note") or "" if len(documents) == 1 else ""
        if printable(before) != before:  # several lines, or very long: a line would lose some of it
            self.app.say("This note has more than one line. Open the run; e edits it there.")
            return

        def done(text: str | None) -> None:
            if text is not None and text != before:
                self.app.act(lambda: self.app.actions.note(_ids(documents), text.strip()))

        self.prompt(f"note on {_named(documents)} ", before, lambda _text: None, done)

    def action_tag(self) -> None:
        """All tags of the runs in one line: what is added to it is added, what is deleted is taken away."""
        documents = self._fitting_or_say("tag")
        if not documents:
            return
        before = list(dict.fromkeys(tag for document in documents for tag in document.get("tags", ())))

        def done(text: str | None) -> None:
            if text is None:
                return
            after = _tags(text)
            add, remove = [t for t in after if t not in before], [t for t in before if t not in after]
            if add or remove:
                self.app.act(lambda: self.app.actions.tag(_ids(documents), add, remove))

        self.prompt(f"tags of {_named(documents)}, separated by commas ", ", ".join(before), _check_tags, done)

    def _ask_for_fold(self, verb: str, then: str, ids: list[str], act: Callable[[], Done]) -> None:
        """Do it; to the runs of a fold after a question, which says how many they are and what becomes of them."""
        if self.chose_fold:
            question = f"{verb} {plural(len(ids), 'run')}? All that are folded here {then}."
            self._ask(question, "Leave them", f"{verb} {len(ids)}", lambda: self.app.act(act))
        else:
            self.app.act(act)

    def _ask(self, question: str, no: str, yes: str, act: Callable[[], object]) -> None:
        def answered(answer: bool | None) -> None:
            if answer:
                act()

        self.app.push_screen(AskScreen(self.app.glyphs.words(question), no, yes), answered)


def _ids(documents: list[Document]) -> list[str]:
    return [document["id"] for document in documents]


def _named(documents: list[Document]) -> str:
    return title(documents[0]) if len(documents) == 1 else plural(len(documents), "run")


def _tags(text: str) -> list[str]:
    return [tag.strip() for tag in text.split(",") if tag.strip()]


def _check_tags(text: str) -> Text | None:
    try:
        for tag in _tags(text):
            valid_tag(tag)
    except MixtuiError as error:
        return Text(f"{error.message} {error.hint}")
    return None
