"""The Dockerfile, read line by line, and its builder's steps run without Docker."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Step(NamedTuple):
    """One instruction: its word in capitals, and what follows it."""

    word: str
    rest: str


def stages() -> list[list[Step]]:
    """Return the Dockerfile's stages, each as its steps; continued lines are joined."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    found: list[list[Step]] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if not line.strip():
            continue
        word, _, rest = line.strip().partition(" ")
        if word.upper() == "FROM":
            found.append([])
        found[-1].append(Step(word.upper(), rest.strip()))
    return found


def rests(steps: list[Step], word: str) -> list[str]:
    """Return what follows each instruction of one kind."""
    return [step.rest for step in steps if step.word == word]


def test_the_image_has_two_stages_from_the_same_python() -> None:
    """The environment is built and run by the same Python, or its compiled parts would not load."""
    builder, final = stages()
    assert rests(builder, "FROM") == ["python:3.11-slim AS builder"]
    assert rests(final, "FROM") == ["python:3.11-slim"]
    assert rests(final, "COPY") == ["--from=builder /opt/venv /opt/venv"]


def test_the_final_stage_installs_nothing() -> None:
    """The final stage fetches nothing: what runs is what the builder installed by hash."""
    for run in rests(stages()[-1], "RUN"):
        assert not re.search(r"\b(apt|apt-get|curl|wget)\b|pip3?\s+install", run), run


def test_the_builder_installs_by_hash() -> None:
    """Every package that the builder fetches is held to a hash; the project brings no other."""
    installs = [run for run in rests(stages()[0], "RUN") if "pip install" in run]
    assert installs
    for run in installs:
        assert "--require-hashes" in run or {"--no-deps", "--no-build-isolation"} <= set(
            run.split()
        )


def test_the_service_does_not_run_as_root() -> None:
    """The last USER is an account without root's rights."""
    user = rests(stages()[-1], "USER")[-1]
    assert user.partition(":")[0] not in {"root", "0"}


def test_the_health_check_asks_whether_the_service_is_ready() -> None:
    """Docker asks /health/ready, with the Python that is there, and fails when the answer does."""
    (check,) = rests(stages()[-1], "HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])
    assert command[:2] == ["python", "-c"]
    assert "urllib.request" in command[2]
    assert "http://127.0.0.1:8000/health/ready" in command[2]
    compile(command[2], "HEALTHCHECK", "exec")
    nothing_listens = command[2].replace(":8000", ":9")
    assert subprocess.run(
        [sys.executable, "-c", nothing_listens], check=False, capture_output=True
    ).returncode


def test_the_service_is_reached_from_outside_and_keeps_its_data_in_one_place() -> None:
    """The image listens on every address at 8000, and its data is under the one volume."""
    final = stages()[-1]
    settings = dict(pair.split("=", 1) for env in rests(final, "ENV") for pair in shlex.split(env))
    assert settings["CAPMAP_HOST"] == "0.0.0.0"  # noqa: S104 - a container's own network
    assert rests(final, "VOLUME") == [settings["CAPMAP_DATA_DIR"]]
    assert rests(final, "EXPOSE") == ["8000"]
    assert json.loads(rests(final, "CMD")[-1]) == ["capmap", "serve"]


@pytest.mark.package_index
@pytest.mark.skipif(os.name == "nt", reason="the steps are a POSIX shell's")
def test_the_builders_steps_make_an_environment_that_starts(tmp_path: Path) -> None:
    """The builder's own COPY and RUN steps, at other paths, end in a `capmap` that runs.

    What built the environment is gone from it, and the files that are not Python are inside.
    """
    venv, source = tmp_path / "venv", tmp_path / "src"
    source.mkdir()
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}"}
    environment.pop("PYTHONPATH", None)
    environment["PIP_NO_COMPILE"] = "1"  # bytecode is made at the first import as well
    for word, rest in stages()[0]:
        if word == "COPY":
            *froms, to = rest.split()
            for name in froms:
                target = source / to if to.rstrip("/") not in {"", "."} else source / name
                target.parent.mkdir(parents=True, exist_ok=True)
                if (ROOT / name).is_dir():
                    unseen = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(ROOT / name, target, ignore=unseen)
                else:
                    shutil.copy(ROOT / name, target)
        elif word == "RUN":
            command = rest.replace("/opt/venv", str(venv)).replace("--no-cache-dir ", "")
            subprocess.run(command, shell=True, check=True, cwd=source, env=environment)  # noqa: S602 - the Dockerfile's own words

    packages = next((venv / "lib").glob("python*/site-packages"))
    for wanted in ("*.sql", "*.json", "*.ndjson"):
        for room in ("service", "migrations"):
            inside = {path.relative_to(packages) for path in (packages / room).rglob(wanted)}
            assert inside == {path.relative_to(ROOT) for path in (ROOT / room).rglob(wanted)}
    assert not (packages / "pip").exists()
    assert not (packages / "hatchling").exists()

    shutil.rmtree(source)
    shown = subprocess.run(
        [venv / "bin" / "capmap", "--help"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment,
    )
    assert shown.returncode == 0, shown.stderr
    assert "serve" in shown.stdout
