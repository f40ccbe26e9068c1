"""How much memory a training takes, so that no more are started than fit."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import psutil
import torch

WELL_ABOVE = 1.1  # times as much
# What a CUDA context and cuDNN take beside torch's own pool: 760 MiB seen on an H100, which has the most.
CONTEXT_BYTES = 800 * 2**20


@dataclass(frozen=True)
class MemoryUse:
    """Bytes of main memory and of the GPU's."""

    ram: int
    gpu: int

    def is_well_above(self, other: MemoryUse) -> bool:
        """Whether either is more than a tenth above the other's."""
        return self.ram > other.ram * WELL_ABOVE or self.gpu > other.gpu * WELL_ABOVE

    def to_json(self) -> dict[str, int]:
        """As the `memory` event has it."""
        return asdict(self)


def memory_in_use(device: torch.device) -> MemoryUse:
    """Of this process now, on the GPU the most that it had; without what it shares with others, as mapped images."""
    process = psutil.Process().memory_info()
    gpu = torch.cuda.max_memory_reserved(device) + CONTEXT_BYTES if device.type == "cuda" else 0
    return MemoryUse(process.rss - getattr(process, "shared", 0), gpu)
