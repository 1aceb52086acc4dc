"""What a load test found, as it is printed, checked and drawn."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from hdrh.histogram import HdrHistogram

from hiercoop.load.plan import LoadShape
from hiercoop.load.window import Window

PERCENTILES = (50.0, 90.0, 99.0, 99.9, 100.0)
CURVE = (1.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.95, 99.99)


@dataclass(frozen=True)
class Reading:
    """One server under one load; None where there is nothing to tell."""

    messages_planned: int
    messages_answered: int
    reports_decided: int
    missed_share: float
    errors: dict[str, int]
    latency_us: dict[str, float | None]
    """p50, p90, p99, p99.9 and max, from the time at which a message was due."""
    latency_curve_us: list[tuple[float, float]]
    """Percentile and latency."""
    generator_lateness_us: dict[str, float | None]
    """How late the generator itself handed messages to gRPC."""
    server_cpu_us_per_message: float | None
    server_cpu_us_per_report: float | None

    @property
    def missed_percent(self) -> float:
        """Messages without an answer in time [%]."""
        return 100.0 * self.missed_share


@dataclass(frozen=True)
class Round:
    """One window of each, one after the other."""

    edge: Reading
    echo: Reading
    ratios: dict[str, float | None]
    """Edge over echo."""


@dataclass(frozen=True)
class Saturation:
    """The largest number of SBSs with less than 0.5 % missed; 0: not even one."""

    num_sbs: int
    reports_per_s: float
    most_tried: int
    tried: list[tuple[int, float]]
    """Number of SBSs and share missed, in the order of the search."""


@dataclass(frozen=True)
class LoadReport:
    """A whole load test."""

    load: LoadShape
    machine: dict[str, object]
    policy_digest: str
    edge: Reading
    echo: Reading
    ratios: dict[str, float | None]
    """Edge over echo: medians over the rounds."""
    rounds: list[Round]
    saturation: dict[str, Saturation] | None = None

    def to_json(self) -> dict[str, object]:
        """The object with the command line's keys."""
        return asdict(self)

    def headlines(self) -> dict[str, object]:
        """The same for a person: without single rounds, curves and what a search tried."""
        result = asdict(self)
        del result["rounds"]
        for name in ("edge", "echo"):
            del result[name]["latency_curve_us"]
        for found in (result["saturation"] or {}).values():
            del found["tried"]
        return result

    def readings(self) -> list[tuple[str, Reading]]:
        """Edge and echo by name."""
        return [("edge", self.edge), ("echo", self.echo)]


def reading_of(window: Window) -> Reading:
    """What one window came to."""
    result, cpu_s = window.result, window.server_cpu_s
    return Reading(
        messages_planned=result.planned,
        messages_answered=result.answered,
        reports_decided=result.decisions,
        missed_share=result.missed_share,
        errors=dict(sorted(result.errors.items())),
        latency_us=_percentiles(result.latency),
        latency_curve_us=[(share, result.latency.get_value_at_percentile(share)) for share in CURVE],
        generator_lateness_us=_percentiles(result.lateness),
        server_cpu_us_per_message=None if cpu_s is None or not result.answered else cpu_s * 1e6 / result.answered,
        server_cpu_us_per_report=None if cpu_s is None or not result.decisions else cpu_s * 1e6 / result.decisions,
    )


def _percentiles(histogram: HdrHistogram) -> dict[str, float | None]:
    names = {share: "max" if share == 100.0 else f"p{share:g}" for share in PERCENTILES}
    if not histogram.get_total_count():
        return dict.fromkeys(names.values())
    return {name: histogram.get_value_at_percentile(share) for share, name in names.items()}
