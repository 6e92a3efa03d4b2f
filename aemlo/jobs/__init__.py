"""Kinds of long work, one file each; `run_job` does a queued one.

A file of `kinds/` has `run(job)`: it reads `job.spec` and `job.dataset()`, calls
`job.on_progress` as it goes, writes artefacts to `job.folder` and ends with
`job.finish(summary)`. What they share stands beside that folder.
"""

from importlib import import_module
from pkgutil import iter_modules

from aemlo.errors import RunError
from aemlo.jobs import kinds
from aemlo.jobs.base import Job

# The one list of kinds: a run's `kind` is the name of its module.
KINDS: tuple[str, ...] = tuple(sorted(m.name for m in iter_modules(kinds.__path__)))


def run_job(job: Job) -> None:
    """Do the job with the module its kind names; RunError if there is no such kind."""
    if job.run.kind not in KINDS:
        raise RunError(f"There is no work of kind {job.run.kind!r}.")
    import_module(f"{kinds.__name__}.{job.run.kind}").run(job)
