"""B3: the product beside today's best tool, whose supervisors ask for the whole room every 5 s.

Twice: asking as it does, and with the cheaper 304 while nothing has changed. Candidates answer
at the same rate, by the same way, in all three; what they cost is in every figure.

*Age*: from the instant a candidate holds the acknowledgement of an answer to the instant a
supervisor's browser holds the row; one that comes before counts as 0. *CPU*: of the server's
process, for each supervisor and minute.
"""

from . import pushed_and_polled
from .compare import Rounds
from .ground import Bench
from .report import Result

AGE_GOAL, CPU_GOAL = 1 / 500, 1 / 3


def run(bench: Bench) -> Result:
    rounds = Rounds()
    for _ in range(1 if bench.quick else 3):
        ours = pushed_and_polled.pushed(bench)
        rounds.add("product", ours)
        for peer, figures in pushed_and_polled.polled(bench, ours["own"]).items():
            rounds.add(peer, figures)
    return _judged(rounds, bench.quick)


def _judged(rounds: Rounds, quick: bool) -> Result:
    age = max(rounds.ratio("product", "age", to=peer) for peer in _peers(rounds))
    cpu = max(rounds.ratio("product", "cpu", to=peer) for peer in _peers(rounds))
    wrong = {f"wrong_{name}": rounds.total(name, "wrong") for name in rounds.figures}
    is_fresh = quick or age <= AGE_GOAL  # a short round tells nothing of latencies
    return Result(
        f"{age:.5f} of its age, {cpu:.3f} of its CPU",
        f"at most {AGE_GOAL} and {CPU_GOAL:.3f}",
        ok=is_fresh and cpu <= CPU_GOAL and not any(wrong.values()),
        counted=_counted(rounds, quick) | wrong,
    )


def _peers(rounds: Rounds) -> list[str]:
    return [name for name in rounds.figures if name != "product"]


def _counted(rounds: Rounds, quick: bool) -> dict:
    """Medians: ages in ms, CPU in seconds for each supervisor and minute."""
    counted: dict[str, float] = {"changes": rounds.total("product", "acked")}
    # From the click of the candidate, the saving of the answer included.
    counted["since_click_product"] = rounds.median("product", "frame_p50")
    for name in rounds.figures:
        for figure in ("age", "cpu", "database_cpu"):
            counted[f"{figure}_{name}"] = rounds.median(name, figure)
    for name in _peers(rounds):
        whole, spared = rounds.total(name, "whole"), rounds.total(name, "not_modified")
        counted[f"not_modified_{name}"] = spared / (whole + spared)
        if not quick:
            # All of ours, answers included, to what their reading alone costs.
            reading = rounds.median(name, "cpu") - rounds.median(name, "alone")
            counted[f"cpu_to_reading_of_{name}"] = rounds.median("product", "cpu") / reading
    return counted
