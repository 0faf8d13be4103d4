"""The end at which a worker listens."""

import os
import selectors
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import structlog

from app.domain.errors import AppError
from app.serve.control import wire
from app.serve.control.folder import SocketFolder

log = structlog.get_logger(__name__)

Command = Callable[[dict[str, Any]], dict[str, Any]]

_PATIENCE_SECONDS = 3.0
_PAUSE_SECONDS = 1.0


class ControlServer:
    """Answers commands on a socket of this process, one at a time, in a thread of its own.

    A request is `{"command": name, ...}`; it is handed to the command of that name, and what that
    returns is the answer. A failure is answered by `{"error": words}`; a command fails with words
    of its own by an AppError.
    """

    def __init__(
        self,
        folder: Path,
        commands: Mapping[str, Command],
        *,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._folder = folder
        self._commands = commands
        self._patience = patience_seconds
        self._pid = os.getpid()
        self._bell: socket.socket | None = None
        self._thread: Thread | None = None

    def start(self) -> None:
        """Listen. A worker serves its shoppers without this too: failure is logged."""
        self._pid = os.getpid()
        try:
            with SocketFolder.made(self._folder) as folder:
                folder.remove_dead()
                listener = folder.listen(self._pid)
            self._bell, ring = socket.socketpair()
        except OSError as error:
            log.warning("no control socket", folder=str(self._folder), reason=str(error))
            return
        self._thread = Thread(target=self._run, args=(listener, ring), name="control", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more; a command under way is waited for a moment."""
        if self._thread is None or self._bell is None:
            return
        with suppress(OSError), SocketFolder(self._folder) as folder:
            folder.remove(self._pid)
        self._bell.close()
        self._thread.join(timeout=5)
        self._thread = None

    def _run(self, listener: socket.socket, ring: socket.socket) -> None:
        listener.setblocking(False)  # who knocked may be gone again
        with listener, ring, selectors.DefaultSelector() as waiting:
            waiting.register(listener, selectors.EVENT_READ)
            waiting.register(ring, selectors.EVENT_READ)
            while ring not in [key.fileobj for key, _ in waiting.select()]:
                try:
                    self._accept(listener)
                except BlockingIOError:
                    continue
                except OSError as error:
                    log.warning("control socket stumbled", reason=str(error))
                    time.sleep(_PAUSE_SECONDS)  # whoever knocks is still there

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                self._attend(connection)
            except OSError as error:
                log.info("control client dropped", reason=str(error))

    def _attend(self, connection: socket.socket) -> None:
        try:
            answer = self._answer(wire.receive(connection, seconds=self._patience))
        except ValueError as error:
            answer = _failure(str(error))
        connection.settimeout(self._patience)
        connection.sendall(answer)

    def _answer(self, request: dict[str, Any]) -> bytes:
        name = request.get("command")
        command = self._commands.get(name) if isinstance(name, str) else None
        if command is None:
            known = ", ".join(sorted(self._commands))
            return _failure(f"There is no command {name!r}. There are: {known}.")
        try:
            return wire.encode(command(request))
        except AppError as error:
            return _failure(error.message)
        except Exception:
            log.exception("control command failed", command=name)
            return _failure("The command failed; the worker's log says how.")


def _failure(words: str) -> bytes:
    return wire.encode({"error": words})
