"""ONNX operators in PyTorch, after the ONNX specification: those of convolutional networks and transformers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn import functional

Attributes = dict[str, Any]
Operator = Callable[[Attributes, list[Any]], Any]
"""Takes a node's attributes and inputs (None where an optional one is left out); gives a tensor, or several."""


def _pads(x: torch.Tensor, attributes: Attributes, kernel: Sequence[int], fill: float) -> torch.Tensor:
    """The picture `[n, c, h, w]` padded by itself: ONNX may pad the two ends differently."""
    before, after = _amounts(x, attributes, kernel)
    if not any(before) and not any(after):
        return x
    around = [amount for low, high in zip(reversed(before), reversed(after), strict=True) for amount in (low, high)]
    return functional.pad(x, around, value=fill)


def _amounts(x: torch.Tensor, attributes: Attributes, kernel: Sequence[int]) -> tuple[list[int], list[int]]:
    places = len(kernel)
    automatic = attributes.get("auto_pad", "NOTSET")
    if automatic not in ("SAME_UPPER", "SAME_LOWER"):
        pads = list(attributes.get("pads", [0] * 2 * places)) if automatic == "NOTSET" else [0] * 2 * places
        return pads[:places], pads[places:]
    strides, dilations = attributes.get("strides", [1] * places), attributes.get("dilations", [1] * places)
    totals = [
        max((-(-size // stride) - 1) * stride + (span - 1) * dilation + 1 - size, 0)
        for size, stride, span, dilation in zip(x.shape[2:], strides, kernel, dilations, strict=True)
    ]
    less, more = [total // 2 for total in totals], [total - total // 2 for total in totals]
    return (less, more) if automatic == "SAME_UPPER" else (more, less)


def _conv(attributes: Attributes, inputs: list[Any]) -> Any:
    x, weight, bias = inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else None
    places = weight.dim() - 2
    convolve = functional.conv2d if places == 2 else functional.conv1d
    return convolve(
        _pads(x, attributes, weight.shape[2:], 0.0),
        weight,
        bias,
        attributes.get("strides", [1] * places),
        0,
        attributes.get("dilations", [1] * places),
        attributes.get("group", 1),
    )


def _max_pool(attributes: Attributes, inputs: list[Any]) -> Any:
    kernel = attributes["kernel_shape"]
    return functional.max_pool2d(
        _pads(inputs[0], attributes, kernel, float("-inf")),
        kernel,
        attributes.get("strides", [1, 1]),
        0,
        attributes.get("dilations", [1, 1]),
        ceil_mode=bool(attributes.get("ceil_mode", 0)),
    )


def _average_pool(attributes: Attributes, inputs: list[Any]) -> Any:
    x, kernel, strides = inputs[0], attributes["kernel_shape"], attributes.get("strides", [1, 1])
    ceil = bool(attributes.get("ceil_mode", 0))
    padded = functional.avg_pool2d(_pads(x, attributes, kernel, 0.0), kernel, strides, ceil_mode=ceil)
    if attributes.get("count_include_pad", 0):
        return padded
    counted = _pads(torch.ones_like(x[:1, :1]), attributes, kernel, 0.0)
    return padded / functional.avg_pool2d(counted, kernel, strides, ceil_mode=ceil)


def _batch_norm(attributes: Attributes, inputs: list[Any]) -> Any:
    x, gain, lift, mean, variance = inputs
    return functional.batch_norm(x, mean, variance, gain, lift, eps=attributes.get("epsilon", 1e-5))


def _layer_norm(attributes: Attributes, inputs: list[Any]) -> Any:
    axis = attributes.get("axis", -1) % inputs[0].dim()
    bias = inputs[2] if len(inputs) > 2 else None
    return functional.layer_norm(
        inputs[0], inputs[0].shape[axis:], inputs[1], bias, eps=attributes.get("epsilon", 1e-5)
    )


def _gemm(attributes: Attributes, inputs: list[Any]) -> Any:
    one = inputs[0].T if attributes.get("transA", 0) else inputs[0]
    other = inputs[1].T if attributes.get("transB", 0) else inputs[1]
    product = attributes.get("alpha", 1.0) * (one @ other)
    return product if len(inputs) < 3 else product + attributes.get("beta", 1.0) * inputs[2]


def _clip(attributes: Attributes, inputs: list[Any]) -> Any:
    low = inputs[1] if len(inputs) > 1 else attributes.get("min")
    high = inputs[2] if len(inputs) > 2 else attributes.get("max")
    x = inputs[0] if low is None else torch.maximum(inputs[0], torch.as_tensor(low, device=inputs[0].device))
    return x if high is None else torch.minimum(x, torch.as_tensor(high, device=x.device))


def _axes(attributes: Attributes, inputs: list[Any], default: list[int]) -> list[int]:
    """Axes were an attribute first and became an input later."""
    if len(inputs) > 1 and inputs[1] is not None:
        return [int(each) for each in inputs[1].reshape(-1)]
    return list(attributes.get("axes", default))


def _reduced(reduce: Callable[..., Any]) -> Operator:
    def operator(attributes: Attributes, inputs: list[Any]) -> Any:
        axes = _axes(attributes, inputs, list(range(inputs[0].dim())))
        return reduce(inputs[0], dim=axes, keepdim=bool(attributes.get("keepdims", 1)))

    return operator


def _reshape(attributes: Attributes, inputs: list[Any]) -> Any:
    x = inputs[0]
    asked = [int(each) for each in inputs[1]]
    copies = not attributes.get("allowzero", 0)
    return x.reshape([x.shape[place] if size == 0 and copies else size for place, size in enumerate(asked)])


def _squeeze(attributes: Attributes, inputs: list[Any]) -> Any:
    x = inputs[0]
    axes = _axes(attributes, inputs, [place for place, size in enumerate(x.shape) if size == 1])
    return x.squeeze(tuple(axes))


def _unsqueeze(attributes: Attributes, inputs: list[Any]) -> Any:
    x, axes = inputs[0], _axes(attributes, inputs, [])
    rank = x.dim() + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        x = x.unsqueeze(axis)
    return x


def _pad(attributes: Attributes, inputs: list[Any]) -> Any:
    x, pads = inputs[0], [int(each) for each in inputs[1]]
    axes = [int(each) for each in inputs[3]] if len(inputs) > 3 and inputs[3] is not None else range(x.dim())
    around = [0] * 2 * x.dim()
    for place, axis in enumerate(axes):
        around[2 * (x.dim() - 1 - axis % x.dim())] = pads[place]
        around[2 * (x.dim() - 1 - axis % x.dim()) + 1] = pads[place + len(pads) // 2]
    mode = {"edge": "replicate", "reflect": "reflect"}.get(attributes.get("mode", "constant"))
    if mode:
        return functional.pad(x, around[:4], mode=mode)
    fill = inputs[2] if len(inputs) > 2 and inputs[2] is not None else 0
    return functional.pad(x, around, value=float(fill))


def _slice(attributes: Attributes, inputs: list[Any]) -> Any:
    x, starts, stops = inputs[0], inputs[1].tolist(), inputs[2].tolist()
    axes = inputs[3].tolist() if len(inputs) > 3 and inputs[3] is not None else list(range(len(starts)))
    steps = inputs[4].tolist() if len(inputs) > 4 and inputs[4] is not None else [1] * len(starts)
    for axis, start, stop, step in zip(axes, starts, stops, steps, strict=True):
        rows = range(x.shape[axis])[start:stop:step]
        x = x.index_select(axis, torch.tensor(list(rows), dtype=torch.int64, device=x.device))
    return x


def _gather(attributes: Attributes, inputs: list[Any]) -> Any:
    x, places, axis = inputs[0], inputs[1].to(torch.int64), attributes.get("axis", 0) % inputs[0].dim()
    places = torch.where(places < 0, places + x.shape[axis], places)
    taken = x.index_select(axis, places.reshape(-1).to(x.device))
    return taken.reshape([*x.shape[:axis], *places.shape, *x.shape[axis + 1 :]])


def _split(attributes: Attributes, inputs: list[Any]) -> Any:
    x, axis = inputs[0], attributes.get("axis", 0)
    if len(inputs) > 1 and inputs[1] is not None:
        return x.split([int(each) for each in inputs[1]], axis)
    return x.chunk(attributes["num_outputs"], axis)


def _constant_of_shape(attributes: Attributes, inputs: list[Any]) -> Any:
    value = attributes.get("value", torch.zeros(1))
    return value.reshape(-1)[0].expand([int(each) for each in inputs[0]]).clone()


def _expand(attributes: Attributes, inputs: list[Any]) -> Any:
    x, asked = inputs[0], [int(each) for each in inputs[1]]
    return x * torch.ones(asked, dtype=x.dtype, device=x.device)


def _divide(attributes: Attributes, inputs: list[Any]) -> Any:
    one, other = inputs
    return one / other if one.is_floating_point() else torch.div(one, other, rounding_mode="trunc")


def _flatten(attributes: Attributes, inputs: list[Any]) -> Any:
    x, axis = inputs[0], attributes.get("axis", 1)
    rows = 1
    for size in x.shape[:axis]:
        rows *= size
    return x.reshape(rows, -1)


def _quantize(attributes: Attributes, inputs: list[Any]) -> Any:
    """Kept as float numbers; the gradient goes straight through the rounding (Bengio et al., 2013)."""
    x, scale, zero = inputs[0], _along(inputs[1], attributes, inputs[0]), _along(inputs[2], attributes, inputs[0])
    low, high = (-128, 127) if inputs[2].dtype == torch.int8 else (0, 255)
    exact = x / scale + zero
    rounded = (torch.round(x / scale) + zero).clamp(low, high)
    return exact + (rounded - exact).detach()


def _dequantize(attributes: Attributes, inputs: list[Any]) -> Any:
    scale = _along(inputs[1], attributes, inputs[0])
    zero = _along(inputs[2], attributes, inputs[0]) if len(inputs) > 2 and inputs[2] is not None else 0
    return (inputs[0].to(scale.dtype) - zero) * scale


def _along(values: torch.Tensor, attributes: Attributes, x: torch.Tensor) -> torch.Tensor:
    values = values.to(torch.float32)
    if values.numel() == 1:
        return values.reshape(())
    shape = [1] * x.dim()
    shape[attributes.get("axis", 1)] = -1
    return values.reshape(shape)


def _cast(attributes: Attributes, inputs: list[Any]) -> Any:
    return inputs[0].to(TYPES[attributes["to"]])


def _transpose(attributes: Attributes, inputs: list[Any]) -> Any:
    return inputs[0].permute(attributes.get("perm", list(reversed(range(inputs[0].dim())))))


TYPES = {
    1: torch.float32,
    2: torch.uint8,
    3: torch.int8,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float16,
    11: torch.float64,
}
"""By ONNX's number of the type (TensorProto.DataType)."""


def _plain(function: Callable[..., Any]) -> Operator:
    """An operator without attributes."""
    return lambda _, inputs: function(*inputs)


OPERATORS: dict[str, Operator] = {
    "Abs": _plain(torch.abs),
    "Add": _plain(torch.add),
    "And": _plain(torch.logical_and),
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": lambda attributes, inputs: torch.cat(inputs, attributes["axis"]),
    "ConstantOfShape": _constant_of_shape,
    "Conv": _conv,
    "DequantizeLinear": _dequantize,
    "Div": _divide,
    "Dropout": lambda _, inputs: inputs[0],
    "Elu": lambda attributes, inputs: functional.elu(inputs[0], attributes.get("alpha", 1.0)),
    "Equal": _plain(torch.eq),
    "Erf": _plain(torch.erf),
    "Exp": _plain(torch.exp),
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "Gelu": lambda attributes, inputs: functional.gelu(inputs[0], approximate=attributes.get("approximate", "none")),
    "Gemm": _gemm,
    "GlobalAveragePool": _plain(lambda x: x.mean(dim=tuple(range(2, x.dim())), keepdim=True)),
    "GlobalMaxPool": _plain(lambda x: x.amax(dim=tuple(range(2, x.dim())), keepdim=True)),
    "Greater": _plain(torch.gt),
    "HardSigmoid": lambda attributes, inputs: (
        attributes.get("alpha", 0.2) * inputs[0] + attributes.get("beta", 0.5)
    ).clamp(0, 1),
    "HardSwish": _plain(functional.hardswish),
    "Identity": _plain(lambda x: x),
    "LayerNormalization": _layer_norm,
    "LeakyRelu": lambda attributes, inputs: functional.leaky_relu(inputs[0], attributes.get("alpha", 0.01)),
    "Less": _plain(torch.lt),
    "Log": _plain(torch.log),
    "MatMul": _plain(torch.matmul),
    "Max": _plain(lambda *xs: xs[0] if len(xs) == 1 else torch.maximum(*xs)),
    "MaxPool": _max_pool,
    "Min": _plain(lambda *xs: xs[0] if len(xs) == 1 else torch.minimum(*xs)),
    "Mul": _plain(torch.mul),
    "Neg": _plain(torch.neg),
    "Not": _plain(torch.logical_not),
    "PRelu": _plain(lambda x, slope: torch.where(x < 0, slope * x, x)),
    "Pad": _pad,
    "Pow": _plain(torch.pow),
    "QuantizeLinear": _quantize,
    "Range": _plain(lambda start, stop, step: torch.arange(start.item(), stop.item(), step.item(), dtype=start.dtype)),
    "Reciprocal": _plain(torch.reciprocal),
    "ReduceL2": _reduced(lambda x, dim, keepdim: torch.linalg.vector_norm(x, dim=dim, keepdim=keepdim)),
    "ReduceMax": _reduced(torch.amax),
    "ReduceMean": _reduced(torch.mean),
    "ReduceSum": _reduced(torch.sum),
    "Relu": _plain(functional.relu),
    "Reshape": _reshape,
    "Shape": lambda attributes, inputs: torch.tensor(
        inputs[0].shape[attributes.get("start", 0) : attributes.get("end", None)], dtype=torch.int64
    ),
    "Sigmoid": _plain(torch.sigmoid),
    "Slice": _slice,
    "Softmax": lambda attributes, inputs: torch.softmax(inputs[0], attributes.get("axis", -1)),
    "Split": _split,
    "Sqrt": _plain(torch.sqrt),
    "Squeeze": _squeeze,
    "Sub": _plain(torch.sub),
    "Sum": _plain(lambda *xs: sum(xs)),
    "Tanh": _plain(torch.tanh),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    "Where": _plain(lambda chosen, one, other: torch.where(chosen.to(one.device), one, other)),
}
"""By operator type of the standard domain; as of versions 13–20 of the operator set."""
