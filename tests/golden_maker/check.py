"""Compares what this maker computes with a stored folder, group by group.

- "bits": the whole file must be the same, byte for byte.
- "exact": integers, flags, names and keys must be the same. Sentences are not compared.
- "float64": JSON numbers; largest |difference| / |stored|, bound 1e-10 unless `LOOSER` says otherwise.
- "float32": tensors; every element within half a unit of its last float32 place plus 1e-12 of the largest element
  (curve_A/final: 1e-9, after 300 steps), shown as largest |difference| / largest |stored| of a tensor.
"""
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from files import Tensors, read

MEASURED = {  # float32 noise of the machine at hand: not compared
    "f32_noise_measured", "drift_measured_vs_float64", "f32_tolerance_used", "f32_err_blas", "f32_err_sequential",
}
BIT_IDENTICAL = ("model.safetensors", "meta_qk.safetensors")
JSON_BOUND = 1e-10
LOOSER = {  # numbers stored with few digits
    "curve_A/curve.json losses": 1e-8,  # 9 digits
    "curve_A/curve.json grad_norms": 1e-6,  # 7 digits
    "ops/ops.json absmax": 1e-4,  # 5 digits
    "ops/ops.json atol": 1.0,  # 3 digits, and it may follow the float32 error of the machine
}


@dataclass
class Group:
    """The comparison of one group so far."""

    kind: str
    bound: str
    count: int = 0
    largest: float = 0.0
    failed: bool = False


class Report:
    """Groups by name and kind, in order of appearance."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], Group] = {}

    def add(self, name: str, kind: str, bound: str, count: int, difference: float, used: float) -> None:
        """Adds `count` values; `used` is the share of the bound that their largest difference takes."""
        group = self._groups.setdefault((name, kind), Group(kind, bound))
        group.count += count
        group.largest = max(group.largest, difference)
        group.failed |= not used <= 1  # also for NaN

    def exact(self, name: str, same: bool, count: int = 1, kind: str = "exact") -> None:
        self.add(name, kind, "equal", count, 0.0 if same else math.inf, 0.0 if same else math.inf)

    def lines(self) -> Iterator[str]:
        yield f"{'group':<51}{'kind':<8}{'values':>7}{'largest difference':>20}  bound"
        for (name, kind), g in self._groups.items():
            mark = "  <-- FAILED" if g.failed else ""
            yield f"{name:<51}{kind:<8}{g.count:>7}{g.largest:>20.2e}  {g.bound}{mark}"

    @property
    def passed(self) -> bool:
        return not any(g.failed for g in self._groups.values())


def _group_of(path: str, keys: list[str]) -> str:
    """Numbers of the result files are grouped by their first key, the digits of ops.json by the last one."""
    if path.endswith(("expected.json", "curve.json")):
        return f"{path} {keys[0]}"
    return f"{path} {keys[-1]}" if keys[-1] in ("absmax", "atol") else path


def _compare_json(report: Report, path: str, stored: object, made: object, keys: list[str]) -> None:
    if isinstance(stored, dict) and isinstance(made, dict):
        a, b = stored.keys() - MEASURED, made.keys() - MEASURED
        report.exact(path, a == b, count=0)
        for key in (key for key in stored if key in a & b):
            _compare_json(report, path, stored[key], made[key], [*keys, key])
    elif isinstance(stored, list) and isinstance(made, list):
        report.exact(path, len(stored) == len(made), count=0)
        for one, other in zip(stored, made):
            _compare_json(report, path, one, other, keys)
    elif isinstance(stored, float) and isinstance(made, (int, float)):
        name = _group_of(path, keys)
        away = 0.0 if made == stored else abs(made - stored) / abs(stored) if stored else math.inf
        bound = LOOSER.get(name, JSON_BOUND)
        report.add(name, "float64", f"{bound:g}", 1, away, away / bound)
    elif not (isinstance(stored, str) and isinstance(made, str) and " " in stored):
        report.exact(path, stored == made)


def _part_of(path: str, name: str) -> str:
    """Tensors are grouped by kind of quantity (expected) or by op (ops)."""
    if path.startswith("ops/"):
        return f"{path} {name.split('_')[0].split('/')[0]}"
    return f"{path} {name.split('.')[0]}" if "expected" in path else path


def _compare_tensors(report: Report, path: str, stored: Tensors, made: Tensors) -> None:
    same = list(stored.tensors) == list(made.tensors) and stored.metadata == made.metadata
    report.exact(path, same)
    slack = 1e-9 if path.startswith("curve") else 1e-12
    for name in (name for name in stored.tensors if name in made.tensors):
        a, b = stored.tensors[name], made.tensors[name].detach()
        if a.shape != b.shape or not a.is_floating_point():
            report.exact(path, a.shape == b.shape and torch.equal(a.long(), b.long()), a.numel())
            continue
        a, b = a.double(), b.double()
        away = torch.where(a == b, 0, (a - b).abs())  # equal infinities (masks) are equal
        largest = a[a.isfinite()].abs().max()
        allowed = 2**-24 * a.abs() + slack * largest + 2**-149
        bound, used = f"2^-24 |x| + {slack:g} max|x|", (away / allowed).max().item()
        worst = (away.max() / largest).item() if largest else away.max().item()
        report.add(_part_of(path, name), "float32", bound, a.numel(), worst, used)


def compare(folder: Path, made: dict[str, object]) -> Report:
    """The report on every made file against the stored one of the same path."""
    report = Report()
    for path, content in made.items():
        if path.endswith(BIT_IDENTICAL):
            raw = (folder / path).read_bytes()
            report.exact(path, raw == content.encode(), len(raw), kind="bits")
        elif isinstance(content, Tensors):
            _compare_tensors(report, path, read(folder / path), content)
        else:
            _compare_json(report, path, read(folder / path), content, [])
    return report
