"""What an SBS carries from slot to slot: a mean at first, then an average that forgets."""

from __future__ import annotations

import numpy as np
import pytest

from hiercoop.execution.sbs_memory import LONGEST_AVERAGE_SLOTS, SbsMemory, no_memory, settled_memory


def with_slot(memory: SbsMemory, seen: float) -> SbsMemory:
    """As `sbs.onnx` does: the slot enters with its share."""
    return memory.after(memory.averages + np.float32(memory.present_share) * (np.float32(seen) - memory.averages))


def test_up_to_the_longest_the_average_is_the_mean_of_all_slots() -> None:
    memory, seen = no_memory(2, 3), np.random.default_rng(0).random(LONGEST_AVERAGE_SLOTS)
    for count, value in enumerate(seen, start=1):
        memory = with_slot(memory, value)
        np.testing.assert_allclose(memory.averages, seen[:count].mean(), rtol=1e-5)


def test_later_slots_all_weigh_the_same() -> None:
    memory = no_memory(1, 1)
    for _ in range(3 * LONGEST_AVERAGE_SLOTS):
        memory = with_slot(memory, 0.0)
    assert with_slot(memory, 1.0).averages.item() == pytest.approx(1.0 / LONGEST_AVERAGE_SLOTS)


def test_settled_averages_have_no_room_for_the_slot() -> None:
    memory = settled_memory(np.full((1, 2), 0.5, np.float32))
    assert (memory.averages.tolist(), memory.present_share) == ([[0.5, 0.5]], 0.0)


def test_rows_of_a_batch_are_taken_with_the_same_share() -> None:
    memory = SbsMemory(np.arange(6, dtype=np.float32).reshape(2, 1, 3), 0.25)
    chosen = memory.rows(np.array([[False], [True]]))
    assert (chosen.averages.tolist(), chosen.present_share) == ([[3.0, 4.0, 5.0]], 0.25)
