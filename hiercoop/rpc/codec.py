"""Arrays and rosters as bytes of `hiercoop.rpc.v1`, and back; what is malformed is a MessageError."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float32
from numpy.typing import DTypeLike

from hiercoop.config.run import FeatureCodec
from hiercoop.errors import MessageError
from hiercoop.rpc.v1.tensor_pb2 import DataType, Tensor

MAX_FEATURE: Final = 65504.0
"""Largest magnitude of a feature: what fp16 holds, so that every codec carries the same vectors."""

_MIN_INT8, _MAX_INT8 = -128, 127
_WIRE_DTYPES: Final[dict[DataType.ValueType, np.dtype]] = {
    DataType.DATA_TYPE_FLOAT32: np.dtype("<f4"),
    DataType.DATA_TYPE_FLOAT16: np.dtype("<f2"),
    DataType.DATA_TYPE_INT8: np.dtype("i1"),
    DataType.DATA_TYPE_BOOL: np.dtype("?"),
    DataType.DATA_TYPE_INT32: np.dtype("<i4"),
}
_DATA_TYPES: Final = {dtype: data_type for data_type, dtype in _WIRE_DTYPES.items()}


def encode_array(array: np.ndarray) -> Tensor:
    """The array as a tensor of the same type, little endian, row major; MessageError for a type without a wire form."""
    data_type = _DATA_TYPES.get(array.dtype.newbyteorder("<"))
    if data_type is None:
        raise MessageError(f"an array of {array.dtype} has no wire form; use {_wire_names()}")
    data = array.astype(_WIRE_DTYPES[data_type], copy=False).tobytes()
    return Tensor(data_type=data_type, shape=array.shape, data=data)


def decode_array(tensor: Tensor, shape: Sequence[int], dtype: DTypeLike) -> np.ndarray:
    """A read-only view of the tensor's bytes; MessageError unless it has this shape, this type and finite values."""
    wanted = _DATA_TYPES.get(np.dtype(dtype).newbyteorder("<"))
    if wanted is None or tensor.data_type != wanted:
        raise MessageError(f"tensor of {_type_name(tensor.data_type)} came where {np.dtype(dtype)} is wanted")
    if tuple(tensor.shape) != tuple(shape):
        raise MessageError(f"tensor of shape {tuple(tensor.shape)} came where {tuple(shape)} is wanted")
    return _elements(tensor).reshape(shape)


def encode_features(features: Float32[np.ndarray, "*report feature"], codec: FeatureCodec) -> Tensor:
    """The features as they go over the wire; MessageError if one is not finite or above 65504 in magnitude.

    int8 is affine with a range that includes zero: scale = (max - min) / 255 as fp32, the zero point an integer in
    -128..127, rounding half to even; the error is at most half a scale, plus fp32 rounding. Several vectors share one scale.
    """
    # NaN fails the comparison too.
    if not np.all(np.abs(features) <= MAX_FEATURE):
        raise MessageError(f"features must be finite and at most {MAX_FEATURE:g} in magnitude; this policy cannot be sent")
    if codec == "int8":
        return _encode_int8(features)
    return encode_array(features.astype(np.float32 if codec == "fp32" else np.float16, copy=False))


def decode_features(tensor: Tensor, num_features: int | None = None) -> Float32[np.ndarray, "feature"]:
    """The features that were sent, in whichever codec; MessageError unless a finite vector (of this length)."""
    if len(tensor.shape) != 1 or num_features not in (None, tensor.shape[0]):
        wanted = "a vector" if num_features is None else f"({num_features},)"
        raise MessageError(f"features of shape {tuple(tensor.shape)} came where {wanted} is wanted")
    return _decode_reals(tensor)


def decode_feature_rows(tensor: Tensor, num_reports: int, num_features: int) -> Float32[np.ndarray, "report feature"]:
    """The features of several reports, in whichever codec; MessageError unless finite and of this shape."""
    if tuple(tensor.shape) != (num_reports, num_features):
        raise MessageError(
            f"features of shape {tuple(tensor.shape)} came where {(num_reports, num_features)} is wanted: a row a report"
        )
    return _decode_reals(tensor).reshape(num_reports, num_features)


