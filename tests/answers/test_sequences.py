"""Any sequence of answers, findings and withdrawals leaves exactly the excuses and pauses that it should.

The model here is a dozen lines and knows no rows: what stands, by what was accepted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from central.answers.kinds import BY_PEOPLE, Kind, Outcome
from central.answers.models import Answer, Closing
from central.answers.refusals import Refused
from central.answers.rights import Person
from central.answers.standing import open_checks, open_contests, pauses
from central.judging.judge import Judging, judge_due
from central.judging.models import Excuse, Judgement
from tests.answers.people import ADMIN, AUDITOR, CHEN, CONFIG, IT, LEE, SERGEANT_LEE, finds, says, takes_back
from tests.judging.court import DEADLINE, roster, watching
from tests.scale import amount
from tests.watching.telling import at

SAID = DEADLINE + 30
SHIFTS = {"S1": "C1", "S2": "C2"}
EXCUSES = {Kind.REPAIR, Kind.LOST, Kind.LEAVE_OR_COURT}
PEOPLE = st.sampled_from([CHEN, IT, ADMIN, LEE, SERGEANT_LEE, AUDITOR])
SAYABLE = st.sampled_from([*sorted(EXCUSES), Kind.SAID_DOCKED, Kind.CONTEST])
WORDS = st.one_of(
    st.tuples(st.just("say"), PEOPLE, SAYABLE, st.sampled_from(sorted(SHIFTS))),
    st.tuples(
        st.just("find"), PEOPLE, st.sampled_from(sorted({*BY_PEOPLE[Kind.SAID_DOCKED], *BY_PEOPLE[Kind.CONTEST]}))
    ),
    st.tuples(st.just("withdraw"), PEOPLE, st.integers(0, 5)),
)


@dataclass
class Model:
    """What stands, by the numbers of the answers."""

    said: dict[int, tuple[Kind, str]] = field(default_factory=dict)
    ended: dict[int, Outcome] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)

    def excuses(self) -> Counter[str]:
        """By camera, how many excuses stand."""
        standing = (one for one in self.said if one not in self.withdrawn)
        return Counter(SHIFTS[self.said[one][1]] for one in standing if self._excuses(one))

    def _excuses(self, one: int) -> bool:
        by_outcome = {Outcome.FOUND_DOCKED, Outcome.CAMERA_UNREADABLE, Outcome.UPHELD}
        return self.said[one][0] in EXCUSES or self.ended.get(one) in by_outcome

    def open(self, kind: Kind) -> set[int]:
        closed = self.withdrawn | set(self.ended)
        return {one for one, (said, _) in self.said.items() if said is kind and one not in closed}


def play(model: Model, word: tuple, minute: float) -> None:  # type: ignore[type-arg]
    """Let it be said; the model hears of it only if it was taken."""
    person: Person = word[1]
    newest = Answer.objects.order_by("-pk")
    if word[0] == "say":
        answer = says(person, word[2], minute, word[3])
        model.said[answer.pk] = (word[2], word[3])
    elif word[0] == "find":
        kind = Kind.CONTEST if word[2] in BY_PEOPLE[Kind.CONTEST] else Kind.SAID_DOCKED
        found = newest.filter(kind=kind).first()
        if found is not None:
            finds(person, found, word[2], minute)
            model.ended.setdefault(found.pk, word[2])
    else:
        answers = list(newest[word[2] : word[2] + 1])
        for answer in answers:
            takes_back(person, answer, minute)
            model.withdrawn.add(answer.pk)


def check(model: Model) -> None:
    standing = Excuse.objects.filter(withdrawn_at=None)
    assert Counter(standing.values_list("camera", flat=True)) == model.excuses()
    assert set(open_checks().values_list("pk", flat=True)) == model.open(Kind.SAID_DOCKED)
    assert set(open_contests().values_list("pk", flat=True)) == model.open(Kind.CONTEST)
    for shift_id, camera in SHIFTS.items():
        is_open = any(model.said[one][1] == shift_id for one in model.open(Kind.SAID_DOCKED))
        assert (pauses(camera, at(SAID + 100)) is not None) == is_open
    assert Closing.objects.count() == len(model.ended) + len(model.withdrawn)
    assert not set(
        Answer.objects.filter(officer_id__in=LEE.officer_ids, said_by=LEE.email).values_list("kind", flat=True)
    ) - {Kind.CONTEST}, "nobody excuses himself"


@pytest.mark.soak
@pytest.mark.django_db
def test_any_sequence_leaves_exactly_the_excuses_that_it_should() -> None:
    station = watching()
    roster("S1")
    roster("S2", camera_serial="C2", officer_id="8", officer_email="kim@pd.example")
    station.beat(SAID - 5)
    judging = Judging(CONFIG, at(-1e5))
    judge_due(judging, at(SAID - 1))
    taken, refused = Counter[str](), Counter[str]()

    @settings(max_examples=amount(ci=25, soak=3000), deadline=None, derandomize=True, database=None)
    @given(st.lists(WORDS, max_size=12))
    def run(words: list[tuple]) -> None:  # type: ignore[type-arg]
        model = Model()
        with transaction.atomic():
            for number, word in enumerate(words):
                try:
                    play(model, word, SAID + number)
                    taken[word[0]] += 1
                except Refused as no:
                    refused[no.name] += 1
                check(model)
            judge_due(judging, at(SAID + 50))
            judged = dict(Judgement.objects.filter(superseded_at=None).values_list("camera", "verdict"))
            excused = {camera for camera, verdict in judged.items() if verdict == "excused"}
            assert excused == set(model.excuses()), "the rule says so too"
            transaction.set_rollback(True)

    run()
    assert min(taken["say"], taken["find"], taken["withdraw"]) > 10, (taken, refused)
    assert len(refused) > 5, refused
