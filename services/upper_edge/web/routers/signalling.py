"""GET signalling: what the cooperation costs between the cells and the edge, by layer, kind, direction and cell."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.execution.scheme_cost import centre_complex_cost, centre_gains_cost, mesh_gains_cost
from hiercoop.execution.signalling_cost import RunExtent, kind_totals, layer_cost, phase_totals
from hiercoop.execution.watch_series import DIRECTIONS, LAYERS, RunSeries, Span
from services.upper_edge.web.access import BoardOf, PointsQuery, SpanQuery, series_of
from services.upper_edge.web.board import Board, Run
from services.upper_edge.web.models import Answer, Number, Numbers, Reading, freshness, numbers

Direction = Literal["up", "down"]
BASIS = {"payload_bytes": "counted", "http2_bytes": "counted", "link_bytes": "modelled"}


class Layer(Answer):
    """Bytes of one layer since the run began; each layer holds the one before it."""

    layer: str = Field(examples=["http2"])
    basis: Literal["counted", "modelled"] = Field(
        description="modelled: one packet of TCP, IPv4 and Ethernet headers a message"
    )
    up_bytes: int = Field(description="Towards the edge", examples=[180_000])
    down_bytes: int = Field(examples=[60_000])
    bytes_per_slot: Number = Field(examples=[19.4])
    bytes_per_sbs_second: Number = Field(description="Per second of simulated time of one small cell", examples=[6_450.0])
    bits_per_delivered_bit: Number = Field(examples=[0.0031])


class Kind(Answer):
    """One kind of message of one cell since the run began."""

    cell: int
    type: str = Field(examples=["FeatureReport"])
    direction: Direction
    phase: str = Field(examples=["steady"])
    messages: int
    payload_bytes: int
    http2_bytes: int
    link_bytes: int


class Phase(Answer):
    """Messages and bytes of set-up, policy transfer or the steady exchange."""

    phase: str = Field(examples=["setup"])
    messages: int
    payload_bytes: int
    http2_bytes: int
    link_bytes: int


class Unreconciled(Answer):
    """What the agents counted minus what the edge counted, beyond what the time between two readings explains."""

    cell: int
    type: str
    direction: Direction
    messages: int
    payload_bytes: int


class MacroSide(Answer):
    """What the MBS tells the SBSs; a column of its own in every scheme, modelled."""

    csi_bytes: int
    allocation_bytes: int


class LayerSeries(Answer):
    """Bytes a slot of one layer and direction."""

    layer: str = Field(examples=["payload"])
    direction: Direction
    bytes_per_slot: Numbers


class OtherScheme(Answer):
    """What another way of coordinating the same cells would take in every slot, from the sizes of its messages."""

    scheme: Literal["full-channel-state", "full-channel-state-complex", "full-mesh"] = Field(
        description="Sub-band gains of every link to the centre and an allocation back; the same with a complex gain for "
        "every resource block; sub-band gains between all pairs of small cells"
    )
    basis: Literal["modelled"] = "modelled"
    payload_bytes_per_slot: int = Field(description="All cells, both ways", examples=[1_900])
    http2_bytes_per_slot: int = Field(examples=[1_990])
    link_bytes_per_slot: int = Field(examples=[2_390])


class Signalling(Reading):
    """The account of the signalling, its layers side by side."""

    span: Span
    layers: list[Layer]
    phases: list[Phase] = Field(description="Keep-alive frames belong to the connection and are not among these counts")
    kinds: list[Kind]
    unreconciled: list[Unreconciled] | None = Field(description="null: agents and edge have not been compared yet")
    macro: MacroSide | None
    others: list[OtherScheme] = Field(description="Empty: no run known")
    slots: list[int] = Field(description="Last slot of each point", examples=[[100, 200]])
    time_s: Numbers = Field(examples=[[0.1, 0.2]])
    series: list[LayerSeries]


router = APIRouter()


@router.get("/signalling")
async def read_signalling(board: BoardOf, span: SpanQuery = "recent", points: PointsQuery = 120) -> Signalling:
    """Bytes between the cells and the edge, by layer, kind, direction and cell."""
    return signalling_of(board, span, points)


def signalling_of(board: Board, span: Span, points: int) -> Signalling:
    """The account as the board knows it now."""
    run = board.run
    series = series_of(run, span, points)
    return Signalling.model_validate(
        {
            **freshness(board),
            "span": span,
            "layers": _layers(run) if run else [],
            "phases": _phases(run) if run else [],
            "kinds": _kinds(run) if run else [],
            "unreconciled": _unreconciled(board),
            "macro": {"csi_bytes": run.response.mbs_csi_bytes, "allocation_bytes": run.response.mbs_allocation_bytes}
            if run
            else None,
            "others": _others(run.config.scenario) if run else [],
            "slots": series.slot.tolist() if series else [],
            "time_s": numbers(series.time_s) if series else [],
            "series": _series(series) if series else [],
        }
    )


@lru_cache(maxsize=4)
def _others(scenario: ScenarioConfig) -> list[OtherScheme]:
    costs = {
        "full-channel-state": centre_gains_cost(scenario),
        "full-channel-state-complex": centre_complex_cost(scenario),
        "full-mesh": mesh_gains_cost(scenario),
    }
    return [
        OtherScheme.model_validate({"scheme": scheme, **{f"{layer}_per_slot": size for layer, size in cost.items()}})
        for scheme, cost in costs.items()
    ]


def _layers(run: Run) -> list[Layer]:
    told = run.response
    extent = RunExtent(told.slot, len(told.cells), run.slot_duration_s, told.delivered_bits)
    return [
        Layer.model_validate(
            {"layer": _short(layer), "basis": BASIS[layer], **vars(layer_cost(told.signalling, layer, extent))}
        )
        for layer in LAYERS
    ]


def _phases(run: Run) -> list[Phase]:
    return [Phase.model_validate({"phase": phase, **sums}) for phase, sums in phase_totals(run.response.signalling).items()]


def _kinds(run: Run) -> list[Kind]:
    return [
        Kind.model_validate({**vars(kind), "direction": _direction(kind.is_up)})
        for kind in kind_totals(run.response.signalling)
    ]


def _unreconciled(board: Board) -> list[Unreconciled] | None:
    if board.unreconciled is None:
        return None
    return [Unreconciled.model_validate({**vars(found), "direction": _direction(found.is_up)}) for found in board.unreconciled]


def _series(series: RunSeries) -> list[LayerSeries]:
    return [
        LayerSeries.model_validate(
            {
                "layer": _short(layer),
                "direction": direction,
                "bytes_per_slot": numbers(series.bytes_per_slot[:, row, column]),
            }
        )
        for row, direction in enumerate(DIRECTIONS)
        for column, layer in enumerate(LAYERS)
    ]


def _short(layer: str) -> str:
    return layer.removesuffix("_bytes")


def _direction(is_up: bool) -> Direction:
    return "up" if is_up else "down"
