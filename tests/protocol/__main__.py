"""The long run: `python -m tests.protocol [--examples N] [--seed S] [--workers W] [--json]`.

Each worker has a process and a throw-away SQLite database of its own. Prints one line (or one
JSON object) of what was tried; ends with 1 when a rule was broken or a mutant got through.
"""

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from . import workers

SHOWN = (
    "examples",
    "steps",
    "commands",
    "commands applied",
    "sent again",
    "double clicks",
    "replies lost",
    "crashes before the commit",
    "crashes after the commit",
    "frames applied",
    "frames dropped",
    "frames doubled",
    "frames reordered",
    "sockets closed",
    "epoch changes",
    "logs pruned",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.protocol")
    parser.add_argument("--examples", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true", help="one object on stdout")
    options = parser.parse_args()
    processes = min(options.workers, options.examples)
    started = time.monotonic()
    share = -(-options.examples // processes)
    # One task a process: each settles its database before Django is loaded.
    pool = ProcessPoolExecutor(processes, get_context("spawn"), max_tasks_per_child=1)
    with pool:
        names = pool.submit(workers.names_of_mutants).result()
        runs = [pool.submit(workers.examples, share, options.seed + n) for n in range(processes)]
        hunts = [pool.submit(workers.mutants, names[n::processes]) for n in range(processes)]
        done = [each.result() for each in runs]
        caught = [name for each in hunts for name in each.result()]
    counts = sum((counts for counts, _ in done), Counter())
    stories = [story for _, story in done if story]
    for story in stories:
        print(story, file=sys.stderr)
    result = {name: counts[name] for name in SHOWN}
    result |= {"mutants": len(names), "mutants caught": len(caught), "broken": len(stories)}
    result |= {"missed": sorted(set(names) - set(caught)), "seed": options.seed}
    result["seconds"] = round(time.monotonic() - started, 1)
    print(json.dumps(result) if options.json else _told(result))
    return 1 if stories or result["missed"] else 0


def _told(result: dict) -> str:
    parts = [f"{result[name]} {name}" for name in SHOWN]
    parts.append(f"mutants caught {result['mutants caught']}/{result['mutants']}")
    if result["missed"]:
        parts.append(f"missed: {', '.join(result['missed'])}")
    if result["broken"]:
        parts.append(f"BROKEN in {result['broken']} run(s)")
    return f"{', '.join(parts)} ({result['seconds']} s, seed {result['seed']})"


if __name__ == "__main__":
    sys.exit(main())