def roster_bits(cells: Iterable[int]) -> bytes:
    """The roster of these cells: bit k, little endian, is cell k; no cells give no bytes."""
    bits = 0
    for cell in cells:
        bits |= 1 << cell
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def check_roster(roster: bytes, num_cells: int) -> int:
    """The roster as a number, bit k for cell k; MessageError if it names a cell at or above num_cells."""
    bits = int.from_bytes(roster, "little")
    if bits >> num_cells:
        raise MessageError(f"the roster names cell {bits.bit_length() - 1}, the run has cells 0..{num_cells - 1}")
    return bits


def cells_of(roster: bytes, num_cells: int) -> tuple[int, ...]:
    """The cells of a roster in order; MessageError if it names one at or above num_cells."""
    bits = check_roster(roster, num_cells)
    return tuple(cell for cell in range(num_cells) if bits >> cell & 1)


def _encode_int8(features: Float32[np.ndarray, "*report feature"]) -> Tensor:
    low = min(0.0, float(features.min(initial=0.0)))
    high = max(0.0, float(features.max(initial=0.0)))
    # A vector of zeros, or one that fp32 cannot divide by 255, is sent as zeros.
    scale = float(np.float32((high - low) / 255.0)) or 1.0
    zero_point = min(max(round(_MIN_INT8 - low / scale), _MIN_INT8), _MAX_INT8)
    steps = np.rint(features.astype(np.float64) / scale) + zero_point
    data = np.clip(steps, _MIN_INT8, _MAX_INT8).astype(np.int8).tobytes()
    return Tensor(data_type=DataType.DATA_TYPE_INT8, shape=features.shape, data=data, scale=scale, zero_point=zero_point)


def _decode_reals(tensor: Tensor) -> Float32[np.ndarray, "element"]:
    if tensor.data_type == DataType.DATA_TYPE_INT8:
        return _decode_int8(tensor)
    if tensor.data_type not in (DataType.DATA_TYPE_FLOAT32, DataType.DATA_TYPE_FLOAT16):
        raise MessageError(f"features of {_type_name(tensor.data_type)} came where FLOAT32, FLOAT16 or INT8 is wanted")
    return _elements(tensor).astype(np.float32)


def _decode_int8(tensor: Tensor) -> Float32[np.ndarray, "element"]:
    if not (0.0 < tensor.scale <= MAX_FEATURE and _MIN_INT8 <= tensor.zero_point <= _MAX_INT8):
        raise MessageError(
            f"int8 features with scale={tensor.scale:g}, zero_point={tensor.zero_point} came; "
            f"wanted are a scale in (0, {MAX_FEATURE:g}] and a zero point in -128..127"
        )
    steps = _elements(tensor).astype(np.float32) - np.float32(tensor.zero_point)
    return steps * np.float32(tensor.scale)


def _elements(tensor: Tensor) -> np.ndarray:
    """The tensor's elements in a row, checked against its shape and for values that its type does not allow."""
    dtype = _WIRE_DTYPES[tensor.data_type]
    if len(tensor.data) != math.prod(tensor.shape) * dtype.itemsize:
        raise MessageError(
            f"tensor of {_type_name(tensor.data_type)} {tuple(tensor.shape)} came with {len(tensor.data)} bytes, "
            f"wanted are {math.prod(tensor.shape) * dtype.itemsize}"
        )
    if dtype.kind == "b" and tensor.data.strip(b"\0\1"):
        raise MessageError("a tensor of BOOL holds a byte that is neither 0 nor 1")
    elements = np.frombuffer(tensor.data, dtype)
    if dtype.kind == "f" and not np.isfinite(elements).all():
        raise MessageError(f"a tensor of {_type_name(tensor.data_type)} holds a value that is not finite")
    return elements


def _type_name(data_type: DataType.ValueType) -> str:
    if data_type not in DataType.values():
        return f"type {data_type}"
    return DataType.Name(data_type).removeprefix("DATA_TYPE_")


def _wire_names() -> str:
    return ", ".join(str(dtype) for dtype in _DATA_TYPES)
