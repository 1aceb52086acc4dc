"""Bytes of schemes that exchange channel state, by hand."""

import numpy as np

from hiercoop.config.radio import RadioConfig
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.execution.scheme_cost import centre_complex_cost, centre_gains_cost, mesh_gains_cost, resource_blocks
from hiercoop.rpc import codec
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, OptionDecision


def test_sub_band_gains_to_the_centre_cost_what_a_hand_calculation_says():
    # Three SBSs send 9 links x 4 bands x 4 bytes + 36, and each gets 3 choices + 15; 14 bytes of framing and 66 of packet each.
    payload = 3 * (144 + 36) + 3 * (3 + 15)
    assert centre_gains_cost(ScenarioConfig()) == {
        "payload_bytes": payload,
        "http2_bytes": payload + 6 * 14,
        "link_bytes": payload + 6 * (14 + 66),
    }


def test_complex_gains_per_resource_block_are_ten_times_as_many_values_in_a_megahertz():
    assert resource_blocks(RadioConfig()) == 5
    payload = 3 * (36 * 5 * 2 * 4 + 36) + 3 * 18
    assert centre_complex_cost(ScenarioConfig())["payload_bytes"] == payload


def test_a_mesh_of_three_sends_six_messages_and_no_answers():
    assert mesh_gains_cost(ScenarioConfig())["payload_bytes"] == 6 * (144 + 36)
    assert mesh_gains_cost(ScenarioConfig(num_sbs=1))["link_bytes"] == 0


def test_a_message_above_16_kib_takes_more_frames():
    # 12 SBSs with 16 vehicles, 64 bands: 192 x 64 x 4 bytes + 36 are 49,188, with the prefix four frames of at most 16,384.
    cost = centre_gains_cost(ScenarioConfig(num_sbs=12, num_vehicles_per_sbs=16, radio=RadioConfig(num_bands=64)))
    framing = 12 * (5 + 4 * 9) + 12 * (5 + 9)
    assert cost["http2_bytes"] - cost["payload_bytes"] == framing


def test_the_assumed_fields_are_those_of_real_messages():
    features = codec.encode_array(np.zeros(36, np.float32))
    report = FeatureReport(
        cell=1, slot=5_000, sequence=700, option=3, option_since_slot=4_990, terminated=True, features=features,
        roster=codec.roster_bits(range(3)), run_epoch=1, attach_epoch=1, edge_epoch=1, budget_us=1_000_000,
    )  # fmt: skip
    decision = OptionDecision(cell=1, slot=5_000, sequence=700, option=3, run_epoch=1, attach_epoch=1, edge_epoch=1)
    assert abs(report.ByteSize() - 144 - 36) <= 4
    assert abs(decision.ByteSize() - 15) <= 2
