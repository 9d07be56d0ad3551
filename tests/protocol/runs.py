"""Runs of the machine: the product as it is, and each mutant."""

from collections import Counter

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.stateful import run_state_machine_as_test

from .machine import Protocol
from .mutants import MUTANTS
from .tab import Tab
from .world import World

STEPS = 20
MUTANT_EXAMPLES = 150  # at most; most are caught within ten


def run(
    world: World,
    examples: int,
    *,
    seed: int,
    tab_class: type[Tab] = Tab,
    phases: tuple[Phase, ...] = (Phase.generate, Phase.shrink),
    verbosity: Verbosity = Verbosity.normal,
) -> Counter:
    """Run the machine; raises what an example raised. Returns what was done, counted."""
    bound = {"world": world, "tab_class": tab_class, "counts": Counter()}
    machine = hypothesis.seed(seed)(type("BoundProtocol", (Protocol,), bound))
    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        phases=phases,
        verbosity=verbosity,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=settings)
    return machine.counts


def is_caught(world: World, name: str, *, seed: int = 1) -> bool:
    """Whether the machine finds this mutant, as a broken rule and not as a breakdown."""
    with MUTANTS[name]() as tab_class:
        try:
            run(
                world,
                MUTANT_EXAMPLES,
                seed=seed,
                tab_class=tab_class,
                phases=(Phase.generate,),
                verbosity=Verbosity.quiet,
            )
        except AssertionError:
            return True
    return False
