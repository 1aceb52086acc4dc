"""Schemes of cooperation side by side: the same vehicles and channels, every message over gRPC, bytes beside capacity."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field

import grpc

from hiercoop.config.run import RunConfig
from hiercoop.errors import MessageError, UnreachableError
from hiercoop.execution.bundle import PolicyBundle
from hiercoop.execution.emulation import Emulation
from hiercoop.execution.signalling import phase_of, window_update_bytes
from hiercoop.execution.signalling_cost import RunExtent, kind_totals, layer_cost, phase_totals
from hiercoop.load.servers import Server, ask_edge, started_edge
from hiercoop.rpc.client import as_error
from hiercoop.rpc.v1.upper_edge_service_pb2 import SignallingCount
from hiercoop.schemes.centre import CentreExchange
from hiercoop.schemes.exchange import Exchange
from hiercoop.schemes.features import FeatureExchange, NoExchange
from hiercoop.schemes.information_age import InformationAge
from hiercoop.schemes.mesh import MeshExchange

FEATURE_SCHEMES = ("every-slot", "periodic", "on-termination")
SCHEMES = ("full-channel-state", "full-channel-state-complex", "full-mesh", *FEATURE_SCHEMES, "none")
LAYERS = ("payload_bytes", "http2_bytes", "link_bytes")
Progress = Callable[[int], None]


@dataclass(frozen=True)
class SchemeResult:
    """What one scheme was worth over all runs, and what it cost."""

    scheme: str
    sum_capacity_bps: float
    goodput_bps: float
    delivery_success: float | None
    age_of_information_slots: dict[str, float | None]
    layers: dict[str, dict[str, float | None]]
    """Of the steady phase; set-up and the transfer of the policy stand under `phases`."""
    window_update_bytes: dict[str, int]
    """Flow control by direction, on top of layer 2: a class of its own."""
    phases: dict[str, dict[str, int]]
    kinds: list[dict[str, object]]
    """By SBS, message type and direction."""
    mbs_bytes: dict[str, int]
    """What the MBS tells of its receiver, and allocations towards it, modelled: a column of its own."""


@dataclass
class _Sums:
    counts: list[SignallingCount] = field(default_factory=list)
    slots: int = 0
    capacity_bits: float = 0.0
    delivered_bits: float = 0.0
    rounds_delivered: int = 0
    rounds_offered: int = 0
    csi_bytes: int = 0
    allocation_bytes: int = 0

    def add(self, emulation: Emulation, exchange: Exchange) -> None:
        """Takes in a run that is over."""
        counts = emulation.counts
        self.counts += exchange.ledger.counts()
        self.slots += emulation.slot
        self.capacity_bits += counts.capacity_bits
        self.delivered_bits += counts.delivered_bits
        self.rounds_delivered += counts.rounds_delivered
        self.rounds_offered += counts.rounds_offered
        self.csi_bytes += counts.mbs_csi_bytes
        self.allocation_bytes += counts.mbs_allocation_bytes


def compare_schemes(
    schemes: Iterable[str], runs: list[RunConfig], bundle: PolicyBundle, policy: str, progress: Progress
) -> list[SchemeResult]:
    """Each scheme's result over the same runs, which differ in their seeds; `progress` hears of slots done.

    Feature schemes follow the bundle, whose path or name is `policy`, and each meets a decision process of its own.
    """
    results, done = [], 0
    for scheme in schemes:
        sums = _Sums()
        age = InformationAge(runs[0].scenario.num_sbs, is_joint=scheme != "on-termination")
        edge: AbstractContextManager[Server | None] = started_edge(policy) if scheme in FEATURE_SCHEMES else nullcontext()
        with edge as server:
            if server is not None:
                ask_edge(server.address)
            for number, run in enumerate(runs):
                emulation = Emulation(_in_mode(run, scheme), bundle.digest, run_epoch=1 + number)
                exchange = asyncio.run(_play(scheme, emulation, server, age, _from(done, progress)))
                sums.add(emulation, exchange)
                done += emulation.slot
        results.append(_result(scheme, sums, age, runs[0]))
    return results


def _from(done: int, progress: Progress) -> Progress:
    return lambda slot: progress(done + slot)


def _in_mode(run: RunConfig, scheme: str) -> RunConfig:
    return run.model_copy(update={"reporting": scheme}) if scheme in FEATURE_SCHEMES else run


def _make_exchange(scheme: str, emulation: Emulation, server: Server | None) -> Exchange:
    if server is not None:
        return FeatureExchange(emulation, server.address)
    if scheme == "none":
        return NoExchange(emulation)
    for cell in range(emulation.run.scenario.num_sbs):
        emulation.attach(cell)
    if scheme == "full-mesh":
        return MeshExchange(emulation.run)
    return CentreExchange(emulation.run, is_complex=scheme == "full-channel-state-complex")


async def _play(scheme: str, emulation: Emulation, server: Server | None, age: InformationAge, progress: Progress) -> Exchange:
    exchange = _make_exchange(scheme, emulation, server)
    try:
        await exchange.open()
        everyone = set(range(emulation.run.scenario.num_sbs))
        while not emulation.is_over:
            observations = emulation.begin_slot()
            for allocation in await exchange.allocate(observations, emulation.env.channel_state()):
                if not emulation.receive(allocation):
                    raise MessageError(f"the allocation of cell {allocation.cell} in slot {allocation.slot} was not taken")
            if isinstance(exchange, FeatureExchange):
                age.note(emulation.slot, exchange.reported)
            elif scheme != "none":
                age.note(emulation.slot, everyone)
            emulation.end_slot()
            progress(emulation.slot)
    except grpc.aio.AioRpcError as error:
        raise as_error(error) from error
    except TimeoutError as error:
        raise UnreachableError(
            f"{scheme}: a peer did not answer in slot {emulation.slot}; is the machine overloaded?"
        ) from error
    finally:
        await exchange.close()
    return exchange


def _result(scheme: str, sums: _Sums, age: InformationAge, run: RunConfig) -> SchemeResult:
    slot_s = run.scenario.radio.slot_duration_s
    steady = [count for count in sums.counts if phase_of(count.type) == "steady"]
    extent = RunExtent(sums.slots, run.scenario.num_sbs, slot_s, sums.delivered_bits)
    return SchemeResult(
        scheme=scheme,
        sum_capacity_bps=sums.capacity_bits / (sums.slots * slot_s),
        goodput_bps=sums.delivered_bits / (sums.slots * slot_s),
        delivery_success=sums.rounds_delivered / sums.rounds_offered if sums.rounds_offered else None,
        age_of_information_slots=age.percentiles_slots(),
        layers={layer: asdict(layer_cost(steady, layer, extent)) for layer in LAYERS},
        window_update_bytes=window_update_bytes(steady),
        phases=phase_totals(sums.counts),
        kinds=[asdict(kind) for kind in kind_totals(sums.counts)],
        mbs_bytes={"csi": sums.csi_bytes, "allocations": sums.allocation_bytes},
    )
