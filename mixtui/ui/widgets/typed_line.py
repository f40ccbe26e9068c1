"""Where one types: a line, or a text of several. Both take every key in the order in which it came."""

from __future__ import annotations

from textual import events
from textual.widget import Widget
from textual.widgets import Input, TextArea


class TypedLine(Input):
    """A line to type into."""

    def takes(self, event: events.Key) -> bool:
        """Whether the key changes or moves in what is typed; no such key goes on to the application."""
        return event.is_printable or event.key in self._bindings.key_to_bindings

    async def _on_key(self, event: events.Key) -> None:
        await _take_bound_key(self, event)


class TypedText(TextArea):
    """A text of several lines to type into."""

    async def _on_key(self, event: events.Key) -> None:
        await _take_bound_key(self, event)


async def _take_bound_key(widget: Widget, event: events.Key) -> None:
    """Act on a key of the widget's BINDINGS at once.

    Textual's widgets take letters themselves, but leave backspace, the arrows and the other keys of their BINDINGS to
    the application, which hands them back when it comes to it: where it is slow, after letters that were typed later.
    """
    for binding in widget._bindings.key_to_bindings.get(event.key, ()):
        if await widget.app.run_action(binding.action, widget):
            event.stop()
            return
