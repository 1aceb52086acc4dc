"""Jobs: frozen descriptions of work, each named by a digest of its content, so that equal work has one name and one result."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from hiercoop.config.radio import FrozenModel
from hiercoop.config.run import FeatureCodec, Reporting
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.config.training import TrainingConfig
from hiercoop.errors import InputFileError

FORMAT = 1
"""Part of every name: raise it when the same description comes to mean other work."""
DIGEST_LENGTH = 20

JobReporting = Reporting | Literal["none"]
"""`none`: the edge is never asked, every SBS follows its bundle's default option."""


class _Job(FrozenModel):
    """Common part of all jobs."""

    kind: str

    @cached_property
    def name(self) -> str:
        """Kind and digest; also the stem of the files that belong to the job."""
        canonical = json.dumps([FORMAT, self.model_dump(mode="json")], sort_keys=True, separators=(",", ":"))
        return f"{self.kind}-{hashlib.sha256(canonical.encode()).hexdigest()[:DIGEST_LENGTH]}"

    @property
    def needs(self) -> tuple[TrainJob, ...]:
        """Jobs whose results this one takes in."""
        return ()


class TrainJob(_Job):
    """A training, to a run directory and a policy bundle. Give it all hyperparameters, or a new default keeps the old name."""

    kind: Literal["train"] = "train"
    config: TrainingConfig


class _PolicyJob(_Job):
    """Something done with a policy: a baseline's name, a bundle's, or what a training learns."""

    policy: str | TrainJob
    bundle_digest: str | None = None
    """Of the bundle that `policy` names, so that another bundle in its place is another job."""

    @property
    def needs(self) -> tuple[TrainJob, ...]:
        """The training, where the policy comes from one."""
        return (self.policy,) if isinstance(self.policy, TrainJob) else ()


class EvaluateJob(_PolicyJob):
    """Delivery rounds of one policy on one scenario, kept one by one."""

    kind: Literal["evaluate"] = "evaluate"
    scenario: ScenarioConfig
    reporting: JobReporting = "on-termination"
    report_period_slots: int = Field(default=1, ge=1, le=1000)
    codec: FeatureCodec = "fp32"
    episodes: int = Field(ge=1)
    seed: int = Field(ge=0, le=2**63 - 1)
    keeps_links: bool = False
    """Also keep every link's outcome, not only each round's."""


class SwitchJob(_PolicyJob):
    """A running emulation whose payload is switched once, slot by slot."""

    kind: Literal["switch"] = "switch"
    scenario: ScenarioConfig
    payloads_bytes: tuple[float, float]
    """Before and after."""
    rounds: tuple[int, int]
    """Delivery rounds under each of them."""
    seed: int = Field(ge=0, le=2**63 - 1)


class PayloadSearchJob(_PolicyJob):
    """The payload at which a policy delivers to a given share of the links, by bisection."""

    kind: Literal["payload-search"] = "payload-search"
    scenario: ScenarioConfig
    delivery_success: float = Field(gt=0.0, lt=1.0)
    bounds_bytes: tuple[float, float]
    tolerance_bytes: float = Field(default=250.0, gt=0.0)
    episodes: int = Field(ge=1)
    seed: int = Field(ge=0, le=2**63 - 1)


Job = Annotated[TrainJob | EvaluateJob | SwitchJob | PayloadSearchJob, Field(discriminator="kind")]
_JOB: TypeAdapter[Job] = TypeAdapter(Job)


def job_from_json(text: str | bytes) -> Job:
    """The job that was written with `model_dump_json`; InputFileError where it is none."""
    try:
        return _JOB.validate_json(text)
    except ValidationError as error:
        raise InputFileError(f"this is no job description: {error.errors()[0]['msg']}; describe it anew") from error
