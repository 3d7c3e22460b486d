"""Commands in the guest, over one ssh connection on a network that nothing else uses."""

from __future__ import annotations

import contextlib
import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import leaving_nothing

COMES_UP_WITHIN_S = 400.0


class CommandFailed(Exception):
    """A command in the guest ended otherwise than it had to, or not in time."""


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str


class Shell:
    """`open` it when the guest starts, `close` it when it is gone."""

    def __init__(self, key: Path, port: int, socket_path: Path) -> None:
        self._key, self._port, self._control = key, port, socket_path
        self._master: subprocess.Popen[bytes] | None = None

    def open(self, alive: Callable[[], bool], within_s: float = COMES_UP_WITHIN_S) -> None:
        """Wait until the guest's ssh answers; `alive()` says whether there is still a guest to wait for."""
        deadline = time.monotonic() + within_s
        while not self._greets():
            if not alive() or time.monotonic() > deadline:
                raise CommandFailed("the guest did not come up; see console.log and qemu.log in its folder")
            time.sleep(0.2)
        while not self._connect():
            if not alive() or time.monotonic() > deadline:
                raise CommandFailed("the guest let nobody in by ssh")

    def close(self) -> None:
        if self._master is not None:
            self._master.kill()
            self._master.wait()
            self._master = None
        self._control.unlink(missing_ok=True)

    def run(
        self, command: str, *, user: str = "", given: str = "", must: bool = True, within_s: float = 180.0
    ) -> Said:
        """Run a shell command as root, or as `user`, with `given` on its standard input.

        Raises:
            CommandFailed: it took longer than `within_s`, or failed and `must` not.
        """
        try:
            done = subprocess.run(
                self._argv(command, user),
                input=given.encode(),
                capture_output=True,
                timeout=within_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CommandFailed(f"not done within {within_s:.0f} s: {command}") from None
        said = Said(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
        if must and said.status:
            raise CommandFailed(f"status {said.status}: {command}\n{said.out}{said.err}")
        return said

    def ask(self, command: str, **how: Any) -> str:
        """What a command printed, without the white space around it."""
        return self.run(command, **how).out.strip()

    @contextlib.contextmanager
    def running(self, command: str, *, user: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """A command that runs while other things happen; its output is one pipe. Our end of it is gone afterwards."""
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with leaving_nothing.start(self._argv(command, user), stdin=subprocess.DEVNULL, **output) as process:
            try:
                yield process
            finally:
                process.kill()

    def until(self, command: str, within_s: float = 120.0, **how: Any) -> str:
        """Repeat a command until it succeeds; what it printed then.

        Raises:
            CommandFailed: it did not within `within_s`.
        """
        deadline = time.monotonic() + within_s
        while (said := self.run(command, must=False, **how)).status:
            if time.monotonic() > deadline:
                raise CommandFailed(
                    f"still status {said.status} after {within_s:.0f} s: {command}\n{said.out}{said.err}"
                )
            time.sleep(0.3)
        return said.out.strip()

    def write(self, path: str, text: str) -> None:
        self.run(f"mkdir -p $(dirname {shlex.quote(path)}) && cat >{shlex.quote(path)}", given=text)

    def put(self, source: Path, target: str) -> None:
        """Copy a file or folder of the host into the guest."""
        argv = [*self._ssh("scp", "-P"), "-rpq", str(source), f"root@127.0.0.1:{target}"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CommandFailed(f"{source} was not copied to {target}: {done.stderr}")

    def _argv(self, command: str, user: str) -> list[str]:
        if user:
            command = f"exec runuser -u {user} -- /bin/sh -c {shlex.quote(command)}"
        return [*self._ssh("ssh", "-p"), "root@127.0.0.1", command]

    def _ssh(self, program: str, port_option: str) -> list[str]:
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "BatchMode=yes"]
        options += ["ConnectTimeout=60", "ServerAliveInterval=60", f"ControlPath={self._control}"]
        options += ["Ciphers=aes128-gcm@openssh.com,aes128-ctr"]
        spelled = [word for option in options for word in ("-o", option)]
        return [program, "-F", "/dev/null", "-i", str(self._key), *spelled, port_option, str(self._port)]

    def _greets(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 3) as one:
            one.settimeout(3)
            return one.recv(4) == b"SSH-"
        return False

    def _connect(self) -> bool:
        self.close()
        self._master = leaving_nothing.start(
            [*self._ssh("ssh", "-p"), "-M", "-N", "root@127.0.0.1"],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while self._master.poll() is None:
            if self._control.exists():
                return True
            time.sleep(0.05)
        return False
