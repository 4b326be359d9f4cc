"""The shape of the tree: which way imports go, what an import costs, what names are free."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {"rewards": {"rewards"}, "curate": {"rewards", "curate"}, "trainers": {"rewards", "curate", "trainers"}}
HEAVY = {
    "torch",
    "transformers",
    "trl",
    "vllm",
    "datasets",
    "polars",
    "sympy",
    "math_verify",
    "pint",
    "aiohttp",
    "pydantic",
}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_imports_go_one_way(package: str) -> None:
    ours = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imports(path)
        if name in MAY_IMPORT and name not in MAY_IMPORT[package]
    }
    assert not ours


@pytest.mark.parametrize("depth", [None, 2])
def test_no_files_and_no_folders_import_each_other_in_a_circle(depth: int | None) -> None:
    """Nor inside a function, nor for a type alone. depth: 2 for the files and folders right inside a package."""
    names = {path: _name(path) for package in MAY_IMPORT for path in modules(package)}
    taken: dict[str, set[str]] = {}
    for path, name in names.items():
        room, others = _within(name, depth), {_within(one, depth) for one in _taken(path, set(names.values()))}
        taken.setdefault(room, set()).update(others - {room})
    try:
        TopologicalSorter(taken).prepare()
    except CycleError as found:
        pytest.fail(" -> ".join(reversed(found.args[1])))


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _within(name: str, depth: int | None) -> str:
    return ".".join(name.split(".")[:depth])


def _taken(path: Path, known: set[str]) -> Iterator[str]:
    """The modules of ours that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            for name in node.names:
                module = f"{node.module}.{name.name}"
                yield module if module in known else node.module


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_no_file_hides_a_module_we_import(package: str) -> None:
    """Run as a script, a file's folder comes first on sys.path: its siblings must not have the name of a library."""
    taken = {name for root in MAY_IMPORT for path in modules(root) for name in imports(path)} - set(MAY_IMPORT)
    hiding = {
        str(path.relative_to(ROOT)) for path in modules(package) if path.stem in taken and path.stem != "__init__"
    }
    assert not hiding


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_no_name_of_a_package_is_also_a_module_in_it(package: str) -> None:
    """Importing `curate.build` would put the module in the place of the function `curate.build` for good."""
    clashing = []
    for init in (ROOT / package).rglob("__init__.py"):
        name = ".".join(init.parent.relative_to(ROOT).parts)
        module = import_module(name)
        offered = {*getattr(module, "__all__", ()), *(module.names() if name == "rewards" else ())}
        inside = {path.stem for path in init.parent.iterdir() if path.suffix == ".py" or path.is_dir()}
        clashing += [f"{name}.{one}" for one in sorted(offered & inside)]
    assert not clashing


@pytest.mark.parametrize("package", ["rewards", "curate", "trainers"])
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    code = f"import sys, {package}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded)


def test_help_loads_nothing_heavy() -> None:
    code = "import sys\nfrom curate.cli import app\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded)


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "common", "helpers", "misc", "base_step", "manager"}
    assert not [str(path) for package in MAY_IMPORT for path in modules(package) if path.stem in drawers]
