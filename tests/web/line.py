"""The line between a browser and the gateway, which a test can cut."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Line:
    """A TCP proxy on a port of its own. ``cut`` ends every connection; until ``mend`` new ones get a 502."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.is_cut = False
        self.port = 0

    async def start(self) -> None:
        """Listen on loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1")
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and end what is open."""
        assert self._server
        self._server.close()
        self._end_all()

    def cut(self) -> None:
        """End every connection and answer new ones with 502."""
        self.is_cut = True
        self._end_all()

    def mend(self) -> None:
        """Let connections through again."""
        self.is_cut = False

    @property
    def connections(self) -> int:
        """How many connections browsers have open."""
        return len(self._open)

    def _end_all(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            writer.close()
            return
        self._open.add(writer)
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        with suppress(ConnectionError):
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        for end in (writer, back):
            end.close()
        self._open.discard(writer)

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()
