"""Lock-step slots a second across real processes, beside the same messages over bare gRPC and the slot in one process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import ParamSpec, TypeVar

from hiercoop.cli.bench_echo import EchoPlan, bare_echo_slot_s
from hiercoop.config.load import load_scenario
from hiercoop.config.run import Reporting, RunConfig
from hiercoop.errors import CheckError
from hiercoop.execution.bundle import PolicyBundle, load_bundle
from hiercoop.execution.in_process import InProcessRun
from hiercoop.execution.policy_path import policy_path
from hiercoop.rpc.v1.channel_sim_service_pb2 import Allocation, SlotObservation
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, OptionDecision

MODES: tuple[Reporting, ...] = ("on-termination", "periodic", "every-slot")
SLOTS = 2000
WARM_UP_SLOTS = 100
STACK_TIMEOUT_S = 300.0
TARGET_RATIO = 1.25
TARGET_SLOTS_PER_S = 1000.0

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass
class _Parts:
    """Time spent in each part of a slot, and the largest message of each kind."""

    seconds: dict[str, float] = field(default_factory=dict)
    sizes_bytes: dict[str, int] = field(default_factory=dict)

    def timed(self, name: str, work: Callable[Arguments, Result], *given: Arguments.args, **named: Arguments.kwargs) -> Result:
        """The result of the work, its time added to the named part."""
        began_s = time.perf_counter()
        result = work(*given, **named)
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began_s
        return result

    def see(self, message: SlotObservation | Allocation | FeatureReport | OptionDecision) -> None:
        """Remembers the size of a message."""
        name = type(message).__name__
        self.sizes_bytes[name] = max(self.sizes_bytes.get(name, 1), message.ByteSize())


def bench_slot_loop(repeats: int = 5, policy: str = "default", slots: int = SLOTS) -> dict[str, object]:
    """Medians over the repeats, by reporting mode; what is compared alternates, so that all meet the same machine."""
    bundle = load_bundle(policy_path(policy))
    modes: dict[str, object] = {}
    for reporting in MODES:
        run = RunConfig(scenario=load_scenario("urban-grid", settings=('mobility.kind="grid"',)), reporting=reporting)
        modes[reporting] = _bench_mode(run, bundle, policy, repeats, slots)
    return {
        "policy": policy,
        "slots": slots,
        "repeats": repeats,
        "targets": {"slot_over_echo_and_in_process": TARGET_RATIO, "on_termination_slots_per_s": TARGET_SLOTS_PER_S},
        "modes": modes,
    }


def _bench_mode(run: RunConfig, bundle: PolicyBundle, policy: str, repeats: int, slots: int) -> dict[str, object]:
    parts = _time_parts(run, bundle, slots)
    stacks, echoes, in_process = [], [], []
    for _ in range(repeats):
        stacks.append(_run_stack(run, policy, slots))
        in_process.append(_in_process_slot_s(run, bundle, slots))
        echoes.append(bare_echo_slot_s(_plan(run, parts, stacks[-1], slots)))
    slot_s = median(1.0 / _number(stack, "slots_per_s") for stack in stacks)
    echo_s, in_process_s = median(echoes), median(in_process)
    return {
        "slots_per_s": 1.0 / slot_s,
        "slot_s": slot_s,
        "bare_echo_slot_s": echo_s,
        "in_process_slot_s": in_process_s,
        "slot_over_echo_and_in_process": slot_s / (echo_s + in_process_s),
        "reports_per_slot": _reports_per_slot(stacks[0]),
        "message_bytes": parts.sizes_bytes,
        "in_process_parts_s": {name: value / slots for name, value in parts.seconds.items()},
    }


def _run_stack(run: RunConfig, policy: str, slots: int) -> dict[str, object]:
    """The summary of a run over processes."""
    command = [sys.executable, "-m", "services", "--json", "--no-http", "--sim-port", "0", "--edge-port", "0"]
    command += ["--slots", str(slots), "--policy", policy, "--reporting", run.reporting]
    command += ["--period", str(run.report_period_slots)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=STACK_TIMEOUT_S, check=False)
    if done.returncode != 0:
        raise CheckError(f"the stack ended with exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    summary: dict[str, object] = json.loads(done.stdout)
    return summary


def _in_process_slot_s(run: RunConfig, bundle: PolicyBundle, slots: int) -> float:
    whole = InProcessRun(run, bundle)
    for _ in range(WARM_UP_SLOTS):
        whole.advance()
    began_s = time.perf_counter()
    for _ in range(slots):
        whole.advance()
    return (time.perf_counter() - began_s) / slots


def _time_parts(run: RunConfig, bundle: PolicyBundle, slots: int) -> _Parts:
    """The slot of `InProcessRun`, taken apart; summed over cells."""
    whole = InProcessRun(run, bundle)
    parts = _Parts()
    for _ in range(slots):
        reports = []
        whole.simulator.begin_slot_allowed()
        for cell, observation in parts.timed("simulator observes", whole.emulation.begin_slot).items():
            agent = whole.agents[cell]
            report = parts.timed("sbs infers", agent.begin_slot, observation)
            parts.see(observation)
            if report is not None:
                agent.note_sent(report)
                parts.see(report)
                reports.append(report)
        for report in reports:
            for decision in parts.timed("edge decides", whole.edge.submit, report):
                parts.see(decision)
                whole.agents[decision.cell].accept(decision)
        for agent in whole.agents.values():
            allocation = parts.timed("sbs allocates", agent.allocate)
            parts.see(allocation)
            parts.timed("simulator receives", whole.emulation.receive, allocation)
        parts.timed("simulator scores", whole.emulation.end_slot)
    return parts


def _plan(run: RunConfig, parts: _Parts, stack: dict[str, object], slots: int) -> EchoPlan:
    return EchoPlan(
        num_clients=run.scenario.num_sbs,
        num_slots=slots,
        reports_per_slot=_reports_per_slot(stack),
        observation_bytes=parts.sizes_bytes["SlotObservation"],
        allocation_bytes=parts.sizes_bytes["Allocation"],
        report_bytes=parts.sizes_bytes.get("FeatureReport", 1),
        decision_bytes=parts.sizes_bytes.get("OptionDecision", 1),
    )


def _reports_per_slot(stack: dict[str, object]) -> float:
    signalling = stack["signalling"]
    return _number(signalling, "reports_per_slot") if isinstance(signalling, dict) else 0.0


def _number(record: dict[str, object], key: str) -> float:
    value = record[key]
    if not isinstance(value, int | float):
        raise CheckError(f"the stack's summary has {key}={value!r}, a number is wanted")
    return float(value)
