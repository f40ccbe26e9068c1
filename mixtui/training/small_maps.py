"""Convolutions on small maps, done as a few matrix products.

A network built for large images leaves small ones with maps of 4×4, 2×2 and 1×1 pixels in its last stages. There a 3×3
convolution mostly multiplies padding: on a map of one pixel, eight of its nine taps never meet anything else, their
gradients are zero, and they stay as they were drawn. Here only the taps that count are parameters, and each output
pixel takes a product with every row of input pixels that it sees; the results are the convolution's, to rounding. On
two CPU cores this saves a good third of the time of `resnet18` at 32×32 pixels (docs/performance.md). Checkpoints hold
the convolution's whole weight, so that any tool can read them.

One difference: weight decay does not shrink the taps that never count.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

# Pixels of a map. Beyond, padding is too small a share of the work, and the products are too many.
LARGEST_INPUT, LARGEST_OUTPUT = 16, 4
LARGEST_INPUT_ON_GPU = 1  # there a few small products take longer than the padding


class Strip(NamedTuple):
    """A row of input pixels that an output pixel sees: neighbours in the map, as their taps are in the kernel.

    `output` is the number of the output pixel, `pixel` that of the first input pixel, `tap` that of its tap, and there
    are `length` of them.
    """

    output: int
    pixel: int
    tap: int
    length: int


class SmallMapConv2d(nn.Module):
    """The convolution `conv` for maps of one size, whose output pixels, `output_size` of them, see `strips`."""

    def __init__(self, conv: nn.Conv2d, strips: list[Strip], output_size: tuple[int, int]) -> None:
        super().__init__()
        self.output_size = output_size
        self.used = torch.tensor(sorted({strip.tap + i for strip in strips for i in range(strip.length)}))
        place = {tap: i for i, tap in enumerate(self.used.tolist())}
        self._strips = [strip._replace(tap=place[strip.tap]) for strip in strips]
        whole = conv.weight.detach()
        self._whole: Tensor
        self.register_buffer("_whole", whole.clone(memory_format=torch.contiguous_format), persistent=False)
        self.rows = nn.Parameter(_rows_of(whole)[:, self.used].contiguous())  # (out, taps that count, in)
        self.bias = conv.bias
        self.register_state_dict_post_hook(_put_whole_weight)
        self.register_load_state_dict_pre_hook(_take_whole_weight)

    def forward(self, images: Tensor) -> Tensor:
        """`images` (n, in channels, H, W) to (n, out channels, H', W'), channels-last in memory."""
        device = images.device.type
        kind = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else self.rows.dtype
        pixels = images.to(kind).permute(0, 2, 3, 1).flatten(1)
        maps = _Products.apply(pixels, self.rows.to(kind), self._strips, math.prod(self.output_size))
        if self.bias is not None:
            maps = maps + self.bias.to(kind)
        return maps.unflatten(1, self.output_size).permute(0, 3, 1, 2)

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


class _Products(torch.autograd.Function):
    """Pixels (n, pixels * in) and rows (out, taps, in) to maps (n, output pixels, out).

    Pixels and taps of a strip lie side by side in memory, so every operand is a view, and every result is added in its
    place.
    """

    @staticmethod
    def forward(ctx: Any, pixels: Tensor, rows: Tensor, strips: list[Strip], outputs: int) -> Tensor:
        ctx.save_for_backward(pixels, rows)
        ctx.strips = strips
        maps = pixels.new_zeros(len(pixels), outputs, len(rows))
        for strip, seen, weight in _operands(pixels, rows, strips):
            maps[:, strip.output].addmm_(seen, weight.T)
        return maps

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        (of_maps,) = gradients
        pixels, rows = ctx.saved_tensors
        of_pixels, of_rows = torch.zeros_like(pixels), torch.zeros_like(rows)
        for strip, of_seen, weight in _operands(of_pixels, rows, ctx.strips):
            of_seen.addmm_(of_maps[:, strip.output], weight)
        for strip, seen, of_weight in _operands(pixels, of_rows, ctx.strips):
            of_weight.addmm_(of_maps[:, strip.output].T, seen)
        return of_pixels, of_rows, None, None


def _operands(pixels: Tensor, rows: Tensor, strips: list[Strip]) -> Iterator[tuple[Strip, Tensor, Tensor]]:
    """Of each strip the pixels, (n, length * in), and the weight, (out, length * in), as views."""
    channels = rows.shape[2]
    flat = rows.flatten(1)
    for strip in strips:
        width = strip.length * channels
        yield strip, pixels.narrow(1, strip.pixel * channels, width), flat.narrow(1, strip.tap * channels, width)


def use_small_map_products(
    model: nn.Module, channels: int, image_size: tuple[int, int], largest_input: int = LARGEST_INPUT
) -> None:
    """Replace the convolutions of `model` that see one small map, given images of that size."""
    for name, sizes in _map_sizes(model, channels, image_size).items():
        parent, _, child = name.rpartition(".")
        conv = model.get_submodule(name)
        assert isinstance(conv, nn.Conv2d)
        if len(sizes) == 1 and (product := _product(conv, sizes.pop(), largest_input)) is not None:
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


def _product(conv: nn.Conv2d, size: tuple[int, int], largest_input: int) -> SmallMapConv2d | None:
    """The products that do the work of `conv` on maps of that size; None where that is no gain."""
    plain = conv.groups == 1 and conv.dilation == (1, 1) and conv.padding_mode == "zeros"
    if not plain or isinstance(conv.padding, str) or math.prod(size) > largest_input:
        return None
    vertical, horizontal = (list(_seen_along(conv, axis, length)) for axis, length in enumerate(size))
    output_size = len(vertical), len(horizontal)
    # A convolution of 1×1 and stride 1 is a product already.
    if math.prod(output_size) > LARGEST_OUTPUT or (conv.kernel_size == (1, 1) and conv.stride == (1, 1)):
        return None
    strips = [
        Strip(
            y * len(horizontal) + x,
            row * size[1] + column,
            (first_tap + row - first_row) * conv.kernel_size[1] + tap,
            n,
        )
        for y, (first_row, first_tap, rows) in enumerate(vertical)
        for x, (column, tap, n) in enumerate(horizontal)
        for row in range(first_row, first_row + rows)
        if n > 0
    ]
    return SmallMapConv2d(conv, strips, output_size) if strips else None


def _seen_along(conv: nn.Conv2d, axis: int, length: int) -> Iterator[tuple[int, int, int]]:
    """Along one axis, for each output pixel: the first input pixel it sees, the tap of that, and how many it sees."""
    padding, kernel, stride = int(conv.padding[axis]), conv.kernel_size[axis], conv.stride[axis]
    for output in range((length + 2 * padding - kernel) // stride + 1):
        begin = output * stride - padding
        first, last = max(begin, 0), min(begin + kernel, length)
        yield first, first - begin, max(last - first, 0)
