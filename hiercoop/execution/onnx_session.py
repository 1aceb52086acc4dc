"""ONNX Runtime as HierCoop uses it: one thread, no spinning, a bundle's bytes in, named arrays out."""

from __future__ import annotations

import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from hiercoop.errors import BundleError

LOAD_ERRORS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
"""What the runtime raises for a network that it cannot run; they have no common class of their own."""


def make_session(network: bytes, name: str) -> ort.InferenceSession:
    """A single-threaded session of one network; BundleError where the runtime cannot load it."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    except LOAD_ERRORS as error:
        raise BundleError(f"{name} cannot be loaded: {str(error).splitlines()[0]}; export the bundle again") from error


def check_inputs(session: ort.InferenceSession, name: str, wanted: dict[str, tuple[str, tuple[int | None, ...]]]) -> None:
    """Raises BundleError where an input is absent or of another type or size; None in a shape is any size."""
    found = {item.name: (item.type, item.shape) for item in session.get_inputs()}
    for key, (kind, shape) in wanted.items():
        if key not in found:
            raise BundleError(f"{name} has no input {key!r}; export the bundle again")
        found_kind, found_shape = found[key]
        fits = len(found_shape) == len(shape) and all(
            want is None or not isinstance(have, int) or have == want for have, want in zip(found_shape, shape, strict=True)
        )
        if found_kind != kind or not fits:
            raise BundleError(
                f"{name} input {key!r} is {found_kind}{found_shape}, wanted {kind}{list(shape)}; export the bundle again"
            )
