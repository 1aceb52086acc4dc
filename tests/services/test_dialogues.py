"""What a third party meets that speaks only gRPC: a whole dialogue, and one clear sentence for whatever is wrong in it."""

from collections.abc import Iterator
from queue import SimpleQueue

import grpc
import numpy as np
import pytest

from hiercoop.config.run import RunConfig
from hiercoop.execution.protocol import PROTOCOL_VERSION
from hiercoop.execution.sbs_agent import SbsAgent
from hiercoop.rpc.codec import encode_array
from hiercoop.rpc.v1.channel_sim_service_pb2 import Allocation, Hello, SlotObservation, Welcome
from hiercoop.rpc.v1.tensor_pb2 import DataType
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, GetPolicyRequest, RegisterRequest
from tests.services.stack import PATIENCE_S, Stack

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A simulator that starts with one agent, and an edge; no agents of ours."""
    stack = Stack(tmp_path_factory.mktemp("dialogues"), min_agents=1)
    try:
        stack.start("sim")
        stack.start("edge")
        stack.watch()
        stack.counters()
        yield stack
    finally:
        stack.close()


class Dialogue:
    """One Attach stream, driven by hand."""

    def __init__(self, stack: Stack, **hello: object) -> None:
        self._out: SimpleQueue[Allocation | None] = SimpleQueue()
        self.say(Allocation(hello=Hello(**{"protocol_version": PROTOCOL_VERSION, "agent": "by hand"} | hello)))
        self.answers = stack.simulator.Attach(iter(self._out.get, None), timeout=PATIENCE_S)

    def say(self, message: Allocation) -> None:
        """Sends one message."""
        self._out.put(message)

    def hear(self) -> SlotObservation:
        """The next message of the simulator."""
        return next(self.answers)

    def refusal(self) -> tuple[grpc.StatusCode, str]:
        """How the simulator ends the dialogue."""
        with pytest.raises(grpc.RpcError) as caught:
            list(self.answers)
        return caught.value.code(), caught.value.details()

    def end(self) -> None:
        """Closes this side."""
        self._out.put(None)
        self.answers.cancel()


@pytest.fixture
def dialogue(stack: Stack) -> Iterator[Dialogue]:
    dialogue = Dialogue(stack)
    yield dialogue
    dialogue.end()
    stack.until(lambda seen: not any(cell.is_attached for cell in seen.cells))


def answer(observation: SlotObservation, **changes: object) -> Allocation:
    """A fair answer to an observation, but for the changes."""
    fields = {
        "cell": observation.cell,
        "slot": observation.slot,
        "run_epoch": observation.run_epoch,
        "attach_epoch": observation.attach_epoch,
        "choice": encode_array(np.zeros(3, np.int32)),
    }
    return Allocation(**fields | changes)


def test_a_client_that_speaks_only_grpc_serves_a_cell(dialogue: Dialogue, stack: Stack) -> None:
    welcome = dialogue.hear().welcome
    assert RunConfig.model_validate_json(welcome.run_config).scenario.num_sbs == 3
    assert welcome.slot_port == 0
    slots = []
    for _ in range(20):
        observation = dialogue.hear()
        slots.append(observation.slot)
        dialogue.say(answer(observation))
    assert slots == list(range(slots[0], slots[0] + 20))
    assert stack.watch().is_reproducible


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"choice": encode_array(np.zeros(3, np.float32))}, "FLOAT32 came where int32 is wanted"),
        ({"choice": encode_array(np.zeros(4, np.int32))}, "shape (4,) came where (3,) is wanted"),
        ({"choice": encode_array(np.full(3, 8, np.int32))}, "choices are 0..7"),
        ({"cell": 2}, "allocation for cell 2 came from the agent of cell 0"),
    ],
)
def test_a_malformed_allocation_ends_the_attach_with_its_reason(
    dialogue: Dialogue, changes: dict[str, object], sentence: str
) -> None:
    dialogue.hear()
    dialogue.say(answer(dialogue.hear(), **changes))
    status, details = dialogue.refusal()
    assert status == grpc.StatusCode.INVALID_ARGUMENT
    assert sentence in details


def test_stale_and_repeated_allocations_are_dropped_and_counted(dialogue: Dialogue, stack: Stack) -> None:
    dialogue.hear()
    dropped = stack.watch().dropped_messages
    first = dialogue.hear()
    for changes in ({"slot": first.slot + 5}, {"run_epoch": first.run_epoch + 1}, {"attach_epoch": 99}):
        dialogue.say(answer(first, **changes))
    dialogue.say(answer(first))
    second = dialogue.hear()
    dialogue.say(answer(first))
    dialogue.say(answer(second))
    assert dialogue.hear().slot == second.slot + 1 == first.slot + 2
    assert stack.watch().dropped_messages == dropped + 4


def test_a_client_of_another_protocol_version_is_refused(stack: Stack) -> None:
    status, details = Dialogue(stack, protocol_version=PROTOCOL_VERSION + 1).refusal()
    assert status == grpc.StatusCode.FAILED_PRECONDITION
    assert details == f"protocol_version={PROTOCOL_VERSION + 1} came, {PROTOCOL_VERSION} is wanted"


def test_a_cell_that_does_not_exist_is_refused(stack: Stack) -> None:
    status, details = Dialogue(stack, wanted_cell=7).refusal()
    assert status == grpc.StatusCode.INVALID_ARGUMENT
    assert "cell=7 must be in 0..2" in details


def test_a_first_message_without_hello_is_refused(stack: Stack) -> None:
    answers = stack.simulator.Attach(iter([Allocation(slot=1)]), timeout=PATIENCE_S)
    with pytest.raises(grpc.RpcError, match="must carry hello"):
        next(answers)


def test_a_control_that_makes_no_sense_is_refused(stack: Stack) -> None:
    for command, sentence in (
        ({"payload_bytes": -1.0}, "payload_bytes=-1.0 must be a number in 0"),
        ({"payload_bytes": float("nan")}, "payload_bytes=nan must be a number in 0"),
        ({"scenario": '{"num_sbs": 0}'}, "num_sbs"),
        ({}, "names one command"),
    ):
        with pytest.raises(grpc.RpcError, match=sentence) as caught:
            stack.control(**command)
        assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def registration(stack: Stack) -> RegisterRequest:
    """A registration that the edge accepts."""
    run = stack.run_config()
    dialogue = Dialogue(stack)
    welcome: Welcome = dialogue.hear().welcome
    dialogue.end()
    stack.until(lambda seen: not any(cell.is_attached for cell in seen.cells))
    return SbsAgent(welcome, run, stack.bundle).registration()


def test_a_registration_that_differs_is_refused_with_the_difference_named(stack: Stack) -> None:
    good = registration(stack)
    stack.edge.Register(good, timeout=PATIENCE_S)
    for field, value, sentence in (
        ("protocol_version", 9, "protocol_version=9 came, 1 is wanted"),
        ("policy_digest", "feed", f"policy_digest='feed' came, '{stack.bundle.digest}' is wanted"),
        ("dimensions.features", 17, "dimensions.features=17 came, 16 is wanted"),
        ("run.codec", "int8", "run.codec='int8' came, 'fp32' is wanted"),
        ("run.codec", "fp64", "run.codec='fp64' came, one of fp32, fp16, int8 is wanted"),
        ("cell", 3, "cell=3 must be below run.num_cells=3"),
    ):
        bad = RegisterRequest.FromString(good.SerializeToString())
        *path, name = field.split(".")
        setattr(getattr(bad, path[0]) if path else bad, name, value)
        with pytest.raises(grpc.RpcError) as caught:
            stack.edge.Register(bad, timeout=PATIENCE_S)
        assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.FAILED_PRECONDITION, sentence)


def test_a_report_of_another_codec_or_size_ends_the_stream_with_its_reason(stack: Stack) -> None:
    good = registration(stack)
    epoch = stack.edge.Register(good, timeout=PATIENCE_S).edge_epoch
    for features, sentence in (
        (encode_array(np.zeros(5, np.float32)), "shape (5,) came where (16,) is wanted"),
        (encode_array(np.zeros(16, np.int32)), "INT32 came where FLOAT32, FLOAT16 or INT8 is wanted"),
    ):
        report = FeatureReport(
            cell=good.cell,
            slot=10**6,
            run_epoch=good.run.run_epoch,
            attach_epoch=good.attach_epoch,
            edge_epoch=epoch,
            features=features,
            roster=b"\1",
            budget_us=10**6,
        )
        assert features.data_type in (DataType.DATA_TYPE_FLOAT32, DataType.DATA_TYPE_INT32)
        with pytest.raises(grpc.RpcError) as caught:
            next(stack.edge.Options(iter([report]), timeout=PATIENCE_S))
        assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert sentence in caught.value.details()


def test_a_policy_that_is_not_in_force_is_refused(stack: Stack) -> None:
    assert stack.edge.GetPolicy(GetPolicyRequest(), timeout=PATIENCE_S).digest == stack.bundle.digest
    with pytest.raises(grpc.RpcError, match=r"policy feed is not here"):
        stack.edge.GetPolicy(GetPolicyRequest(digest="feed"), timeout=PATIENCE_S)
