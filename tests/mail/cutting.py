"""A TCP proxy that cuts the line after so many bytes from the server: the network at its worst."""

import contextlib
import socket
import threading
from collections.abc import Iterator


class CuttingProxy:
    """``cuts``: after how many bytes each connection in turn is cut; the ones after the last stay whole."""

    def __init__(self, target: int, cuts: list[int]) -> None:
        self._target = target
        self._cuts = list(cuts)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.made = 0  # cuts that really happened
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_all(self) -> None:
        """Break every connection that stands now."""
        for line in self._open:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        self._door.close()
        self.cut_all()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self._open += [client, server]
            left = self._cuts.pop(0) if self._cuts else None
            threading.Thread(target=self._copy, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self._copy, args=(server, client, left), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, left: int | None) -> None:
        try:
            while data := source.recv(4096 if left is None else min(4096, left)):
                target.sendall(data)
                left = None if left is None else left - len(data)
                if left == 0:
                    self.made += 1
                    break
        except OSError:
            pass  # the other direction was cut
        for line in (source, target):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()


@contextlib.contextmanager
def cutting_proxy(target: int, cuts: list[int]) -> Iterator[CuttingProxy]:
    proxy = CuttingProxy(target, cuts)
    try:
        yield proxy
    finally:
        proxy.close()
