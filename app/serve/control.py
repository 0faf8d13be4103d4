"""Operators' commands to running workers: over a Unix socket, one line of JSON each way."""

import os
import selectors
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any, Self

import orjson
import structlog

from app.domain.errors import AppError

log = structlog.get_logger(__name__)

Command = Callable[[dict[str, Any]], dict[str, Any]]
MAX_LINE_BYTES = 64 * 1024

_ANSWER_SECONDS = 10.0
_REQUEST_SECONDS = 3.0
_PAUSE_SECONDS = 1.0
_SUFFIX = ".sock"
_DESCRIPTORS = Path("/proc/self/fd")


class SocketFolder:
    """An open folder with one socket a process, named by its id. What cannot be done is OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    @classmethod
    def made(cls, path: Path) -> Self:
        """Open the folder for its owner alone, making it if need be."""
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        return cls(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._descriptor)

    def pids(self) -> list[int]:
        """Return the processes that have a socket here, dead ones too, in order."""
        names = (Path(name) for name in os.listdir(self._descriptor))
        return sorted(int(n.stem) for n in names if n.suffix == _SUFFIX and n.stem.isdigit())

    def listen(self, pid: int) -> socket.socket:
        """Return a listening socket of the process, for its owner alone."""
        self.remove(pid)
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(self._address(pid))
            os.chmod(_name(pid), 0o600, dir_fd=self._descriptor)
            listener.listen()
        except BaseException:
            listener.close()
            raise
        return listener

    def connect(self, pid: int, *, seconds: float) -> socket.socket:
        """Return a connection to the process; raise OSError if there is none within `seconds`."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(seconds)
            connection.connect(self._address(pid))
        except BaseException:
            connection.close()
            raise
        return connection

    def remove(self, pid: int) -> None:
        with suppress(FileNotFoundError):
            os.unlink(_name(pid), dir_fd=self._descriptor)

    def remove_dead(self) -> None:
        """Remove the sockets whose process is gone and on which nobody listens."""
        for pid in self.pids():
            if _lives(pid):  # a connection to try it would only disturb
                continue
            try:
                self.connect(pid, seconds=1.0).close()  # of a container with ids of its own
            except ConnectionRefusedError:
                self.remove(pid)
            except OSError:
                continue

    def _address(self, pid: int) -> str:
        return short_address(self._path / _name(pid), self._descriptor)


def short_address(path: Path, folder: int, descriptors: Path = _DESCRIPTORS) -> str:
    """Return an address of the socket: the kernel takes about 100 bytes, and folders lie deep.

    folder : descriptor of the open folder of `path`, by which Linux reaches it in a few bytes.
    """
    if descriptors.is_dir():
        return str(descriptors / str(folder) / path.name)
    return min(str(path), os.path.relpath(path), key=len)


def _name(pid: int) -> str:
    return f"{pid}{_SUFFIX}"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it lives, and is somebody else's
    return True


def ask_all(
    folder: Path, command: str, *, seconds: float = _ANSWER_SECONDS, **arguments: Any
) -> dict[int, dict[str, Any]]:
    """Ask every worker that listens, one after the other; return the answers by process id.

    A worker that cannot do it, or says nothing for `seconds`, is answered for by {"error": words}.
    What dead workers left is removed. Raises OSError where the folder is not ours to read.
    """
    try:
        opened = SocketFolder(folder)
    except FileNotFoundError:
        return {}
    request = {**arguments, "command": command}
    with opened as workers:
        workers.remove_dead()
        answers = {pid: _ask(workers, pid, request, seconds) for pid in workers.pids()}
    return {pid: answer for pid, answer in answers.items() if answer is not None}


def _ask(
    workers: SocketFolder, pid: int, request: dict[str, Any], seconds: float
) -> dict[str, Any] | None:
    try:
        with workers.connect(pid, seconds=seconds) as connection:
            connection.sendall(_encode(request))
            return _receive(connection, seconds=seconds)
    except (ConnectionRefusedError, FileNotFoundError):
        return None  # another process bears the id of a dead worker, or it ended just now
    except TimeoutError:
        return {"error": f"It has not answered within {seconds:g} seconds."}
    except (OSError, ValueError) as error:
        return {"error": f"It has not answered: {error}."}


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
        patience_seconds: float = _REQUEST_SECONDS,
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
            answer = self._answer(_receive(connection, seconds=self._patience))
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
            return _encode(command(request))
        except AppError as error:
            return _failure(error.message)
        except Exception:
            log.exception("control command failed", command=name)
            return _failure("The command failed; the worker's log says how.")


def _failure(words: str) -> bytes:
    return _encode({"error": words})


def _encode(message: dict[str, Any]) -> bytes:
    """Return the line that carries an object; raise TypeError where JSON has no words for it."""
    return orjson.dumps(message) + b"\n"


def _receive(connection: socket.socket, *, seconds: float) -> dict[str, Any]:
    """Return the next object.

    Raises ValueError, with words, for a line that is too long or no JSON object, TimeoutError when
    it is not there in time, and another OSError when the other side hangs up.
    """
    line = _line(connection, time.monotonic() + seconds)
    try:
        message = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise ValueError("The line is no JSON.") from None
    if not isinstance(message, dict):
        raise ValueError("The line is no JSON object.")
    return message


def _line(connection: socket.socket, deadline: float) -> bytes:
    received = b""
    while True:
        line, end, _ = received.partition(b"\n")
        if len(line) > MAX_LINE_BYTES:
            raise ValueError(f"The line is longer than {MAX_LINE_BYTES} bytes.")
        if end:
            return line
        received += _more(connection, deadline)


def _more(connection: socket.socket, deadline: float) -> bytes:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("nothing was said in time")
    connection.settimeout(left)
    more = connection.recv(MAX_LINE_BYTES)
    if not more:
        raise ConnectionAbortedError("hung up")
    return more
