"""Samples of a run as bytes that a database can hold, and back."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from hiercoop.errors import InputFileError
from hiercoop.execution.watch_series import Sample

COMPRESSION_LEVEL = 1
COUNTS = {"cell_capacity_bits": np.float64, "option_slots": np.int64, "layer_bytes": np.int64}


def pack_samples(samples: Sequence[Sample]) -> bytes:
    """The samples, column by column, compressed."""
    columns = {field.name: [_plain(getattr(sample, field.name)) for sample in samples] for field in fields(Sample)}
    return zlib.compress(json.dumps(columns, separators=(",", ":")).encode(), COMPRESSION_LEVEL)


def unpack_samples(packed: bytes) -> list[Sample]:
    """The samples that were packed; InputFileError where they were damaged since."""
    try:
        columns = json.loads(zlib.decompress(packed))
        rows = zip(*(columns[field.name] for field in fields(Sample)), strict=True)
        return [Sample(*map(_as_array, [field.name for field in fields(Sample)], row)) for row in rows]
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise InputFileError(f"the samples of a run that was kept are damaged ({error}); its series is lost") from error


def _plain(value: object) -> object:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _as_array(name: str, value: object) -> object:
    return np.array(value, COUNTS[name]) if name in COUNTS else value
