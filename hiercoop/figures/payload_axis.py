"""The ends of the payload axis: where random still delivers 95 %, and best-response-payload no more than 50 %."""

from __future__ import annotations

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.jobs.description import PayloadSearchJob

EPISODES = 192
SEED = 4242
"""Of no training, validation or evaluation."""


def payload_axis_jobs(scenario: ScenarioConfig) -> dict[str, PayloadSearchJob]:
    """Both searches by name."""
    return {
        "random_delivers_95_percent": PayloadSearchJob(
            policy="random",
            scenario=scenario,
            delivery_success=0.95,
            bounds_bytes=(1e3, 60e3),
            tolerance_bytes=500.0,
            episodes=EPISODES,
            seed=SEED,
        ),
        "best_response_payload_delivers_50_percent": PayloadSearchJob(
            policy="best-response-payload",
            scenario=scenario,
            delivery_success=0.5,
            bounds_bytes=(80e3, 250e3),
            tolerance_bytes=500.0,
            episodes=EPISODES,
            seed=SEED,
        ),
    }
