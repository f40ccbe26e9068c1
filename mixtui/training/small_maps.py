"""Convolutions on maps so small that every input pixel reaches every output pixel, done as one matrix product.

A network built for large images leaves small ones with maps of 2×2 and 1×1 pixels in its last stages. There a 3×3
convolution mostly multiplies padding: on a map of one pixel, eight of its nine taps never meet anything else, their
gradients are zero, and they stay as they were drawn. Here only the taps that count are parameters, and the map is one
product; the results are the convolution's, to rounding. On two CPU cores this is a third of the time of `resnet18` at
32×32 pixels (docs/performance.md). Checkpoints hold the convolution's whole weight, so that any tool can read them.

One difference: weight decay does not shrink the taps that never count.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

LARGEST_MAP = 4  # pixels; beyond, padding is too small a share of the work


class SmallMapConv2d(nn.Module):
    """The convolution `conv` for maps of one size.

    `taps`, int64 (output pixels, input pixels), says which tap of the kernel lies between the two, counted along rows;
    `output_size` is the height and width of the result.
    """

    def __init__(self, conv: nn.Conv2d, taps: Tensor, output_size: tuple[int, int]) -> None:
        super().__init__()
        self.output_size = output_size
        self.used, index = taps.unique(return_inverse=True)
        whole = conv.weight.detach()
        self._whole: Tensor
        self.register_buffer("_whole", whole.clone(memory_format=torch.contiguous_format), persistent=False)
        self.rows = nn.Parameter(_rows_of(whole)[:, self.used].contiguous())  # (out, taps that count, in)
        self.bias = conv.bias
        # In their own order already: the matrix is the parameter itself, without a copy.
        self._index = None if torch.equal(index.flatten(), torch.arange(len(self.used))) else index
        self.register_state_dict_post_hook(_put_whole_weight)
        self.register_load_state_dict_pre_hook(_take_whole_weight)

    def forward(self, images: Tensor) -> Tensor:
        """`images` (n, in channels, H, W) to (n, out channels, H', W')."""
        out_channels, _, in_channels = self.rows.shape
        rows = self.rows if self._index is None else _Gather.apply(self.rows, self._index)
        matrix = rows.reshape(-1, images.shape[2] * images.shape[3] * in_channels)
        flat = images.permute(0, 2, 3, 1).reshape(len(images), -1)
        maps = F.linear(flat, matrix).view(len(images), out_channels, *self.output_size)
        if self.bias is not None:
            maps = maps + self.bias.view(-1, 1, 1)
        return maps.contiguous(memory_format=torch.channels_last)

    def weight(self) -> Tensor:
        """The whole weight of the convolution, (out, in, kernel height, kernel width)."""
        whole = self._whole.clone()
        _rows_of(whole)[:, self.used] = self.rows.detach()
        return whole


def _rows_of(weight: Tensor) -> Tensor:
    """A weight (out, in, height, width) as a view (out, taps, in)."""
    return weight.flatten(2).transpose(1, 2)


def _put_whole_weight(module: nn.Module, state: dict[str, Any], prefix: str, _metadata: object) -> None:
    assert isinstance(module, SmallMapConv2d)
    del state[f"{prefix}rows"]
    state[f"{prefix}weight"] = module.weight()


def _take_whole_weight(module: nn.Module, state: dict[str, Any], prefix: str, *_: object) -> None:
    assert isinstance(module, SmallMapConv2d)
    if f"{prefix}weight" in state:  # else torch says which key is missing
        weight = state.pop(f"{prefix}weight")
        module._whole.copy_(weight)
        state[f"{prefix}rows"] = _rows_of(weight)[:, module.used]


class _Gather(torch.autograd.Function):
    """Rows (out, taps, in) in the order of an index, (out, pairs of pixels, in); a tap may serve several pairs."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, index: Tensor) -> Tensor:
        ctx.index, ctx.taps = index, rows.shape[1]
        return rows[:, index.flatten()]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        pairs = gradients[0]
        rows = pairs.new_zeros(len(pairs), ctx.taps, pairs.shape[2])
        for pair, tap in enumerate(ctx.index.flatten().tolist()):
            rows[:, tap] += pairs[:, pair]
        return rows, None


def use_small_map_products(model: nn.Module, channels: int, image_size: tuple[int, int]) -> None:
    """Replace the convolutions of `model` that see one small map, given images of that size."""
    for name, sizes in _map_sizes(model, channels, image_size).items():
        parent, _, child = name.rpartition(".")
        conv = model.get_submodule(name)
        assert isinstance(conv, nn.Conv2d)
        if len(sizes) == 1 and (product := _product(conv, *sizes)) is not None:
            setattr(model.get_submodule(parent), child, product)


def _map_sizes(model: nn.Module, channels: int, image_size: tuple[int, int]) -> dict[str, set[tuple[int, int]]]:
    """The input sizes that each convolution of the model sees, by its name."""
    convs = {module: name for name, module in model.named_modules() if type(module) is nn.Conv2d}
    sizes: dict[str, set[tuple[int, int]]] = {name: set() for name in convs.values()}

    def note(conv: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(conv, nn.Conv2d)
        sizes[convs[conv]].add((inputs[0].shape[2], inputs[0].shape[3]))

    hooks = [conv.register_forward_pre_hook(note) for conv in convs]
    with torch.no_grad():
        model.eval()(torch.zeros(2, channels, *image_size))
    for hook in hooks:
        hook.remove()
    return sizes


def _product(conv: nn.Conv2d, size: tuple[int, int]) -> SmallMapConv2d | None:
    """The product that does the work of `conv` on maps of that size; None where that is no gain."""
    plain = conv.groups == 1 and conv.dilation == (1, 1) and conv.padding_mode == "zeros"
    if not plain or isinstance(conv.padding, str) or size[0] * size[1] > LARGEST_MAP or conv.kernel_size == (1, 1):
        return None
    (rows, rows_fit), (columns, columns_fit) = (_taps_along(conv, axis, length) for axis, length in enumerate(size))
    if not rows_fit or not columns_fit:
        return None
    taps = rows[:, None, :, None] * conv.kernel_size[1] + columns[None, :, None, :]
    output_size = (len(rows), len(columns))
    return SmallMapConv2d(conv, taps.reshape(len(rows) * len(columns), -1), output_size)


def _taps_along(conv: nn.Conv2d, axis: int, length: int) -> tuple[Tensor, bool]:
    """Along one axis, the tap between each output and input pixel, (outputs, inputs), and whether all lie in the
    kernel."""
    padding, kernel, stride = int(conv.padding[axis]), conv.kernel_size[axis], conv.stride[axis]
    outputs = torch.arange((length + 2 * padding - kernel) // stride + 1)
    taps = torch.arange(length)[None, :] - outputs[:, None] * stride + padding
    return taps, bool(((taps >= 0) & (taps < kernel)).all())
