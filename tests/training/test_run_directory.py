"""TOML as written is read back as it was."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.config.training import TrainingConfig, load_training, training_preset_names
from hiercoop.training.courses import resolve
from hiercoop.training.toml_text import toml_text

text = st.text(st.characters(codec="ascii"), max_size=8)
scalars = st.one_of(st.booleans(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=False), text)
trees = st.recursive(
    st.dictionaries(text, st.one_of(scalars, st.lists(scalars, max_size=3)), max_size=3),
    lambda inner: st.dictionaries(text, st.one_of(scalars, inner), max_size=3),
    max_leaves=10,
)


@given(trees)
def test_toml_text_is_read_back_as_it_was(tree: dict[str, object]) -> None:
    assert tomllib.loads(toml_text(tree)) == tree


def test_a_configuration_is_read_back_as_it_was() -> None:
    config = TrainingConfig(scenario=ScenarioConfig(num_sbs=2))
    tree = tomllib.loads(toml_text(config.model_dump(mode="json", exclude_none=True)))
    assert TrainingConfig.model_validate(tree) == config


def test_presets_are_those_that_the_design_names() -> None:
    assert {"fast", "paper", "tiny"} <= set(training_preset_names())


@pytest.mark.parametrize("preset", training_preset_names())
def test_a_preset_gives_its_schedule_to_all_and_its_hyperparameters_to_the_algorithm_that_they_are_for(preset: str) -> None:
    hiercoop, ppo = (load_training(preset, ScenarioConfig(), 1, algorithm=name) for name in ("hiercoop", "ppo"))
    assert ppo == hiercoop.model_copy(update={"algorithm": "ppo", "hyperparameters": ppo.hyperparameters})
    assert not set(hiercoop.hyperparameters) & set(ppo.hyperparameters)
    assert resolve(ppo).hyperparameters["form"] == "scorer"
