"""What a load is: who reports how often to whom, and what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from hdrh.histogram import HdrHistogram

from hiercoop.config.run import FeatureCodec

MAX_LATENCY_US = 60_000_000
SIGNIFICANT_DIGITS = 3


@dataclass(frozen=True)
class LoadShape:
    """Emulated SBSs that report on an absolute schedule, their phases spread over the period."""

    num_sbs: int
    period_s: float
    deadline_s: float
    seconds: float
    max_messages: int
    codec: FeatureCodec = "fp32"
    num_clients: int = 2
    """Processes that emulate them."""
    packed: int = 0
    """SBSs whose reports go in one message; 0: each its own message on its own connection."""
    seed: int = 1
    """Of the features."""

    @property
    def num_senders(self) -> int:
        """Streams that the reports go over."""
        return -(-self.num_sbs // self.packed) if self.packed else self.num_sbs

    @property
    def num_rounds(self) -> int:
        """Messages of each sender."""
        return max(1, min(round(self.seconds / self.period_s), self.max_messages // self.num_senders))


@dataclass(frozen=True)
class ClientPlan:
    """The share of one client process in a window."""

    address: str
    shape: LoadShape
    client: int
    """Senders client, client + num_clients, ... are this one's."""
    run_epoch: int
    policy_digest: str
    dimensions: dict[str, int]
    is_echo: bool
    """The server echoes bytes: nobody registers, and answers are not read."""

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(line: str) -> ClientPlan:
        """The plan of one line."""
        values = json.loads(line)
        return ClientPlan(**values | {"shape": LoadShape(**values["shape"])})


@dataclass
class LoadResult:
    """What one window came to; of one client or of all."""

    latency: HdrHistogram
    """From the time at which a message was due until its answer was read [us]."""
    lateness: HdrHistogram
    """From the time at which a message was due until it was handed to gRPC [us]: the generator's own share."""
    planned: int = 0
    answered: int = 0
    in_time: int = 0
    decisions: int = 0
    """Answers to single reports; as many as messages unless they are packed."""
    errors: dict[str, int] = field(default_factory=dict)
    """Streams that ended with this status, and registrations that were refused."""

    @property
    def missed_share(self) -> float:
        """Share of the messages without an answer in time, errors included."""
        return 1.0 - self.in_time / self.planned if self.planned else 0.0

    def add(self, other: LoadResult) -> None:
        """Takes in what came of another client, or another window."""
        self.latency.add(other.latency)
        self.lateness.add(other.lateness)
        for name in ("planned", "answered", "in_time", "decisions"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for status, count in other.errors.items():
            self.errors[status] = self.errors.get(status, 0) + count

    def to_json(self) -> str:
        """One line."""
        values = vars(self) | {"latency": self.latency.encode().decode(), "lateness": self.lateness.encode().decode()}
        return json.dumps(values)

    @staticmethod
    def from_json(line: str) -> LoadResult:
        """The result of one line."""
        values = json.loads(line)
        return LoadResult(**values | {name: HdrHistogram.decode(values[name]) for name in ("latency", "lateness")})


def empty_result() -> LoadResult:
    """A result that nothing has come to yet."""
    return LoadResult(*(HdrHistogram(1, MAX_LATENCY_US, SIGNIFICANT_DIGITS) for _ in range(2)))
