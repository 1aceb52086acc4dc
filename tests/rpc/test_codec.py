"""What is encoded comes back, within each codec's bound; what is malformed is refused in one sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hiercoop.errors import MessageError
from hiercoop.rpc.codec import (
    MAX_FEATURE,
    cells_of,
    decode_array,
    decode_features,
    encode_array,
    encode_features,
    roster_bits,
)
from hiercoop.rpc.v1.tensor_pb2 import DataType, Tensor

FEATURES = arrays(np.float32, st.integers(0, 40), elements=st.floats(-65504, 65504, width=32))


@given(FEATURES)
def test_fp32_features_come_back_bit_for_bit(features: np.ndarray) -> None:
    assert decode_features(encode_features(features, "fp32")).tobytes() == features.tobytes()


@given(FEATURES)
def test_fp16_features_come_back_as_the_nearest_half_float(features: np.ndarray) -> None:
    decoded = decode_features(encode_features(features, "fp16"), features.size)
    assert decoded.dtype == np.float32
    np.testing.assert_array_equal(decoded, features.astype(np.float16).astype(np.float32))


@given(FEATURES)
def test_int8_features_come_back_within_half_a_step(features: np.ndarray) -> None:
    tensor = encode_features(features, "int8")
    span = max(float(features.max(initial=0)), 0) - min(float(features.min(initial=0)), 0)
    step = max(span / 255, 1e-42)
    # The zero point is an integer: the ends of the range may lie another half step outside it.
    assert np.all(np.abs(decode_features(tensor).astype(float) - features) <= 1.001 * step)
    assert -128 <= tensor.zero_point <= 127
    assert tensor.ByteSize() <= features.size + 20


@given(st.floats(-65504, 65504, width=32), st.integers(1, 20))
def test_a_constant_vector_survives_int8(value: float, size: int) -> None:
    features = np.full(size, value, np.float32)
    np.testing.assert_allclose(decode_features(encode_features(features, "int8")), features, rtol=1e-6, atol=1e-40)


def test_int8_rounds_half_to_even() -> None:
    features = np.array([0.5, 1.5, 2.5, 0.0, 255.0], np.float32)
    tensor = encode_features(features, "int8")
    assert tensor.scale == 1.0
    np.testing.assert_array_equal(decode_features(tensor), [0.0, 2.0, 2.0, 0.0, 255.0])


@given(FEATURES)
def test_encoding_twice_gives_the_same_bytes(features: np.ndarray) -> None:
    first = encode_features(features, "int8").SerializeToString(deterministic=True)
    assert first == encode_features(features.copy(), "int8").SerializeToString(deterministic=True)


@pytest.mark.parametrize("codec", ["fp32", "fp16", "int8"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1.01 * MAX_FEATURE])
def test_features_that_no_codec_can_carry_are_refused(codec: str, value: float) -> None:
    with pytest.raises(MessageError, match="finite and at most 65504"):
        encode_features(np.array([0.0, value], np.float32), codec)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8, np.bool_, np.int32])
def test_an_array_comes_back_with_its_type_and_shape(dtype: type) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype)
    decoded = decode_array(encode_array(array.T), (4, 3), dtype)
    assert decoded.dtype == dtype
    np.testing.assert_array_equal(decoded, array.T)


def test_an_array_without_a_wire_form_is_refused() -> None:
    with pytest.raises(MessageError, match="float64 has no wire form"):
        encode_array(np.zeros(2))


def tensor(**changes: object) -> Tensor:
    fields = {"data_type": DataType.DATA_TYPE_FLOAT32, "shape": [2], "data": bytes(8)} | changes
    return Tensor(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"data_type": DataType.DATA_TYPE_INT32}, "tensor of INT32 came where float32 is wanted"),
        ({"data_type": 77}, "tensor of type 77 came where float32 is wanted"),
        ({"shape": [1, 2]}, r"shape \(1, 2\) came where \(2,\) is wanted"),
        ({"data": bytes(7)}, "came with 7 bytes, wanted are 8"),
        ({"data": b"\0\0\xc0\x7f" * 2}, "not finite"),
    ],
)
def test_a_malformed_array_is_refused(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(MessageError, match=sentence):
        decode_array(tensor(**wrong), (2,), np.float32)


def test_a_boolean_is_zero_or_one() -> None:
    mask = tensor(data_type=DataType.DATA_TYPE_BOOL, data=b"\1\2")
    with pytest.raises(MessageError, match="neither 0 nor 1"):
        decode_array(mask, (2,), np.bool_)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"shape": [1, 2]}, r"\(1, 2\) came where \(2,\) is wanted"),
        ({"shape": [3], "data": bytes(12)}, r"\(3,\) came where \(2,\) is wanted"),
        ({"data_type": DataType.DATA_TYPE_BOOL, "data": bytes(2)}, "BOOL came where FLOAT32, FLOAT16 or INT8"),
        ({"data_type": DataType.DATA_TYPE_INT8, "data": bytes(2)}, "scale=0"),
        ({"data_type": DataType.DATA_TYPE_INT8, "data": bytes(2), "scale": float("nan")}, "scale=nan"),
        ({"data_type": DataType.DATA_TYPE_INT8, "data": bytes(2), "scale": 1.0, "zero_point": 999}, "zero_point=999"),
        ({"data": b"\0\0\x80\x7f" * 2}, "not finite"),
    ],
)
def test_malformed_features_are_refused(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(MessageError, match=sentence):
        decode_features(tensor(**wrong), 2)


@given(st.sets(st.integers(0, 63)))
def test_a_roster_comes_back_in_cell_order(cells: set[int]) -> None:
    assert cells_of(roster_bits(cells), 64) == tuple(sorted(cells))


def test_a_roster_that_names_an_unknown_cell_is_refused() -> None:
    with pytest.raises(MessageError, match=r"cell 3, the run has cells 0\.\.2"):
        cells_of(roster_bits([0, 3]), 3)
