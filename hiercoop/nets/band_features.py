"""How the features z_k are shared out among the sub-bands."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from hiercoop.errors import ConfigError


@dataclass(frozen=True)
class BandFeatures:
    """Equally many features a sub-band, sub-band after sub-band, then those that concern the cell as a whole.

    Each sub-band's are made and read by the same networks, so that what is learned on one sub-band holds for all.
    """

    num_features: int
    num_bands: int

    def __post_init__(self) -> None:
        if self.per_band < 1:
            raise ConfigError(
                f"network.num_features={self.num_features} must be at least {self.num_bands + 1} for {self.num_bands} sub-bands"
            )

    @property
    def per_band(self) -> int:
        """Features of one sub-band."""
        return self.num_features // (self.num_bands + 1)

    @property
    def common(self) -> int:
        """Features of the cell as a whole."""
        return self.num_features - self.num_bands * self.per_band

    def split(self, features: Float[Tensor, "*batch feature"]) -> Float[Tensor, "*batch band part"]:
        """Each sub-band's features, the common ones behind them."""
        of_bands, common = torch.split(features, [self.num_bands * self.per_band, self.common], -1)
        by_band = of_bands.reshape(*of_bands.shape[:-1], self.num_bands, self.per_band)
        return torch.cat((by_band, common.unsqueeze(-2).expand(*by_band.shape[:-1], -1)), -1)
