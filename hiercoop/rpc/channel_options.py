"""What every channel and server of HierCoop is set to; each line undoes a default that was measured to hurt."""

from __future__ import annotations

from typing import Final

MAX_MESSAGE_BYTES: Final = 64 * 1024
"""Bound on one message to a server, on a slot frame, and on what an agent hears from the simulator."""
MAX_POLICY_BYTES: Final = 16 * 1024 * 1024
"""Bound on one answer of the edge: it may carry a whole policy bundle."""
KEEPALIVE_S: Final = 0.5
"""An idle connection is pinged this often, and given up when the ping stays unanswered for as long."""

EDGE_KEEPALIVE_S: Final = 0.1
"""An agent pings a silent edge after this long, so that it has noticed one that is frozen after 0.37 s."""
EDGE_PING_TIMEOUT_S: Final = 0.27
"""By far the larger part of that: a machine that pauses for a moment is not lost."""
CONNECT_TIMEOUT_S: Final = 1.0
"""A frozen server's kernel accepts connections that it must all look at when it thaws: so few attempts, each a patient one."""

Options = list[tuple[str, int]]


def edge_options(ping_timeout_s: float = EDGE_PING_TIMEOUT_S) -> Options:
    """Options of an agent's channel to the edge: room for a policy, and a frozen edge noticed within 0.4 s."""
    return client_options(MAX_POLICY_BYTES, EDGE_KEEPALIVE_S, ping_timeout_s)


def client_options(
    max_receive_bytes: int = MAX_MESSAGE_BYTES, keepalive_s: float = KEEPALIVE_S, ping_timeout_s: float | None = None
) -> Options:
    """Options of a client channel: a connection of its own, back within 100 ms, a frozen peer noticed within a second.

    A silent peer is pinged after `keepalive_s`, and lost where it does not answer for `ping_timeout_s`; None: as long again.
    """
    return [
        *_common_options(max_receive_bytes, keepalive_s, keepalive_s if ping_timeout_s is None else ping_timeout_s),
        # By default channels of one process to one address share a connection.
        ("grpc.use_local_subchannel_pool", 1),
        # A proxy named in the environment is not for services that are named by address.
        ("grpc.enable_http_proxy", 0),
        # The default waits a second and grows by 1.6: recovery as long as the outage.
        ("grpc.initial_reconnect_backoff_ms", 50),
        # Despite its name the time that one attempt may take.
        ("grpc.min_reconnect_backoff_ms", round(CONNECT_TIMEOUT_S * 1000)),
        ("grpc.max_reconnect_backoff_ms", 100),
    ]


def server_options(max_receive_bytes: int = MAX_MESSAGE_BYTES, keepalive_s: float = KEEPALIVE_S) -> Options:
    """Options of a server: one owner a port, pings of its clients allowed, a frozen client noticed within a second."""
    return [
        *_common_options(max_receive_bytes, keepalive_s, keepalive_s),
        # Two servers could otherwise share a port without a word, each getting some of the calls.
        ("grpc.so_reuseport", 0),
        # Pings more often than this are a strike, and two strikes end the connection: by default five minutes. On a busy
        # machine pings sent half a second apart arrive in bunches, so no number of strikes ends it.
        ("grpc.http2.min_recv_ping_interval_without_data_ms", round(keepalive_s * 500)),
        ("grpc.http2.max_ping_strikes", 0),
        ("grpc.max_concurrent_streams", 256),
    ]


def _common_options(max_receive_bytes: int, keepalive_s: float, ping_timeout_s: float) -> Options:
    ping_timeout_ms = round(ping_timeout_s * 1000)
    return [
        ("grpc.max_receive_message_length", max_receive_bytes),
        # Bandwidth probing sends a PING after every message of a slow exchange.
        ("grpc.http2.bdp_probe", 0),
        ("grpc.keepalive_time_ms", round(keepalive_s * 1000)),
        ("grpc.keepalive_timeout_ms", ping_timeout_ms),
        # Without these two a frozen peer goes unnoticed for 60 s, on an idle stream for ever.
        ("grpc.http2.ping_timeout_ms", ping_timeout_ms),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.keepalive_permit_without_calls", 1),
    ]
