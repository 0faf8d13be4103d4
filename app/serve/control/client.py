"""The end from which an operator's command asks."""

from pathlib import Path
from typing import Any

from app.serve.control import wire
from app.serve.control.folder import SocketFolder

_PATIENCE_SECONDS = 10.0


def ask_all(
    folder: Path, command: str, *, seconds: float = _PATIENCE_SECONDS, **arguments: Any
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
            connection.sendall(wire.encode(request))
            return wire.receive(connection, seconds=seconds)
    except (ConnectionRefusedError, FileNotFoundError):
        return None  # another process bears the id of a dead worker, or it ended just now
    except TimeoutError:
        return {"error": f"It has not answered within {seconds:g} seconds."}
    except (OSError, ValueError) as error:
        return {"error": f"It has not answered: {error}."}
