"""Who does what in a simulated room: a pure function of the seed.

The shares are those of real rooms: about one candidate in ten loses the connection, one in
twelve reports a problem, one in twenty never comes, and one is still writing at the end.
"""

from dataclasses import dataclass
from random import Random

QUESTIONS = 20  # of the built-in rehearsal test
NEVER_COME, LOSE, ALERT = 0.05, 0.10, 0.08
ONE_OVERRUNS_FROM = 10  # candidates
# The grades of presence count real seconds: a loss is not made shorter by the speed.
SHORT_LOSS = (12, 25)  # seconds: longer than a blip
BEYOND_GRACE = (5, 15)  # seconds


@dataclass(frozen=True)
class Plan:
    """What one candidate will do; durations in real seconds, moments as question numbers."""

    arrives_after: float
    seconds_a_question: float
    comes: bool = True
    loses_at: int | None = None
    absent_for: float = 0
    alerts_at: int | None = None
    overruns_at: int | None = None


def dice(seed: int, name: object) -> Random:
    """A source of chance of its own for each person, the same in every run of a seed."""
    return Random(f"{seed}:{name}")  # noqa: S311 (nothing secret is drawn)


def plan_room(count: int, *, seed: int, seconds: float, grace_seconds: int) -> list[Plan]:
    """One plan a candidate, for a test that the slowest should finish within `seconds`."""
    order = list(range(count))
    dice(seed, "roles").shuffle(order)
    sizes = [round(count * share) for share in (NEVER_COME, LOSE, ALERT)]
    sizes.append(int(count >= ONE_OVERRUNS_FROM))
    roles: dict[int, tuple[str, int]] = {}
    for role, size in zip(("absent", "loses", "alerts", "overruns"), sizes, strict=True):
        for rank in range(size):
            roles[order.pop()] = (role, rank)
    plans = []
    for index in range(count):
        role, rank = roles.get(index, ("", 0))
        chance = dice(seed, f"plan {index}")
        plans.append(_plan(chance, role, rank, seconds, grace_seconds))
    return plans


def _plan(chance: Random, role: str, rank: int, seconds: float, grace_seconds: int) -> Plan:
    arrives_after = chance.uniform(0, 0.1) * seconds
    pace = chance.uniform(0.6, 0.85) * seconds / QUESTIONS
    moment = chance.randint(4, 12)
    if role == "absent":
        return Plan(arrives_after, pace, comes=False)
    if role == "loses":
        # Every other one, the first included, is gone for longer than the grace.
        short = chance.uniform(*SHORT_LOSS)
        long = grace_seconds + chance.uniform(*BEYOND_GRACE)
        return Plan(arrives_after, pace, loses_at=moment, absent_for=short if rank % 2 else long)
    if role == "alerts":
        return Plan(arrives_after, pace, alerts_at=moment)
    if role == "overruns":
        return Plan(arrives_after, pace, overruns_at=QUESTIONS - moment // 3)
    return Plan(arrives_after, pace)
