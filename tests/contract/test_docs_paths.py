"""What the documents say of the code: files, modules and links that exist, layers as enforced."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "tests/golden/README.md", *sorted(ROOT.glob("docs/*.md"))]
PATH = re.compile(r'(?:`|<br/>|")(app/[\w./-]*|tests/[\w./-]*|\w[\w.-]*/[\w./-]*\.py)(?=[`"<])')
"""In backticks, or a line of a box in a drawing."""
NAME = re.compile(r"`(\w+\.py)`")
MODULE = re.compile(r"`(app(?:\.\w+)+)`|python -m ((?:app|benchmarks|tests)(?:\.\w+)*)")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def missing_in(document: Path) -> Iterator[str]:
    text = document.read_text()
    yield from (path for path in PATH.findall(text) if not (ROOT / path).exists())
    for path in LINK.findall(text):
        if not (document.parent / path).exists():
            yield path
    for name in NAME.findall(text):
        folders = ("app", "benchmarks", "tests")
        if not (ROOT / name).exists() and not any(
            p for f in folders for p in (ROOT / f).rglob(name)
        ):
            yield name
    for groups in MODULE.findall(text):
        module = ROOT / "".join(groups).replace(".", "/")
        if not module.is_dir() and not module.with_suffix(".py").exists():
            yield "".join(groups)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_what_exists(document: Path) -> None:
    assert list(missing_in(document)) == []


@pytest.mark.parametrize(
    "text",
    [
        "`app/engine/gone.py`",
        "`engine/tables/ids.py`",
        "`app/gone`",
        'box["app/engine<br/>app/gone"]',
        "`gone.py`",
        "`app.gone`",
        "python -m app.gone",
        "[a page](gone.md)",
    ],
)
def test_what_does_not_exist_is_found(text: str, tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text(text)
    assert len(list(missing_in(document))) == 1


@pytest.mark.parametrize(
    ("document", "section", "row"),
    [
        ("README.md", "Code layout", r"^\| \[app/(\w+)(?:\.py)?\]"),
        ("docs/architecture.md", "Layers", r"^\| `(\w+)` \|"),
    ],
)
def test_a_table_of_layers_is_in_the_enforced_order(document: str, section: str, row: str) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    enforced = [name.strip() for layer in reversed(layers) for name in layer.split("|")]
    text = (ROOT / document).read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    assert re.findall(row, text, re.MULTILINE) == enforced
