"""A trained network as ONNX, beside its weights: the graph names the tensors of ``weights.safetensors`` and holds none.

So both are the same network by construction, and the weights lie on the disk once. Any runtime of ONNX opens
``network.onnx`` where ``weights.safetensors`` lies beside it.
"""

import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnx
import onnx_ir as ir
import torch
from onnx_ir.passes import common as passes
from onnxscript import optimizer
from torch import nn

GRAPH, WEIGHTS = "network.onnx", "weights.safetensors"

INPUT = "images"


def compact(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors of a ``state_dict`` as they are handed on: kernels and matrices in half precision, all else as it is.

    Half of the size for a relative change of at most 2^-11, less than a step of training. What has one dimension keeps
    its precision: biases, and the statistics of normalisations, which may be too large or too small. What is scored has
    gone through this.
    """
    return {
        name: (tensor.half() if tensor.dtype == torch.float32 and tensor.ndim >= 2 else tensor).contiguous()
        for name, tensor in state.items()
    }


def export(
    network: nn.Module,
    folder: Path,
    *,
    side: tuple[int, int],
    outputs: tuple[str, ...],
    stride: int | None = None,
) -> None:
    """Write ``network.onnx`` beside ``weights.safetensors``; the same bytes for the same network.

    Args:
        network: in evaluation mode; from (N, 1, H, W) float32 to a tensor or a tuple of them. It holds the tensors of
            the weights file under their names there, with ``network.`` before them.
        folder: holds the weights, some perhaps in half precision.
        side: H and W of the example that is traced.
        outputs: names of what it gives.
        stride: H and W may be any multiples of it, up to 4,096 pixels; None: they are ``side``. N may be any number.
    """
    model = _traced(network, side, outputs, stride)
    _without_words(model)
    _refer(model.graph, folder / WEIGHTS)
    (folder / GRAPH).write_bytes(model.SerializeToString(deterministic=True))


def _traced(network: nn.Module, side: tuple[int, int], outputs: tuple[str, ...], stride: int | None) -> onnx.ModelProto:
    free: dict[int, Any] = {0: torch.export.Dim("n")}
    if stride is not None:
        sides = {axis: torch.export.Dim(name, min=1, max=4096 // stride) for axis, name in ((2, "h"), (3, "w"))}
        free |= {axis: stride * side for axis, side in sides.items()}
    example = torch.zeros(2, 1, *side)  # two, or the number would be taken for a constant
    with _quiet():
        program = torch.onnx.export(
            network.cpu(),
            (example,),
            dynamo=True,
            verbose=False,
            optimize=False,
            input_names=[INPUT],
            output_names=list(outputs),
            dynamic_shapes=(free,),
        )
        if program is None:  # it is, where it writes a file by itself
            raise RuntimeError("torch.onnx.export gave no program")
        model = program.model
        # Not optimizer.optimize: it folds the normalisations into the convolutions, as every runtime does when it opens
        # the graph, and the tensors would not be those of the network any more.
        passes.InlinePass()(model)
        optimizer.fold_constants_ir(model, should_fold=_of_constants_alone)
        passes.RemoveUnusedNodesPass()(model)
        passes.RemoveUnusedOpsetsPass()(model)
    return program.model_proto


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter tells of every node, and its own deprecations."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _of_constants_alone(node: ir.Node) -> bool | None:
    """Not what the network's tensors go into: a transposed matrix would lie in the graph a second time."""
    return False if any(value is not None and value.is_initializer() for value in node.inputs) else None


def _without_words(model: onnx.ModelProto) -> None:
    """Without what the exporter notes of lines of code, which names folders of the machine it ran on."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    graph.ClearField("value_info")


def _refer(graph: onnx.GraphProto, weights: Path) -> None:
    """Take the tensors that lie in the weights file out of the graph."""
    with weights.open("rb") as file:
        header_bytes = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(header_bytes))
    casts = []
    for tensor in graph.initializer:
        name = tensor.name
        entry = header.get(name.removeprefix("network."))
        if entry is None:
            continue
        begin, end = entry["data_offsets"]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        place = {"location": weights.name, "offset": 8 + header_bytes + begin, "length": end - begin}
        tensor.external_data.extend(onnx.StringStringEntryProto(key=key, value=str(place[key])) for key in place)
        if entry["dtype"] == "F16":
            tensor.name, tensor.data_type = f"{name}.half", onnx.TensorProto.FLOAT16
            casts.append(onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    graph.ClearField("node")
    graph.node.extend(nodes)
