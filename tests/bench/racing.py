"""Runs two ways of doing the same thing in turn, A B A B …, each measured as a whole."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.rows import Run

Measured = Callable[[], Run]


def race(ours: Measured, theirs: Measured, runs: int) -> tuple[list[Run], list[Run]]:
    """`runs` counted pairs after one that is not counted."""
    ours(), theirs()
    mine: list[Run] = []
    other: list[Run] = []
    for _ in range(runs):
        mine.append(ours())
        other.append(theirs())
    return mine, other


def command(words: Sequence[str], *, cwd: Path | None = None) -> Run:
    """One command, as the operating system accounts for it. Raises RuntimeError when it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(list(words), cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(
            f"{' '.join(words)} ended with {process.returncode}: {said.decode(errors='replace')[-800:]}"
        )
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def here(work: Callable[[], None]) -> Run:
    """Work of this process and of children that end within it."""
    before, started = _cpu_s(), time.perf_counter()
    work()
    return Run(time.perf_counter() - started, _cpu_s() - before)


def forget(*paths: Path) -> None:
    """Let the kernel drop what it keeps of these files: the next read is from the disk."""
    for path in paths:
        files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        for file in files:
            fd = os.open(file, os.O_RDONLY)
            try:
                os.fsync(fd)
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(fd)


def random_file(path: Path, size: int) -> Path:
    """A file of random bytes, durable."""
    with path.open("wb") as file:
        left = size
        while left:
            left -= file.write(os.urandom(min(left, 1 << 22)))
        file.flush()
        os.fsync(file.fileno())
    return path


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
