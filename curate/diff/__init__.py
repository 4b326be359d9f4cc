"""`curate diff`: what two runs, or two files, have different. `rows` matches rows; `runs` and `files` tell of them."""

from curate.diff.files import FileDifference, diff_files
from curate.diff.runs import Difference, diff_runs

__all__ = ["Difference", "FileDifference", "diff_files", "diff_runs"]
