"""Samples of a run as bytes that a database can hold, and back."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from hiercoop.errors import InputFileError
from hiercoop.execution.watch_series import Sample

COMPRESSION_LEVEL = 1


def pack_samples(samples: Sequence[Sample]) -> bytes:
    """The samples, column by column, compressed."""
    columns = {field.name: [_plain(getattr(sample, field.name)) for sample in samples] for field in fields(Sample)}
    return zlib.compress(json.dumps(columns, separators=(",", ":")).encode(), COMPRESSION_LEVEL)


def unpack_samples(packed: bytes) -> list[Sample]:
    """The samples that were packed; InputFileError where they were damaged since."""
    try:
        columns = json.loads(zlib.decompress(packed))
        rows = zip(*(columns[field.name] for field in fields(Sample)), strict=True)
        return [_sample(row) for row in rows]
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise InputFileError(f"the samples of a run that was kept are damaged ({error}); its series is lost") from error


def _plain(value: object) -> object:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _sample(row: Sequence[Any]) -> Sample:
    slot, payload_bytes, capacity_bits, delivered, offered, time_to_deliver_s, cell_bits, option_slots, layer_bytes = row
    return Sample(
        slot=slot,
        payload_bytes=payload_bytes,
        capacity_bits=capacity_bits,
        rounds_delivered=delivered,
        rounds_offered=offered,
        time_to_deliver_s=time_to_deliver_s,
        cell_capacity_bits=np.array(cell_bits, np.float64),
        option_slots=np.array(option_slots, np.int64),
        layer_bytes=np.array(layer_bytes, np.int64),
    )
