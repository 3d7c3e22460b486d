"""One seeded department for all tests of a file; what a test changes is undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings

from central import clock
from central.config import CentralConfig, Web
from central.data_dir import DataDir
from tests.dashboard.world import World, people, seed

CHICAGO = CentralConfig(web=Web(time_zone="America/Chicago"))


@dataclass(frozen=True)
class Department:
    world: World
    browsers: dict[str, Client]

    def get(self, role: str, path: str) -> Any:
        return self.browsers[role].get(path)

    def text(self, role: str, path: str) -> str:
        answer = self.get(role, path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.content.decode()


def log_in(users: dict[str, Any]) -> dict[str, Client]:
    browsers = {role: Client() for role in users}
    for role, browser in browsers.items():
        browser.force_login(users[role])
    return browsers


@pytest.fixture(scope="module")
def seeded(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Department]:
    data = DataDir(tmp_path_factory.mktemp("central"))
    with django_db_blocker.unblock(), override_settings(CONFIG=CHICAGO, DATA=data), transaction.atomic():
        world = seed(clock.now(), CHICAGO, per_unit=1, days=5)
        yield Department(world, log_in(people()))
        transaction.set_rollback(True)


@pytest.fixture
def department(seeded: Department) -> Iterator[Department]:
    with transaction.atomic():
        yield seeded
        transaction.set_rollback(True)
