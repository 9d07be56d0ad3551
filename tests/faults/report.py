"""What a row of the table says in the end."""

import json
from dataclasses import dataclass, field


@dataclass
class Result:
    """`value` is what was measured against `goal`, in the row's own words; `ok` the verdict.

    `notes`: whatever else was counted, plain numbers and strings.
    """

    injected: int
    lost: int
    doubled: int
    wrong: int
    value: float | str
    goal: float | str
    ok: bool
    notes: dict = field(default_factory=dict)

    def as_json(self) -> dict:
        counted = {name: getattr(self, name) for name in ("injected", "lost", "doubled", "wrong")}
        return {"value": self.value, "goal": self.goal, "ok": self.ok, **counted, **self.notes}


HEAD = f"{'':<4} {'injected':>9} {'lost':>6} {'doubled':>8} {'wrong':>6}   value (goal)"


def line(name: str, result: Result, seconds: float) -> str:
    verdict = "ok" if result.ok else "NOT OK"
    counts = f"{result.injected:>9} {result.lost:>6} {result.doubled:>8} {result.wrong:>6}"
    notes = ", ".join(f"{key} {value}" for key, value in result.notes.items())
    told = f"{name:<4} {counts}   {result.value} ({result.goal})  {verdict}  {seconds:.0f} s"
    return f"{told}\n     {notes}" if notes else told


def as_json(results: dict[str, Result]) -> str:
    return json.dumps({name: result.as_json() for name, result in results.items()})
