"""The examples in docs/deploy, as far as they can be tried without the machines that they are for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from reporter.cli import reporter

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"


def test_units_are_right_and_hardened(tmp_path: Path) -> None:
    """systemd itself reads them; how exposed a service is, it says in numbers from 0 to 10."""
    if not (tool := shutil.which("systemd-analyze")):
        pytest.skip("systemd is not on this machine")
    program = str(Path(sys.executable).with_name("reporter"))
    names = ("reporter.service", "reporter-once.service", "reporter-once.timer")
    for name in names:
        (tmp_path / name).write_text((DEPLOY / name).read_text().replace("/opt/reporter/.venv/bin/reporter", program))
    paths = [str(tmp_path / name) for name in names]
    seen = subprocess.run([tool, "verify", "--man=no", *paths], capture_output=True, text=True, check=False, timeout=60)
    complaints = [line for line in seen.stderr.splitlines() if "reporter" in line]
    assert seen.returncode == 0 and not complaints, seen.stderr
    for path in paths[:2]:
        told = subprocess.run(
            [tool, "security", "--offline=true", "--no-pager", path], capture_output=True, text=True, check=False
        )
        if level := re.search(r"Overall exposure level for \S+: ([\d.]+)", told.stdout):  # older ones cannot
            assert float(level[1]) < 4


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        ("reporter.service", r"^ExecStart=\S+ (.*)$"),
        ("reporter-once.service", r"^ExecStart=\S+ (.*)$"),
        ("cronjob.yaml", r"args: \[(.*)\]"),
        ("Dockerfile", r'^CMD \["(.*)"\]$'),
        ("Dockerfile", r'HEALTHCHECK .* CMD \["reporter", "(.*)"\]'),
    ],
)
def test_commands_exist(path: str, arguments: str) -> None:
    (found,) = re.findall(arguments, (DEPLOY / path).read_text(), re.MULTILINE)
    words = re.sub(r"[,\"]", " ", found).split()
    shown = CliRunner().invoke(reporter, [*words, "--help"])
    assert shown.exit_code == 0 and shown.output.startswith("Usage: ")


def test_containers_are_not_root_and_read_only() -> None:
    yaml: Any = YAML(typ="safe")
    service = yaml.load(DEPLOY / "compose.yaml")["services"]["reporter"]
    assert (
        service["init"] and service["read_only"] and service["cap_drop"] == ["ALL"] and service["restart"] == "always"
    )
    job = yaml.load(DEPLOY / "cronjob.yaml")["spec"]
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert job["concurrencyPolicy"] == "Forbid" and pod["restartPolicy"] == "Never"
    assert pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"]
    assert {one["name"] for one in container["volumeMounts"]} == {one["name"] for one in pod["volumes"]}


def test_nothing_is_wanted_of_a_home(tmp_path: Path) -> None:
    """A system user has none, and in a container it cannot be written: what libraries keep goes to our cache folder."""
    where = {"HOME": "/nonexistent", "XDG_CACHE_HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", "import reporter.document.pdf, reporter.charts, reporter.prices.yahoo"]
    done = subprocess.run(command, env=where, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list((tmp_path / "market-brief").glob("fontlist-*.json"))


def test_the_image_gets_what_a_wheel_is_made_of() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    copied = {name for line in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE) for name in line.split()}
    assert all((ROOT / name).exists() for name in copied)
    assert copied >= {
        "pyproject.toml",
        "requirements.lock",
        "reporter",
        "templates",
        "config.yaml",
        "README.md",
        "LICENSE",
    }
    assert re.search(r"^USER reporter$", text, re.MULTILINE)
