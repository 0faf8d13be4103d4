"""The folder of the workers' sockets: short addresses however deep it lies, and who is dead."""

import os
import socket
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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
        """Remove the socket of the process, if it is there."""
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
