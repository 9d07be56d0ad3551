"""What a row of the bench says in the end."""

import json
from dataclasses import dataclass, field


@dataclass
class Result:
    """`value` is what was measured against `goal`, in the row's own words; `ok` the verdict.

    `counted`: whatever else was counted, plain numbers and strings.
    """

    value: float | str
    goal: float | str
    ok: bool
    counted: dict = field(default_factory=dict)

    def as_json(self) -> dict:
        return {"value": self.value, "goal": self.goal, "ok": self.ok, **self.counted}


HEAD = f"{'':<4} value (goal)"


def line(name: str, result: Result, seconds: float) -> str:
    verdict = "ok" if result.ok else "NOT OK"
    told = f"{name:<4} {result.value} ({result.goal})  {verdict}  {seconds:.0f} s"
    counted = ", ".join(f"{key} {_short(value)}" for key, value in result.counted.items())
    return f"{told}\n     {counted}" if counted else told


def _short(value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def as_json(results: dict[str, Result]) -> str:
    return json.dumps({name: result.as_json() for name, result in results.items()})
