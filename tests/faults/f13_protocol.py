"""The protocol as a state machine, bound to the real services, and its seeded mutants.

No process is broken here: what is dropped, doubled, reordered and crashed is chosen by chance,
step by step, and shrunk to its shortest story when a rule breaks (`tests/protocol`).
"""

import json
import subprocess
import sys
from pathlib import Path

from .cluster import Cluster
from .report import Result

EXAMPLES = 4_000
ROOT = Path(__file__).resolve().parent.parent.parent


def run(scale: float, cluster: Cluster) -> Result:
    examples = round(EXAMPLES * scale)
    words = [sys.executable, "-m", "tests.protocol", "--json", "--examples", str(examples)]
    told = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False).stdout
    found = json.loads(told.splitlines()[-1])
    tried = found["examples"]
    return Result(
        injected=tried,
        lost=0,
        doubled=0,
        wrong=found["broken"],
        value=f"{found['mutants caught']} of {found['mutants']} mutants caught",
        goal="no rule broken, every mutant caught",
        ok=not found["broken"] and not found["missed"] and tried >= examples,
        notes={name: count for name, count in found.items() if name not in {"examples", "broken"}},
    )
