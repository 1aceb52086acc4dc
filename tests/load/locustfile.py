"""The same emulated SBSs for those who use Locust: each user is one cell that reports every 10 ms and waits for its option.

    pip install locust==2.47.0
    python -m services --no-http --agents 0      # in another terminal: an edge at 127.0.0.1:50052
    locust -f tests/load/locustfile.py --headless --users 8 --spawn-rate 8 --run-time 10s --host 127.0.0.1:50052

A Locust user waits for one answer before it sends the next report, so a stall of the edge delays the messages after it instead
of showing in their latency, and its greenlets are slower than the edge: `hiercoop loadtest` is what measures. Users beyond
64, the most cells of a run, are turned away. It begins a new run, so the edge must serve nobody else.
"""

from __future__ import annotations

import itertools
import time
from queue import SimpleQueue

import grpc
import grpc.experimental.gevent as grpc_gevent
from locust import User, constant_pacing, events, task

from hiercoop.config.bounds import MAX_SBS
from hiercoop.load.messages import Sender, registration
from hiercoop.load.plan import ClientPlan, LoadShape
from hiercoop.load.servers import ask_edge
from hiercoop.rpc.channel_options import client_options
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, OptionDecision
from hiercoop.rpc.v1.upper_edge_service_pb2_grpc import UpperEdgeServiceStub

grpc_gevent.init_gevent()

PERIOD_S = 0.01
TIMEOUT_S = 10.0
run_epoch = int(time.time())
cells = itertools.count()


class EmulatedSbs(User):
    """One cell."""

    wait_time = constant_pacing(PERIOD_S)

    def on_start(self) -> None:
        """Registers the cell and opens its stream."""
        facts = ask_edge(self.host, TIMEOUT_S)
        cell = next(cells)
        if cell >= MAX_SBS:
            self.stop(force=True)
            return
        shape = LoadShape(MAX_SBS, PERIOD_S, PERIOD_S, seconds=1.0, max_messages=1)
        plan = ClientPlan(self.host, shape, 0, run_epoch, facts.policy_digest, facts.dimensions, is_echo=False)
        self.channel = grpc.insecure_channel(self.host, options=client_options())
        stub = UpperEdgeServiceStub(self.channel)
        self.sender = Sender(plan, cell)
        self.sender.edge_epoch = stub.Register(registration(plan, cell), timeout=TIMEOUT_S).edge_epoch
        self.reports: SimpleQueue[FeatureReport | None] = SimpleQueue()
        self.decisions = stub.Options(iter(self.reports.get, None))
        self.sequence = 0

    @task
    def report(self) -> None:
        """Sends one report and times its answer."""
        self.sequence += 1
        message = self.sender.message(self.sequence, self.sequence)
        began_s, error, size_bytes = time.perf_counter(), None, 0
        try:
            self.reports.put(FeatureReport.FromString(message))
            decision: OptionDecision = next(self.decisions)
            size_bytes = decision.ByteSize()
        except grpc.RpcError as refused:
            error = refused
        events.request.fire(
            request_type="gRPC",
            name="FeatureReport",
            response_time=(time.perf_counter() - began_s) * 1000,
            response_length=size_bytes,
            exception=error,
        )
        if error is not None:
            self.stop(force=True)

    def on_stop(self) -> None:
        """Closes the stream."""
        if hasattr(self, "reports"):
            self.reports.put(None)
            self.channel.close()
