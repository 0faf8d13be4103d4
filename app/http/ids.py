"""Ids that are made here."""

import random


def new_id() -> str:
    """Return 16 random hexadecimal digits. No secret, so the system need not be asked for them.

    Asking it lets go of the interpreter's lock, and costs a turn when threads are waiting.
    """
    return f"{random.getrandbits(64):016x}"
