"""Fast fading: Rayleigh power gains, independent per link, cell and band, in one of three kinds over time."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Float32

from hiercoop.config.radio import RadioConfig
from hiercoop.radio.ar1 import Ar1Fading
from hiercoop.radio.jakes import JakesFading

# Arrays, because numpy takes them faster than scalars.
_EXPONENT_AND_SIGN_BITS = np.array(9, dtype=np.uint32)
_BITS_OF_ONE = np.array(0x3F800000, dtype=np.uint32)
_BELOW_ONE = np.array(1.0 - 2.0**-24, dtype=np.float32)
_MINUS_LN_2 = np.array(-np.log(2.0), dtype=np.float32)


@runtime_checkable
class FastFading(Protocol):
    """Power gains Exp(1) slot by slot."""

    def reset(self, is_new: Bool[np.ndarray, "env link"] | None = None) -> None:
        """Start anew: the links of other vehicles than before, or all."""
        ...

    def advance(self, speed_mps: Float[np.ndarray, "env link"]) -> Float32[np.ndarray, "env link cell band"]:
        """Power gain of every link to every cell on every band in the next slot, linear, strictly positive, mean 1.

        A fresh array each time, whose environments are the last axis in memory (see `radio.sinr`).
        """
        ...


class IidFading:
    """Independent Exp(1) power gains in every slot, the paper's model."""

    def __init__(self, generator: np.random.Generator, shape: tuple[int, int, int, int]) -> None:
        self._generator = generator
        self._shape = shape

    def reset(self, is_new: Bool[np.ndarray, "env link"] | None = None) -> None:
        """Nothing: no slot remembers another."""

    def advance(self, speed_mps: Float[np.ndarray, "env link"]) -> Float32[np.ndarray, "env link cell band"]:
        """Power gains of one slot; the speed does not matter."""
        num_envs, num_links, num_cells, num_bands = self._shape
        power = standard_exponential(self._generator, num_envs * num_links * num_cells * num_bands)
        return power.reshape(num_links, num_cells, num_bands, num_envs).transpose(3, 0, 1, 2)


def standard_exponential(generator: np.random.Generator, count: int) -> Float32[np.ndarray, "count"]:
    """Independent Exp(1) draws in 2^-24 .. 16.6, by inversion of 23-bit uniforms at the middle of their intervals.

    Half the time of `Generator.standard_exponential`: one 64-bit draw makes two values, and every pass is vectorised.
    """
    bits = generator.bit_generator.random_raw((count + 1) // 2).view(np.uint32)[:count]
    np.right_shift(bits, _EXPONENT_AND_SIGN_BITS, out=bits)
    np.bitwise_or(bits, _BITS_OF_ONE, out=bits)  # now they read as a float in [1, 2)
    value = bits.view(np.float32)
    np.subtract(value, _BELOW_ONE, out=value)
    np.log2(value, out=value)
    np.multiply(value, _MINUS_LN_2, out=value)
    return value


def make_fast_fading(
    radio: RadioConfig, generator: np.random.Generator, num_envs: int, num_links: int, num_cells: int
) -> FastFading:
    """The fading process of a radio configuration, for this many environments, links and cells."""
    shape = (num_envs, num_links, num_cells, radio.num_bands)
    match radio.fading:
        case "iid":
            return IidFading(generator, shape)
        case "jakes":
            return JakesFading(radio, generator, shape)
        case "ar1":
            return Ar1Fading(radio, generator, shape)
