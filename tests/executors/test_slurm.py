"""Slurm without a cluster: the job files are those that datatrove writes, and their tasks are run as Slurm would."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.building import build
from curate.errors import StepFailed, UsageError
from curate.executors import opened
from curate.recipe import Recipe
from curate.run import Run

pytest.importorskip("datatrove", reason="needs the extra [slurm]")
pytestmark = pytest.mark.filterwarnings("default")  # datatrove's own

# Stand-ins for the four commands of Slurm that are called. sbatch runs the array of a job file, task by task, through
# bash, with the variables that Slurm sets; jobs that only merge statistics are let be.
SBATCH = """\
#!/bin/bash
script="${@: -1}"
echo "$@" >> "$SLURM_FAKE/sbatch.calls"
cp "$script" "$SLURM_FAKE/script.$(ls "$SLURM_FAKE" | wc -l)"
last=$(sed -n 's/^#SBATCH --array=0-\\([0-9]*\\).*/\\1/p' "$script")
if ! grep -q merge_stats "$script"; then
  for task in $(seq 0 "$last"); do
    [ -e "$SLURM_FAKE/broken.$task" ] && continue
    SLURM_ARRAY_TASK_ID=$task SLURM_JOB_ID=77 SLURM_NODELIST=node1 RUN_OFFSET=0 bash "$script" >> "$SLURM_FAKE/log" 2>&1
  done
fi
echo "Submitted batch job 77"
"""
SRUN = '#!/bin/bash\nwhile [[ "$1" == -* ]]; do [ "$1" == "-n" ] && shift; shift; done\nexec "$@"\n'
SCONTROL = "#!/bin/bash\necho node1\n"
SQUEUE = '#!/bin/bash\necho asked >> "$SLURM_FAKE/squeue.calls"\nexit 1\n'


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the commands of Slurm, first on the path; what they were asked is written into it."""
    fake = tmp_path / "slurm"
    fake.mkdir()
    for name, text in {"sbatch": SBATCH, "srun": SRUN, "scontrol": SCONTROL, "squeue": SQUEUE}.items():
        (fake / name).write_text(text)
        (fake / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{fake}:{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setenv("SLURM_FAKE", str(fake))
    return fake


CLUSTER = (
    "{executor: slurm, partition: cpu, time: 01:00:00, rows: 50, tasks: 3, poll_s: 0.05, sbatch_args: {account: me}}"
)


@pytest.mark.slow
def test_the_job_files_run_and_give_what_one_process_gives(
    recipe: Recipe, tmp_path: Path, slurm: Path, assert_equal_runs: Callable[[Run, Run], None]
) -> None:
    here = build(recipe, tmp_path / "here")
    (tmp_path / "cluster.yaml").write_text(CLUSTER)
    with opened(str(tmp_path / "cluster.yaml")) as executor:
        there = build(recipe, tmp_path / "there", executor=executor)
    assert_equal_runs(here, there)
    script = next(there.shards_folder.glob("grade-*/job/launch_script.slurm")).read_text()
    for line in (
        "partition=cpu",
        "time=01:00:00",
        "array=0-2",
        "job-name=curate-grade",
        "account=me",
        "mem-per-cpu=4G",
    ):
        assert f"#SBATCH --{line}\n" in script
    assert "launch_pickled_pipeline" in script
    assert not list(there.shards_folder.glob("*/in/*"))  # the parts went when their results were taken


@pytest.mark.slow
def test_tasks_that_die_leave_the_others_results_and_only_theirs_are_run_again(
    recipe: Recipe, tmp_path: Path, slurm: Path, assert_equal_runs: Callable[[Run, Run], None]
) -> None:
    (slurm / "broken.1").touch()
    (tmp_path / "cluster.yaml").write_text(CLUSTER)
    with opened(str(tmp_path / "cluster.yaml")) as executor:
        with pytest.raises(StepFailed, match=r"grade: job 77 has ended and 2 of 5 shards have no result.*slurm_logs"):
            build(recipe, tmp_path / "there", executor=executor)
        (slurm / "broken.1").unlink()
        there = build(recipe, tmp_path / "there", executor=executor)
    assert_equal_runs(build(recipe, tmp_path / "here"), there)
    scripts = [path.read_text() for path in sorted(slurm.glob("script.*")) if "merge_stats" not in path.read_text()]
    assert [line for text in scripts for line in text.splitlines() if "array" in line] == [
        "#SBATCH --array=0-2",
        "#SBATCH --array=0-1",
    ]


@pytest.mark.slow
def test_a_build_that_was_stopped_waits_for_its_job_instead_of_sending_another(
    recipe: Recipe, tmp_path: Path, slurm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cluster.yaml").write_text(CLUSTER)
    (slurm / "broken.0").touch()
    with opened(str(tmp_path / "cluster.yaml")) as executor:
        with pytest.raises(StepFailed):
            build(recipe, tmp_path / "run", executor=executor)
        calls = (slurm / "sbatch.calls").read_text()
        (slurm / "broken.0").unlink()
        # now Slurm says that the job runs, and its late task ends while the build looks
        task = "SLURM_ARRAY_TASK_ID=0 SLURM_JOB_ID=77 SLURM_NODELIST=node1 RUN_OFFSET=0"
        late = f'{task} bash "$(ls $SLURM_FAKE/script.* | head -1)"'
        (slurm / "squeue").write_text(f"#!/bin/bash\n{late} >> $SLURM_FAKE/log 2>&1\necho RUNNING\n")
        build(recipe, tmp_path / "run", executor=executor)
    assert (slurm / "sbatch.calls").read_text() == calls


def test_without_slurm_the_build_says_where_to_run_it(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "cluster.yaml").write_text(CLUSTER)
    with (
        opened(str(tmp_path / "cluster.yaml")) as executor,
        pytest.raises(UsageError, match="no sbatch on this machine; run the build on a login node"),
    ):
        build(recipe, tmp_path / "run", executor=executor)


def test_a_folder_that_a_job_file_cannot_name_is_refused(recipe: Recipe, tmp_path: Path, slurm: Path) -> None:
    (tmp_path / "cluster.yaml").write_text(CLUSTER)
    with (
        opened(str(tmp_path / "cluster.yaml")) as executor,
        pytest.raises(UsageError, match=r"my run.shards has a space, which job files cannot name"),
    ):
        build(recipe, tmp_path / "my run", executor=executor)
