"""The README's tour does what it says when it is pasted."""

import json
import re
import subprocess
import sys

from tests.integration.service import ROOT, Service

BLOCKS = re.compile(r"^```sh tour\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_line_of_the_tour_succeeds(service: Service) -> None:
    script = "\n".join(BLOCKS.findall((ROOT / "README.md").read_text()))
    calls = len(re.findall(r"^curl ", script, re.MULTILINE))
    assert calls >= 15
    script = script.replace("127.0.0.1:8000", f"127.0.0.1:{service.port}")
    script = script.replace(".venv/bin/flask", f"{sys.executable} -m flask")
    # a line behind every answer, and no call may fail quietly
    script = script.replace("curl -s", "curl -sS -w '\\n'")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=service.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.removeprefix("data: ") for line in done.stdout.splitlines()]
    answers = [json.loads(line) for line in lines if line.startswith("{")]
    exported = [answer for answer in answers if "type" in answer]
    assert {answer["type"] for answer in exported} >= {"account", "event", "session"}
    answers = [answer for answer in answers if answer not in exported]
    of_batch = [answer for answer in answers if answer.get("user_id") and "status" not in answer]
    assert [answer["user_id"] for answer in of_batch] == ["2018", "bob"]
    others = [answer for answer in answers if answer not in of_batch]
    assert len(others) == calls - 2  # one was the batch, one the export
    assert {answer["status"] for answer in others} == {"success"}, answers


def test_every_setting_is_in_the_table() -> None:
    from config import Settings

    readme = (ROOT / "README.md").read_text()
    missing = [name for name in Settings.model_fields if f"`{name.upper()}`" not in readme]
    assert not missing
