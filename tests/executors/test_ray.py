"""Ray Data on a cluster of two raylets on this machine, one of which is lost on the way."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from curate.building import build
from curate.errors import StepFailed, UsageError
from curate.executors import opened
from curate.executors.ray_cluster import RaySettings
from curate.recipe import Recipe
from curate.run import Run


def test_without_ray_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'curate-posttrain\[ray\]'"):
        RaySettings(executor="ray").open()


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A head with one core and a second node with one; what is started here is stopped here."""
    pytest.importorskip("ray", reason="needs the extra [ray]")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # workers find the tasks below
    import ray
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.second = made.add_node(num_cpus=1)
    made.wait_for_nodes()
    try:
        yield made
    finally:
        ray.shutdown()
        made.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # ray's own
def test_two_raylets_give_what_one_process_gives(
    recipe: Recipe, tmp_path: Path, cluster: Any, assert_equal_runs: Callable[[Run, Run], None]
) -> None:
    (tmp_path / "ray.yaml").write_text(
        f'{{executor: ray, address: "{cluster.address}", rows: 20, requests: 32, spread: all, models: 2}}'
    )
    with opened(str(tmp_path / "ray.yaml")) as executor:
        there = build(recipe, tmp_path / "there", executor=executor)
    assert_equal_runs(build(recipe, tmp_path / "here"), there)


@dataclass(frozen=True)
class Slow:
    """A task that takes its time and notes where it ran."""

    notes: str
    holds_model: bool = False

    def __call__(self, part: bytes, /) -> bytes:
        import ray

        time.sleep(0.5)
        (Path(self.notes) / f"{part.decode()}-{ray.get_runtime_context().get_node_id()}").touch()
        return part[::-1]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_raylet_that_is_lost_on_the_way_loses_no_part(tmp_path: Path, cluster: Any) -> None:
    parts = [f"part-{number:02d}".encode() for number in range(40)]
    executor = RaySettings(executor="ray", address=cluster.address).open()

    def remove_one() -> None:
        while len({path.name.split("-")[2] for path in tmp_path.iterdir()}) < 2:
            time.sleep(0.1)
        cluster.remove_node(cluster.second, allow_graceful=False)

    removing = threading.Thread(target=remove_one)
    removing.start()
    done = sorted(executor.map("slow", Slow(str(tmp_path)), parts, tmp_path))
    removing.join(timeout=60)
    executor.close()
    assert not removing.is_alive()
    assert done == [(number, part[::-1]) for number, part in enumerate(parts)]


@pytest.mark.filterwarnings("default")
def test_a_cluster_that_does_not_answer_is_one_clear_error(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra [ray]")
    executor = RaySettings(executor="ray", address="127.0.0.1:1").open()
    with pytest.raises(StepFailed, match=r"no Ray cluster answers at 127\.0\.0\.1:1: Connection refused"):
        list(executor.map("x", Slow(""), [b"a"], tmp_path))
