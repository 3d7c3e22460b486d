"""kill -9 between the server's yes and our mark: the mail comes again under the same name, and none is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.central_server import ROOT, CentralServer
from tests.mailing.post_office import PostOffice
from tests.scale import amount, dice

WITHIN_S = 240


class Senders:
    """The processes of `tests/notices/senders.py`."""

    def __init__(self, data: Path, mails: int, processes: int) -> None:
        env = {**os.environ, "DOCK_CENTRAL_DATA": str(data), "DJANGO_SETTINGS_MODULE": "central.settings"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.notices.senders", str(data), str(mails), str(processes)],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._one_at_a_time = threading.Lock()

    def kill(self) -> None:
        """All of them, with signal 9; when this returns they are dead."""
        with self._one_at_a_time:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            try:
                self._process.stdin.write("kill\n")
                self._process.stdin.flush()
            except BrokenPipeError:  # nothing was left to send
                return
            self._process.stdout.readline()

    def wait(self) -> int:
        return self._process.wait(WITHIN_S)

    def __enter__(self) -> Senders:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(10)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    central = CentralServer(tmp_path / "central")
    central.init()
    return central.data_dir


def point_to(office: PostOffice, data: Path) -> None:
    text = f'[mail]\nhost = "127.0.0.1"\nport = {office.port}\nfrom = "dock@pd.example"\n'
    (data / "central.toml").write_text(text)


@pytest.mark.soak
def test_two_workers_that_are_killed_at_any_instant_lose_no_mail_and_send_each_under_one_name(
    data: Path, post_office: Callable[..., PostOffice], tally: Callable[[str], None]
) -> None:
    kills, chance = amount(ci=20, soak=1000), dice(20261123)
    mails, left = 3 * kills, kills
    senders: list[Senders] = []
    timers: list[threading.Timer] = []

    def strike(_: str) -> None:
        nonlocal left
        if not left or chance.random() < 0.5:
            return
        left -= 1
        if chance.random() < 0.5:
            senders[0].kill()  # the server has the mail and has not said so yet
        else:
            timers.append(threading.Timer(chance.random() * 0.004, senders[0].kill))
            timers[-1].start()

    office = post_office(at_data=strike)
    point_to(office, data)
    with Senders(data, mails, processes=2) as both:
        senders.append(both)
        assert both.wait() == 0
        for timer in timers:
            timer.join()
    arrived = Counter(str(mail["Subject"]) for _, mail in office.taken)
    assert set(arrived) == {str(number) for number in range(mails)}
    names = {(str(mail["Subject"]), str(mail["Message-ID"])) for _, mail in office.taken}
    assert len(names) == mails, "a mail that comes twice has one name"
    struck = kills - left
    assert struck >= kills * 2 // 3
    assert 0 < arrived.total() - mails <= struck, "only a kill makes a mail come twice"
    tally(
        f"{struck} kills of two mail senders: {mails} mails, none lost, {arrived.total() - mails} twice by one name"
    )
