"""The channel simulator across runs: what state it is in, and what a command makes of it. No I/O."""

from __future__ import annotations

from typing import Literal

from hiercoop.config.run import RunConfig
from hiercoop.errors import ConfigError
from hiercoop.execution.controls import as_event, check_control, scenario_of
from hiercoop.execution.emulation import Emulation
from hiercoop.execution.policy_shelf import PolicyShelf
from hiercoop.execution.trace import TraceWriter
from hiercoop.rpc.v1.channel_sim_service_pb2 import ControlRequest, ControlResponse

State = Literal["waiting", "running", "paused", "finished"]


class Simulator:
    """Owns the run in hand; a reset or another scenario begins the next one, and its agents attach anew."""

    def __init__(self, run: RunConfig, policy_digest: str, run_epoch: int = 1, trace: TraceWriter | None = None) -> None:
        self.policies = PolicyShelf()
        """Where the policies lie that a command may name."""
        self._trace = trace
        self._is_paused = False
        self._steps_left = 0
        self._has_begun = False
        self._mobility_trace = run.scenario.mobility.trace
        self.emulation = Emulation(run, policy_digest, run_epoch, trace)
        self.emulation.begin_trace()

    @property
    def state(self) -> State:
        """What the slot clock is doing."""
        if self.emulation.is_over:
            return "finished"
        if not self._has_begun and len(self.emulation.attached) < self._min_agents:
            return "waiting"
        return "paused" if self._is_paused and self._steps_left == 0 else "running"

    def begin_slot_allowed(self) -> bool:
        """Whether the next slot may begin now; counts off a step."""
        if self.state != "running":
            return False
        self._has_begun = True
        self._steps_left = max(0, self._steps_left - 1)
        return True

    def control(self, request: ControlRequest) -> ControlResponse:
        """Applies a command at a slot boundary; ConfigError for a bad value, or a command that the state does not allow."""
        command = check_control(request)
        if self.state == "finished" and command not in ("reset", "scenario", "policy"):
            raise ConfigError(f"{command} cannot be applied: the run is finished; reset begins a new one")
        if command == "step" and not self._is_paused:
            raise ConfigError("step cannot be applied while the run is not paused; pause it first")
        following = self._next_run(request)
        if self._trace is not None:
            self._trace.event(self.emulation.slot, as_event(request))
        if following is not None:
            self._begin(following)
        elif command == "payload_bytes":
            self.emulation.set_payload_bytes(request.payload_bytes)
        else:
            self._is_paused = command != "start"
            self._steps_left = request.step if command == "step" else 0
        return ControlResponse(slot=self.emulation.slot, run_epoch=self.emulation.run_epoch, state=self.state)

    @property
    def _min_agents(self) -> int:
        run = self.emulation.run
        return run.scenario.num_sbs if run.min_agents is None else run.min_agents

    def _next_run(self, request: ControlRequest) -> Emulation | None:
        """The run that a command asks for, if it does.

        ConfigError for a trace file that it was not started with, BundleError for a policy that is not here or does not fit.
        """
        run = self.emulation.run
        if request.HasField("reset"):
            return self._follow(run.model_copy(update={"seed": request.reset or run.seed}), self.emulation.policy_digest)
        if request.HasField("policy"):
            self.policies.require(request.policy).check_scenario(run.scenario)
            return self._follow(run, request.policy)
        if not request.HasField("scenario"):
            return None
        scenario = scenario_of(request)
        if scenario.mobility.trace not in (None, self._mobility_trace):
            raise ConfigError(
                f"mobility.trace={scenario.mobility.trace!r} is not the file that this simulator was started with; "
                f"start it with that trace"
            )
        return self._follow(run.model_copy(update={"scenario": scenario, "min_agents": None}), self.emulation.policy_digest)

    def _follow(self, run: RunConfig, policy_digest: str) -> Emulation:
        """The next run, ready to begin; cells keep their attach epochs, which only rise."""
        following = Emulation(run, policy_digest, self.emulation.run_epoch + 1, self._trace)
        for old, new in zip(self.emulation.cells, following.cells, strict=False):
            new.attach_epoch = old.attach_epoch
        return following

    def _begin(self, following: Emulation) -> None:
        self.emulation = following
        self.emulation.begin_trace()
        self._has_begun = False
