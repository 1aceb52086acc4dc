"""Slots over the Attach stream itself, for agents that do not open the slot port: the newest observation wins."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc

from hiercoop.rpc.v1.channel_sim_service_pb2 import SlotObservation


class GrpcSlots:
    """Writes observations to one stream, one at a time; a slow reader misses slots and delays nobody."""

    def __init__(self, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        self._context = context
        self._newest: SlotObservation | None = None
        self._has_news = asyncio.Event()
        self._writing = asyncio.create_task(self._write())

    def send(self, observation: SlotObservation) -> None:
        """Sends this observation as soon as the last one is out."""
        self._newest = observation
        self._has_news.set()

    def stop(self) -> None:
        """Sends nothing more."""
        self._writing.cancel()

    async def _write(self) -> None:
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            if self._newest is not None:
                await self._context.write(self._newest)
