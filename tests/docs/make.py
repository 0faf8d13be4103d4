"""Writes the generated parts of the docs: `python -m tests.docs.make`."""

from pathlib import Path

from app.domain.setting import Setting
from app.domain.settings import SETTINGS

SETTINGS_PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
BEGIN = "<!-- settings: written by `make docs`, do not edit -->"
END = "<!-- /settings -->"


def settings_table() -> str:
    public = [row for row in SETTINGS.values() if not row.internal]
    head = ["| Setting | Default | Allowed | Meaning |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *(_line(row) for row in public)])


def _line(row: Setting) -> str:
    default = "" if row.is_mapping else f"`{row.default}`"
    told = row.help.replace("|", "\\|")
    if row.formerly:
        told += f" Formerly `{row.formerly}`, which is still accepted."
    if row.stale:
        told += f" *Computed from it: {', '.join(row.stale)}.*"
    return f"| `{row.name}` | {default} | {row.allowed} | {told} |"


def with_table(page: str) -> str:
    """Return the page with its table as it should be."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{settings_table()}\n{END}{after}"


if __name__ == "__main__":
    SETTINGS_PAGE.write_text(with_table(SETTINGS_PAGE.read_text()))
