"""`dock-central mail test` and the errors that people get to read."""

from __future__ import annotations

import gc
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from central.config import Mail
from central.mailing import conversation
from central.mailing.sending import MailRefused, send
from simulator.demo.mailbox import Mailbox
from tests.central_server import CentralServer


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    box = Mailbox(tmp_path / "mail", lambda *_: None)
    box.open()
    yield box
    box.close()


def _settings(port: int, **more: str) -> Mail:
    return Mail(**{"host": "127.0.0.1", "port": port, "sender": "dock@dock.example"} | more)


def _refusal(mail: Mail) -> str:
    said = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # smtplib forgets a socket whose greeting never came
        try:
            send(mail, "it@dock.example", "Hello", "Hello.")
        except MailRefused as error:
            said = str(error)
        gc.collect()
    assert said, "it was not refused"
    return said


def test_the_test_mail_arrives_and_the_command_says_who_took_it(tmp_path: Path, mailbox: Mailbox) -> None:
    central = CentralServer(tmp_path / "central")
    central.init()
    config = central.data_dir / "central.toml"
    config.write_text(f'[mail]\nhost = "127.0.0.1"\nport = {mailbox.port}\nfrom = "dock@dock.example"\n')
    done = central.command("mail", "test", "it@dock.example")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"127.0.0.1 port {mailbox.port} took a test mail for it@dock.example.")
    assert mailbox.subjects_for("it@dock.example") == ["[Dock] Test mail"]

    config.write_text("")
    done = central.command("mail", "test", "it@dock.example")
    assert done.returncode == 1
    assert "names no host" in done.stderr
    assert "central.toml" in done.stderr


def test_nobody_listening_is_told_with_host_and_port() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    assert f"nothing listens at 127.0.0.1 port {port}" in _refusal(_settings(port))


def test_an_unknown_host_is_told_as_one() -> None:
    assert "the host 'mail.invalid' of [mail] is not known" in _refusal(Mail(host="mail.invalid"))


def test_a_server_without_what_security_asks_for_is_told(mailbox: Mailbox) -> None:
    assert 'security = "starttls" may be wrong' in _refusal(_settings(mailbox.port, security="starttls"))
    assert 'does not speak TLS as security = "tls" asks' in _refusal(_settings(mailbox.port, security="tls"))


def test_a_server_that_refuses_the_sign_in_is_told_and_the_password_is_not(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("hunter2\n")
    script = [b"220 hi\r\n", b"250-hi\r\n250 AUTH PLAIN\r\n", b"535 no such user\r\n", b"221 bye\r\n"]
    with _scripted_server(script) as port:
        said = _refusal(_settings(port, username="dock", password_file=str(password)))
    assert "refused the sign-in as 'dock' (535 no such user)" in said
    assert "hunter2" not in said


def test_a_password_file_that_is_missing_or_empty_is_told_before_anybody_is_asked(tmp_path: Path) -> None:
    assert "there is no password_file" in _refusal(_settings(1, username="dock"))
    missing = str(tmp_path / "none")
    assert "cannot be read" in _refusal(_settings(1, username="dock", password_file=missing))
    (tmp_path / "empty").touch()
    assert "is empty" in _refusal(_settings(1, username="dock", password_file=str(tmp_path / "empty")))


def test_a_refused_recipient_is_named_with_the_reason() -> None:
    script = [b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"550 no such\r\n", b"250 reset\r\n", b"221 bye\r\n"]
    with _scripted_server(script) as port:
        assert "refused the recipient it@dock.example (550 no such)" in _refusal(_settings(port))


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert conversation.STEP_S == 20
    monkeypatch.setattr(conversation, "STEP_S", 0.2)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        assert "did not answer within" in _refusal(_settings(silent.getsockname()[1]))


class _scripted_server:  # noqa: N801 - used like a function
    """A mail server that gives these answers in turn, whatever is said to it."""

    def __init__(self, answers: list[bytes]) -> None:
        self._answers = answers
        self._server = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> int:
        self._thread.start()
        return int(self._server.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._thread.join(10)
        self._server.close()

    def _run(self) -> None:
        self._server.settimeout(10)
        client, _ = self._server.accept()
        with client, client.makefile("rb") as said:
            for place, answer in enumerate(self._answers):
                if place and not said.readline():
                    return
                client.sendall(answer)
