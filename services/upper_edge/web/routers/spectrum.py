"""GET spectrum: who receives on which sub-band, and what disturbs there."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from services.upper_edge.web.access import BoardOf
from services.upper_edge.web.board import Board
from services.upper_edge.web.models import Answer, Number, Reading, freshness


class BandUse(Answer):
    """One receiver on one sub-band."""

    cell: int = Field(description="Receiver; num_cells is the macro cell", examples=[0])
    band: int = Field(examples=[2])
    links: list[int] | None = Field(description="Links that it received in the latest slot; null: not told", examples=[[0, 2]])
    interference_dbm: Number = Field(
        description="Power of all links on the sub-band that it does not serve, latest slot; null: none", examples=[-98.4]
    )
    mean_links: Number = Field(description="Links received, mean over the sampled slots", examples=[0.8])
    mean_interference_dbm: Number = Field(description="Of the mean power over the sampled slots; null: none", examples=[-101.2])


class Spectrum(Reading):
    """Sub-band by receiver. Links that share both also disturb each other, which is not in `interference`."""

    num_bands: int = Field(examples=[4])
    num_receivers: int = Field(description="Small cells and the macro cell", examples=[4])
    band_bandwidth_hz: float | None = Field(examples=[1e6])
    noise_dbm: float | None = Field(description="In one sub-band", examples=[-114.0])
    sampled_slots: int = Field(description="Slots that the means are over, at most the latest 50 told", examples=[50])
    uses: list[BandUse] = Field(description="By receiver, then sub-band; empty: no slot told yet")


router = APIRouter()


@router.get("/spectrum")
async def read_spectrum(board: BoardOf) -> Spectrum:
    """Occupancy and interference by receiver and sub-band."""
    return spectrum_of(board)


def spectrum_of(board: Board) -> Spectrum:
    """The spectrum as the board knows it now."""
    run = board.run
    radio = run.config.scenario.radio if run else None
    uses = run.spectrum.uses() if run else []
    return Spectrum.model_validate(
        {
            **freshness(board),
            "num_bands": radio.num_bands if radio else 0,
            "num_receivers": len(run.response.cells) + 1 if run else 0,
            "band_bandwidth_hz": radio.band_bandwidth_hz if radio else None,
            "noise_dbm": radio.noise_power_dbm if radio else None,
            "sampled_slots": run.spectrum.num_slots if run else 0,
            "uses": [BandUse.model_validate(vars(use)) for use in uses],
        }
    )
