"""Two alert workers' worth of processes that hand over the mail of one DIR, and are killed at a word.

Run as a module with DIR, the number of mails and how many processes. `kill` on stdin kills all of them with signal 9,
answers `killed`, and starts as many again: forked, so that a kill costs milliseconds. Ends once nothing waits.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from typing import NoReturn

import django

PR_SET_PDEATHSIG = 1


def main() -> None:
    _, mails, processes = sys.argv[1:]
    django.setup()
    _fill(int(mails))
    children = [_fork() for _ in range(int(processes))]
    while children:
        if select.select([sys.stdin], [], [], 0.01)[0]:
            if not sys.stdin.readline():
                break
            for pid in children:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            print("killed", flush=True)
            children = [_fork() for _ in children]
        children = [pid for pid in children if os.waitpid(pid, os.WNOHANG) == (0, 0)]
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _fill(mails: int) -> None:
    from django.db import connections, transaction

    from central import clock
    from central.mailing.letter import Letter
    from central.notices.outbox import post

    with transaction.atomic():
        for number in range(mails):
            post(Letter(f"{number % 7}@pd.example", str(number), "text"), "first", at=clock.now())
    connections.close_all()


def _fork() -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _send(parent)
    return pid


def _send(parent: int) -> NoReturn:
    from django.conf import settings

    from central import clock
    from central.notices.handing_over import send_due
    from central.notices.outbox import waiting

    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    while waiting().exists():
        send_due(settings.CONFIG.mail, clock.now())
        time.sleep(0.005)
    os._exit(0)


if __name__ == "__main__":
    main()
