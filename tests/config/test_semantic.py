"""Scenarios of the semantic downlink: published values, and one sentence for each value out of bounds."""

import pytest

from hiercoop.config.load import preset_names
from hiercoop.config.semantic import load_semantic_scenario, semantic_preset_names
from hiercoop.errors import ConfigError
from hiercoop.units import w_to_dbm


def test_presets_are_named_for_themselves_and_are_no_uplink_scenarios() -> None:
    assert semantic_preset_names() == ["semantic-dense", "semantic-downlink", "semantic-mixed", "semantic-moving"]
    for name in semantic_preset_names():
        assert load_semantic_scenario(name).name == name
    assert not set(semantic_preset_names()) & set(preset_names())


def test_defaults_are_the_published_values() -> None:
    scenario = load_semantic_scenario("semantic-downlink")
    assert (scenario.num_cells, scenario.site_spacing_m, scenario.slots_per_epoch) == (7, 400.0, 20)
    assert w_to_dbm(scenario.radio.max_power_w) == pytest.approx(38.0)
    assert w_to_dbm(scenario.radio.noise_w) == pytest.approx(-114.0)


def test_thermal_noise_is_an_option() -> None:
    scenario = load_semantic_scenario("semantic-downlink", settings=["radio.has_thermal_noise=true"])
    assert w_to_dbm(scenario.radio.noise_w) == pytest.approx(-121.4, abs=0.05)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("users.num_per_cell=0", "users.num_per_cell=0: Input should be greater than or equal to 1"),
        ("num_cells=0", "num_cells=0"),
        ("num_cells=38", "num_cells=38"),
        ("users.min_distance_m=300", r"users.min_distance_m=300 must be below max_distance_m=200"),
        ("requirements.weight=[0.0, 1.5]", r"requirements.weight=\[0.0, 1.5\] must be two bounds in 0..1"),
        ("requirements.rate_ksutps=[70, 50]", "the lower one first"),
        ("semantics.table_snr_db=[0, 10.5]", "must rise by whole decibels"),
        ("episode_slots=30", "episode_slots=30 must be a multiple of slots_per_epoch=20"),
        ("radio.num_beems=8", "unknown configuration key 'radio.num_beems'"),
    ],
)
def test_a_value_out_of_bounds_is_refused_in_one_sentence(setting: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        load_semantic_scenario("semantic-downlink", settings=[setting])
    assert "\n" not in str(refused.value)


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(ConfigError, match="scenario='urban-grid' is unknown; choose one of semantic-dense"):
        load_semantic_scenario("urban-grid")
