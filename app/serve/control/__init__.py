"""How an operator's commands reach a worker: over a Unix socket, in one line of JSON each way."""

from app.serve.control.client import ask_all
from app.serve.control.server import Command, ControlServer

__all__ = ["Command", "ControlServer", "ask_all"]
