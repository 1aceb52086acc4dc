"""Bytes of schemes that exchange channel state, by hand."""

from hiercoop.config.radio import RadioConfig
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.execution.scheme_cost import centre_complex_cost, centre_gains_cost, mesh_gains_cost, resource_blocks

# Tag and varint of cell, slot, sequence and two epochs: 2 + 3 + 3 + 2 + 2.
HEADER = 12
# The same and, for each of gain [9, 4] and queues [3]: tag and length, type, shape, data; a byte of activity; the budget.
REPORT = HEADER + (3 + 2 + 4 + 3 + 9 * 4 * 4) + (2 + 2 + 3 + 2 + 3 * 4) + 3 + 4
ANSWER = HEADER + 2 + 3


def test_sub_band_gains_to_the_centre_cost_what_a_hand_calculation_says():
    # Three SBSs send 9 links x 4 bands and 3 queues, and each gets 3 choices; 14 bytes of framing and 66 of packet each.
    payload = 3 * REPORT + 3 * ANSWER
    assert centre_gains_cost(ScenarioConfig()) == {
        "payload_bytes": payload,
        "http2_bytes": payload + 6 * 14,
        "link_bytes": payload + 6 * (14 + 66),
    }


def test_complex_gains_per_resource_block_are_ten_times_as_many_values_in_a_megahertz():
    assert resource_blocks(RadioConfig()) == 5
    # The shape takes two bytes more.
    payload = 3 * (REPORT + 9 * (36 * 4) + 2) + 3 * ANSWER
    assert centre_complex_cost(ScenarioConfig())["payload_bytes"] == payload


def test_a_mesh_of_three_sends_six_messages_and_no_answers():
    assert mesh_gains_cost(ScenarioConfig())["payload_bytes"] == 6 * REPORT
    assert mesh_gains_cost(ScenarioConfig(num_sbs=1))["link_bytes"] == 0


def test_a_message_above_16_kib_takes_more_frames():
    # 12 SBSs with 16 vehicles, 64 bands: 192 x 64 x 4 bytes and some are 49,2xx, with the prefix four frames of at most 16,384.
    cost = centre_gains_cost(ScenarioConfig(num_sbs=12, num_vehicles_per_sbs=16, radio=RadioConfig(num_bands=64)))
    framing = 12 * (5 + 4 * 9) + 12 * (5 + 9)
    assert cost["http2_bytes"] - cost["payload_bytes"] == framing
