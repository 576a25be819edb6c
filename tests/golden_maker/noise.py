"""Differences of float32 from float64 on the same folder: measured, rounded, and stored beside the tolerances."""
import torch

from files import rounded
from model import Weights
from products import noisy, plain, sequential

NOISE = {"blas": plain, "sequential": sequential, "matmul_noise_1e-6": noisy(1e-6, 1)}


def _flat(weights: Weights) -> torch.Tensor:
    return torch.cat([t.detach().double().flatten() for t in weights.values()])


def _rel_l2(got: torch.Tensor, want: torch.Tensor) -> float:
    return ((got - want).norm() / want.norm()).item()


def _over_absmax(got: torch.Tensor, want: torch.Tensor) -> float:
    return ((got - want).abs().max() / want.abs().max()).item()


def measure_noise(got: dict, want: dict) -> dict[str, float]:
    """Errors of one float32 result of `folder.compute` against the float64 one."""
    run, exact = got["run"], want["run"]
    pairs = [(got["grads"][name], t) for name, t in want["grads"].items()]
    losses = [abs(a - b) for a, b in zip(run.losses, exact.losses)]
    found = {
        "logits_max_over_absmax": _over_absmax(got["out"]["logits"], want["out"]["logits"]),
        "loss_rel": abs(got["loss"] / want["loss"] - 1),
        "grad_max_over_absmax": max(_over_absmax(a, b) for a, b in pairs),
        "grad_rel_l2": max(_rel_l2(a, b) for a, b in pairs),
        "train_loss_abs_max": max(losses),
        "train_loss_abs_max_first10": max(losses[:10]),
        "grad_norm_rel_max": max(abs(a / b - 1) for a, b in zip(run.grad_norms, exact.grad_norms)),
    }
    for step in (1, 2, 10):
        mine, true = ({n: r["run"].after[step][n] - r["initial"][n] for n in r["initial"]} for r in (got, want))
        found |= {
            f"step{step}_update_rel_l2_worst_tensor": max(_rel_l2(mine[n], t) for n, t in true.items()),
            f"step{step}_update_rel_l2_all": _rel_l2(_flat(mine), _flat(true)),
            f"step{step}_param_abs_max": (_flat(run.after[step]) - _flat(exact.after[step])).abs().max().item(),
        }
    return {name: rounded(value, 3) for name, value in found.items()}
