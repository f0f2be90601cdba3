"""Carries out many jobs in several processes: this one and forks of it where forking is safe, a pool elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bylaw.engine.forking import MOST, may_fork, share
from bylaw.engine.jobs import Job, Outcome, carry_out, carry_out_for_another
from bylaw.engine.loading import load_for_judging


def in_parallel(jobs: list[Job], workers: int, begun: Callable[[int], None]) -> Iterator[list[Outcome]]:
    """The outcomes of each job, in order. `begun` is told how many jobs somebody has begun with."""
    return _forked(jobs, workers, begun) if may_fork() and len(jobs) <= MOST else _pooled(jobs, workers, begun)


def _forked(jobs: list[Job], workers: int, begun: Callable[[int], None]) -> Iterator[list[Outcome]]:
    done = share(
        len(jobs), lambda at: carry_out(jobs[at]), lambda at: carry_out_for_another(jobs[at]), list[Outcome],
        workers - 1, begun=begun, first=load_for_judging,
    )  # fmt: skip
    for number, job in enumerate(jobs):
        yield done.pop(number) if number in done else carry_out(job)


def _pooled(jobs: list[Job], workers: int, begun: Callable[[int], None]) -> Iterator[list[Outcome]]:
    """Elsewhere: workers that start from nothing; where they cannot (or one was killed) the jobs are done here."""
    import multiprocessing  # noqa: PLC0415 - takes long to load
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415

    done = 0
    try:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            for outcomes in pool.map(carry_out_for_another, jobs):
                done += 1
                begun(done)
                yield outcomes
    except (BrokenProcessPool, OSError):
        for job in jobs[done:]:
            yield carry_out(job)
