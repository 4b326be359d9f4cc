"""Every block shown in README and docs is run: what the reader copies works, what the reader is shown is what comes.

| fence | what is done with it |
|---|---|
| `console` | each `$ command` is run; what follows it must match its output, `...` standing for anything |
| `python` | run, as it stands |
| `yaml` with `steps:`, `rounds:`, `method:` | read as a recipe, a loop, a training |
| `bash` | its `make` targets and `curate` verbs must exist |

The blocks of one file run in order, in one folder, which holds a copy of `recipes/`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

import pytest

from curate.cli import app, rewards_app
from curate.recipe import load_recipe
from trainers.config import load_config
from trainers.looping import load_loop

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
READERS: dict[str, Callable[[Path], object]] = {"steps": load_recipe, "rounds": load_loop, "method": load_config}
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRESS = re.compile(r"^.+: [\d,]+/[\d,]+ rows\b.*\n", re.MULTILINE)
"""What a slow machine says every half a minute beside what is shown."""


class Block(NamedTuple):
    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [Block(m[1], m[2], text.count("\n", 0, m.start()) + 1) for m in FENCE.finditer(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "recipes", tmp_path / "recipes")
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        if block.language == "console":
            run_console(block, tmp_path, where)
        elif block.language == "python":
            done = run([sys.executable, "-c", block.text], tmp_path)
            assert done.returncode == 0, f"{where}\n{done.stdout}"
        elif block.language == "yaml":
            read_yaml(block, tmp_path / "shown.yaml")
        elif block.language == "bash":
            check_commands(block, where)


def read_yaml(block: Block, path: Path) -> None:
    """As a recipe, a loop or a training, by the key that only one of them has; a part of one is only read by people."""
    path.write_text(block.text)
    for key, reader in READERS.items():
        if re.search(rf"^{key}:", block.text, re.MULTILINE):
            reader(path)


def run(command: list[str] | str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run with the tools of this environment on the path; stderr belongs to what a reader sees."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "NO_COLOR": "1", "COLUMNS": "120", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command,
        shell=isinstance(command, str),
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )


def run_console(block: Block, folder: Path, where: str) -> None:
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        done = run(command, folder)
        assert matches(expected, PROGRESS.sub("", done.stdout)), (
            f"{where}: $ {command}\nshown:\n{expected}\ncame (exit {done.returncode}):\n{done.stdout}"
        )


def matches(expected: str, output: str) -> bool:
    """Whether `output` is `expected`, `...` standing for anything and white space at line ends left out."""
    pieces = [
        re.escape(piece) for piece in "\n".join(line.rstrip() for line in expected.strip().splitlines()).split("...")
    ]
    told = "\n".join(line.rstrip() for line in output.strip().splitlines())
    return re.fullmatch(".*?".join(pieces), told, re.DOTALL) is not None


def check_commands(block: Block, where: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    verbs = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    verbs |= {group.name for group in app.registered_groups}
    verbs |= {point.name for point in entry_points(group="curate.commands")}
    for target in re.findall(r"^(?:\w+=\S+ )*make ([a-z-]+)", block.text, re.MULTILINE):
        assert target in targets, f"{where}: make {target}"
    for verb in re.findall(r"(?:^|/)curate ([a-z]+)", block.text, re.MULTILINE):
        assert verb in verbs, f"{where}: curate {verb}"


def test_every_command_is_documented() -> None:
    shown = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    verbs = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    verbs += [f"rewards {command.name or ''}".strip() for command in rewards_app.registered_commands]
    verbs += [point.name for point in entry_points(group="curate.commands")]
    assert not [verb for verb in verbs if f"curate {verb}" not in shown]


def test_the_matcher_can_fail() -> None:
    assert matches("a...c", "a b\nc")
    assert not matches("a...d", "a b\nc")
    assert not matches("a", "a\nb")
