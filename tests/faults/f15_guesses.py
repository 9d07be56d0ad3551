"""100,000 guesses of codes, from one address and from many, while a school joins and enters.

Compared with a code that opens something: those answered 422, and in the narrow lane those that
were counted for a candidate. Each seat that was not given by a right code is wrong, and so is
everything that was refused to somebody honest.
"""

import asyncio
from time import monotonic

from django.db.models import Sum

from candidates.models import Candidate
from sessions_app import guesses
from sessions_app.models import Guesses
from tests import factories

from .cluster import Cluster
from .guessers import COMPARED, ENTERED, REFUSED, Attack, School, accounts
from .people import session_cookie
from .report import Result
from .worker import Worker, all_ready

GUESSES, MOST_COMPARED = 100_000, 800
ROOMS, IN_A_ROOM = 4, 50
KNOWN, ACCOUNTS = 60, 30
SECONDS, LEAST_SECONDS = 60.0, 30.0  # for the school to join
SIDE_BY_SIDE = 24


def run(scale: float, cluster: Cluster) -> Result:
    with cluster.workers(2) as workers, asyncio.Runner() as loop:
        rooms = [factories.session() for _ in range(ROOMS)]
        people = [factories.candidate(room) for room in rooms for _ in range(IN_A_ROOM)]
        known = [factories.candidate(factories.session()) for _ in range(KNOWN // 2)]
        known += people[: KNOWN // 2]
        addresses = [worker.address for worker in workers]
        attack = Attack(addresses, known, [session_cookie(each) for each in accounts(ACCOUNTS)])
        school = School(addresses, people)
        granted = [session_cookie(factories.supervisor(rooms[0])) for _ in range(3)]
        newcomers = [session_cookie(each) for each in accounts(3)]
        took = loop.run(
            everything(workers, attack, school, granted + newcomers, rooms[0], GUESSES * scale)
        )
    return _result(attack, school, took)


async def everything(
    workers: list[Worker], attack: Attack, school: School, logins: list[str], room, count: float
) -> float:
    """The attack begins, the school comes when budgets are used up, and both go on together."""
    await all_ready(workers)
    began = monotonic()
    first = min(round(count / 5), 5_000)
    await attack.guess(first, side_by_side=SIDE_BY_SIDE)
    going_on = asyncio.create_task(attack.guess(round(count) - first, side_by_side=SIDE_BY_SIDE))
    await school.enter(logins, room)
    await school.join_within(min(SECONDS, max(LEAST_SECONDS, count / 1_000)))
    await school.look_again()
    await going_on
    return monotonic() - began


def _result(attack: Attack, school: School, took: float) -> Result:
    compared = attack.told[COMPARED] + _compared_in_the_narrow_lane()
    successes = attack.told[ENTERED]
    others = sum(attack.told.values()) - attack.told[REFUSED] - attack.told[COMPARED]
    late = sorted(school.took)
    return Result(
        injected=sum(attack.told.values()),
        lost=0,
        doubled=0,
        wrong=others + len(school.refused) + max(0, compared - MOST_COMPARED),
        value=compared,
        goal=f"≤ {MOST_COMPARED} compared, 0 successful, 0 honest refused",
        ok=0 < compared <= MOST_COMPARED and not others and not school.refused,
        notes={
            "successful": successes,
            "refused": attack.told[REFUSED],
            "otherwise_answered": others,
            "honest_joins": len(school.took),
            "honest_refused": len(school.refused),
            "honest_join_p95_ms": round(1000 * late[int(len(late) * 0.95)]),
            "guesses_a_second": round(sum(attack.told.values()) / took),
            "why": "; ".join(school.refused[:5]),
        },
    )


def _compared_in_the_narrow_lane() -> int:
    people = Candidate.objects.values_list("pk", flat=True)
    keys = [guesses._key("person", str(pk)) for pk in people]
    counted = Guesses.objects.filter(key__in=keys).aggregate(sum=Sum("failures"))
    return counted["sum"] or 0
