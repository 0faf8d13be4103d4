"""Writes the golden answers: `python -m tests.golden.make shelves`.

An answer that is meant to change is written in a commit of its own that says so.
"""

import sys
from pathlib import Path

import orjson

from tests.golden.digests import digest
from tests.golden.shelves import answers

FOLDER = Path(__file__).parent
DIGESTS = FOLDER / "shelves.jsonl"
READABLE = FOLDER / "shelves_readable.jsonl"
READ_EVERY = 20
"""One answer in so many is kept whole, for people to read and to compare."""


def make_shelves() -> None:
    with DIGESTS.open("wb") as digests, READABLE.open("wb") as readable:
        for number, answer in enumerate(answers()):
            digests.write(orjson.dumps(digest(answer["answer"])) + b"\n")
            if number % READ_EVERY == 0:
                readable.write(orjson.dumps(answer) + b"\n")


if __name__ == "__main__":
    makers = {"shelves": make_shelves}
    if len(sys.argv) != 2 or sys.argv[1] not in makers:
        sys.exit(f"Say what to write: {', '.join(makers)}")
    makers[sys.argv[1]]()
