"""Many agents at once notice that their edge is gone, whichever way it went, and have it again soon after its return.

The limits tell what is built from what gRPC does by default: there a frozen peer is noticed after 60 s or never, and recovery
takes as long as the outage. What is reached on a quiet machine is measured, not tested: docs/faults.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.edge_outages import KINDS, edge_process, outages

pytestmark = pytest.mark.processes

NOTICED_WITHIN_S = 5.0
BACK_WITHIN_S = 3.0


async def check(directory: Path, num_agents: int, outage_s: float) -> None:
    with edge_process(directory, num_agents) as edge:
        for outage in await outages(edge, KINDS, (outage_s,), 1):
            assert outage.noticed_s < NOTICED_WITHIN_S, outage
            assert outage.back_s < BACK_WITHIN_S, outage


async def test_eight_agents_have_their_edge_again_after_every_kind_of_outage(tmp_path: Path) -> None:
    await check(tmp_path, num_agents=8, outage_s=1.0)


@pytest.mark.slow
async def test_sixty_four_agents_have_their_edge_again_after_long_outages(tmp_path: Path) -> None:
    await check(tmp_path, num_agents=64, outage_s=10.0)
