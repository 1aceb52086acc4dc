"""Named, independent random generators from one seed, and draws keyed by where they happen.

Two kinds, because two things are wanted. A simulator or a learner reads long sequences: `Streams` gives each purpose its own
generator. A service may restart, miss a slot or serve another number of cells, and none of that may shift another draw:
`keyed_generator` depends on (seed, stream, cell, slot) alone.
"""

from __future__ import annotations

import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hiercoop.errors import ConfigError

MAX_SEED = 2**63 - 1
SLOTS_PER_BLOCK = 256


def check_seed(seed: int) -> int:
    """The seed itself; ConfigError outside 0..2^63-1."""
    if not 0 <= seed <= MAX_SEED:
        raise ConfigError(f"seed={seed} must be in 0..{MAX_SEED}")
    return seed


class Streams:
    """Independent generators by name: the same (seed, name) always gives the same sequence."""

    def __init__(self, seed: int) -> None:
        self.seed = check_seed(seed)

    def generator(self, name: str) -> np.random.Generator:
        """A fresh generator for this purpose (mobility, shadowing, fading, exploration, replay, init, ...)."""
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, zlib.crc32(name.encode())])))


def keyed_generator(seed: int, stream: str, cell: int, slot: int) -> np.random.Generator:
    """A Philox generator that depends on where the draw happens and on nothing that happened before."""
    return np.random.Generator(np.random.Philox(key=[seed, zlib.crc32(stream.encode())], counter=[0, 0, cell, slot]))


def keyed_uniform(seed: int, stream: str, cell: int, slot: int) -> float:
    """A number in [0, 1) that depends on where the draw happens and on nothing that happened before."""
    return float(_uniforms(seed, stream, cell, slot // SLOTS_PER_BLOCK)[slot % SLOTS_PER_BLOCK])


@lru_cache(maxsize=256)
def _uniforms(seed: int, stream: str, cell: int, block: int) -> NDArray[np.float64]:
    """The draws of a block of slots: a generator a slot would cost more than the slot's own arithmetic."""
    return keyed_generator(seed, stream, cell, block).random(SLOTS_PER_BLOCK)
