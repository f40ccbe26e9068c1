"""What the machine is at, and at the right what happened since a person last looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from mixtui.ui.theme import themed
from mixtui.ui.widgets.top_line import TopLine

if TYPE_CHECKING:
    from mixtui.launch.machine import Sample

_GIB = 2**30


class SystemLine(TopLine):
    """CPU, memory, GPUs and disk; it changes only when it is told to."""

    def show(self, sample: Sample | None, news: str) -> None:
        wide = self.app.size.width >= 100
        style = themed(self.app, "text-secondary")
        text = "" if sample is None else ("   " if wide else "  ").join(_parts(sample, wide))
        self.set_texts(Text(text, style), Text(news, style))


def _parts(sample: Sample, wide: bool) -> list[str]:
    parts = []
    if sample.cpu_percent is not None:
        parts.append(f"cpu {sample.cpu_percent:.0f} %")
    if sample.memory_used is not None and sample.memory_total is not None:
        parts.append(f"mem {_of(sample.memory_used, sample.memory_total, wide)}")
    for gpu in sample.gpus:
        use = "" if gpu.percent is None else f" {gpu.percent} %"
        parts.append(f"gpu{use} {_of(gpu.memory_used, gpu.memory_total, wide)}")
    if not sample.gpus and wide:
        parts.append("gpu none")
    if sample.disk_free is not None:
        parts.append(f"disk {sample.disk_free / _GIB:.0f} GiB free" if wide else f"disk {sample.disk_free / _GIB:.0f}G")
    return parts


def _of(used: int, total: int, wide: bool) -> str:
    if wide:
        return f"{used / _GIB:.1f} of {total / _GIB:.0f} GiB"
    return f"{used / _GIB:.1f}/{total / _GIB:.0f}G"
