"""What the person at the terminal reads when the service is up."""

import json
from pathlib import Path

from config import Settings


def welcome(settings: Settings, address: str) -> str:
    """Return the address, and how to get in."""
    lines = ["", f"Shelfwise is at {address}  (API page: {address}/docs)"]
    access = settings.data_dir / "demo_access.json"
    if settings.shows_demo and access.exists():
        lines += _demo(access)
    else:
        lines.append("Make keys with: .venv/bin/flask keys create --role admin|storefront|browser")
    return "\n".join([*lines, "Stop with Ctrl-C; the data stay.", ""])


def _demo(path: Path) -> list[str]:
    known = json.loads(path.read_text())
    keys = [
        f"{role.capitalize() + ' key':<15} {known[role]}"
        for role in ("storefront", "browser", "admin")
    ]
    return [f"Demo login      user_id {known['user_id']}, password {known['password']}", *keys]
