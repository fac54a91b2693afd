"""Rows of a measurement, and how they are printed."""

from dataclasses import dataclass

import orjson


@dataclass(frozen=True)
class Row:
    """One figure. `goal` is the least that is wanted (the most, with `at_most`), or None where there is no goal."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_most: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.at_most else self.value >= self.goal


def report(bench: str, rows: list[Row]) -> int:
    """Prints the table and the JSON line; 1 where a goal is missed."""
    width = max(len(row.name) for row in rows)
    for row in rows:
        sign = {None: "", True: "met", False: "MISSED"}[row.met]
        goal = "" if row.goal is None else f"{'at most' if row.at_most else 'at least'} {row.goal:g}"
        print(f"{row.name:<{width}}  {row.value:>12,.2f} {row.unit:<14} {goal:<16} {sign}")
    values = [{"name": r.name, "value": round(r.value, 3), "unit": r.unit, "goal": r.goal, "met": r.met} for r in rows]
    print(orjson.dumps({"bench": bench, "rows": values}).decode())
    return 1 if any(row.met is False for row in rows) else 0
