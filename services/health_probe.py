"""Asks one service whether it can do its work: `python -m services.health_probe HOST:PORT | http://HOST:PORT/PATH`.

Exit code 0 if it can, 1 if it cannot or does not answer; for container health checks.
"""

from __future__ import annotations

import sys
import urllib.request

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

TIMEOUT_S = 2.0


def main() -> int:
    """Exit code of the probe of the one address given."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m services.health_probe HOST:PORT | http://HOST:PORT/PATH\n")
        return 2
    address = sys.argv[1]
    return 0 if (_answers_http(address) if address.startswith("http://") else _is_serving(address)) else 1


def _is_serving(address: str) -> bool:
    with grpc.insecure_channel(address) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            sys.stderr.write(f"{address}: {error.code().name}\n")
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _answers_http(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            return bool(answer.status == 200)
    except OSError as error:
        sys.stderr.write(f"{url}: {error}\n")
        return False


if __name__ == "__main__":
    sys.exit(main())
