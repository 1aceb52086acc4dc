"""GET scenarios: the presets that a run can be begun with."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field, JsonValue

from hiercoop.config.load import preset_names
from hiercoop.config.moving import moving_scenario
from services.upper_edge.web.models import Answer


class Preset(Answer):
    """One scenario, with vehicles that drive."""

    name: str = Field(examples=["urban-grid"])
    num_cells: int = Field(examples=[3])
    payload_bytes: float = Field(examples=[87_500.0])
    scenario: dict[str, JsonValue] = Field(description="Whole, as `control` takes it", examples=[{"name": "urban-grid"}])


class Scenarios(Answer):
    """The presets that ship with this version."""

    scenarios: list[Preset]


router = APIRouter()


@router.get("/scenarios")
async def read_scenarios() -> Scenarios:
    """The presets that `control` can begin a run of."""
    return Scenarios(scenarios=[_preset(name) for name in preset_names()])


def _preset(name: str) -> Preset:
    scenario = moving_scenario(name, None)
    return Preset(
        name=name,
        num_cells=scenario.num_sbs,
        payload_bytes=scenario.traffic.payload_bytes,
        scenario=scenario.model_dump(mode="json"),
    )
