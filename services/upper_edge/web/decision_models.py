"""Shapes of one decision, whole. Numbers here have all their digits, so that the chain can be worked out again."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.upper_edge.web.models import Answer

Basis = Literal["told", "recomputed", "unknown"]


class Quantity(Answer):
    """One part of the observation."""

    name: str = Field(examples=["interference"])
    unit: str = Field(description="Of `values`; empty: dimensionless", examples=["dB"])
    meaning: str = Field(examples=["(I + N) / N of other cells' links in the last slot, at own SBS and MBS"])
    axes: list[str] = Field(examples=[["station", "band"]])
    shape: list[int] = Field(examples=[[2, 4]])
    values: list[float] = Field(description="In the unit, the last axis running fastest", examples=[[3.2, 0.0]])
    scaled: list[float] = Field(description="As the policy sees them", examples=[[0.16, 0.0]])


class Inferred(Answer):
    """Values of a network, and how they are known."""

    basis: Basis = Field(
        description="told: by the simulator; recomputed: from the policy bundle on the same observation, and in agreement "
        "with all that was told; unknown: see `why`"
    )
    values: list[float] | None = Field(examples=[[0.12, -0.4]])
    why: str = Field(description="Why it is unknown; else empty")


class OptionValues(Inferred):
    """The edge's values of each option when the one in force was chosen; it takes the greatest."""

    decided_at_slot: int | None = Field(examples=[12_390])
    chosen: int | None = Field(examples=[5])


class OptionInForce(Answer):
    """The option of this slot."""

    option: int | None = Field(description="null: the cell runs without a policy", examples=[5])
    since_slot: int | None = Field(examples=[12_390])
    age_slots: int | None = Field(examples=[10])
    previous_option: int | None = Field(description="In force at the start of the slot; null: not known", examples=[3])
    terminated: bool = Field(description="The previous option ended at the start of this slot")
    reported: bool = Field(description="Features went to the edge in this slot")
    is_local: bool = Field(description="The cell decided without the edge")
    is_partial: bool = Field(description="The edge decided without all of the roster")
    is_held: bool = Field(description="No allocation came: the last one was kept, and nothing else is known of the cell")


class Interferer(Answer):
    """Another link on the same sub-band, as the receiver hears it."""

    link: int = Field(examples=[7])
    cell: int = Field(description="Small cell that allocates it", examples=[2])
    gain: float = Field(description="Towards this receiver on this sub-band, linear", examples=[1.3e-12])
    power_w: float = Field(description="gain x transmit power", examples=[2.6e-13])


class LinkOutcome(Answer):
    """What one vehicle slot was given, and what came of it."""

    vehicle_slot: int = Field(examples=[0])
    link: int = Field(examples=[3])
    is_present: bool = Field(description="It carries a vehicle")
    is_active: bool = Field(description="It had something to send; otherwise it was silent and the choice means nothing")
    choice: int = Field(description="station * M + band", examples=[2])
    station: Literal["sbs", "mbs"]
    receiver: int = Field(description="Cell that receives it; num_cells is the macro cell", examples=[1])
    band: int = Field(examples=[2])
    choice_prob: list[float] | None = Field(description="Of each choice given those of earlier vehicles; null: not known")
    gain: float | None = Field(description="To its receiver on its sub-band, linear; null: not told", examples=[4.1e-10])
    power_w: float | None = Field(description="gain x transmit power", examples=[8.2e-11])
    interferers: list[Interferer] | None = Field(description="null: not told")
    interference_w: float | None = Field(description="Sum over the interferers", examples=[2.6e-13])
    sinr: float = Field(description="power / (interference + noise), linear; 0: silent", examples=[310.0])
    capacity_bps: float = Field(description="W log2(1 + SINR), capped where the scenario says so", examples=[8.3e6])
    payload_before_bits: float | None = Field(description="null where payloads never end", examples=[300_000.0])
    delivered_bits: float = Field(description="min(payload_before, capacity x slot duration)", examples=[8_300.0])
    payload_left_bits: float | None = Field(description="null where payloads never end", examples=[291_700.0])


class RadioOfSlot(Answer):
    """What all links have in common."""

    tx_power_w: float = Field(examples=[0.2])
    noise_w: float = Field(description="In one sub-band", examples=[4e-15])
    band_bandwidth_hz: float = Field(examples=[1e6])
    max_spectral_efficiency_bps_hz: float | None = Field(description="null: no cap")
    slot_duration_s: float = Field(examples=[0.001])
    num_bands: int = Field(examples=[4])


class Chain(Answer):
    """From observation to payload, all of the same slot."""

    slot: int = Field(examples=[12_400])
    time_s: float = Field(description="Simulated time at the start of the slot", examples=[12.4])
    radio: RadioOfSlot
    observation: list[Quantity]
    features: Inferred = Field(description="What the edge would hear, or heard")
    termination: Inferred = Field(description="One value: the probability that the option in force at the start ends here")
    option: OptionInForce
    option_values: OptionValues
    links: list[LinkOutcome]
    cell_capacity_bps: float = Field(examples=[21.5e6])
    sum_capacity_bps: float = Field(description="Of all cells in this slot", examples=[64.5e6])
