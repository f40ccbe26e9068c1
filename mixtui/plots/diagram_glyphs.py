"""The characters that diagrams are drawn with: one set for terminals that speak Unicode, one in ASCII."""

from dataclasses import dataclass

from mixtui.terminal_text import in_ascii


@dataclass(frozen=True)
class Glyphs:
    """One character for each thing drawn; `bar`, `histogram` and `line` rise from the bottom of a cell."""

    bar: str
    histogram: str
    line: str
    over: str
    under: str
    diagonal: str
    axis: str
    axis_at_cursor: str
    tick: str
    overconfident: str
    underconfident: str
    point: str
    reference: str
    floor: str
    selected: str
    separator: str
    ascii: bool

    def words(self, text: str) -> str:
        """`text` as this terminal can show it."""
        return in_ascii(text) if self.ascii else text


UNICODE = Glyphs(
    bar=" ▁▂▃▄▅▆▇█",
    histogram=" ▁▂▃▄▅▆▇█",
    line="▁─▔",
    over="░",
    under="▒",
    diagonal="·",
    axis="─",
    axis_at_cursor="━",
    tick="┬",
    overconfident="▲",
    underconfident="▼",
    point="●",
    reference="◇",
    floor="░",
    selected="▸",
    separator=" · ",
    ascii=False,
)
ASCII = Glyphs(
    bar=" #",
    histogram=" _#",
    line="-",
    over=":",
    under="+",
    diagonal=".",
    axis="-",
    axis_at_cursor="=",
    tick="+",
    overconfident="^",
    underconfident="v",
    point="o",
    reference="x",
    floor=":",
    selected=">",
    separator=" - ",
    ascii=True,
)
