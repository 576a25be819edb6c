"""The formulas of LLaMA training, each once, in plain torch; the dtype of the arguments decides the precision.

`mm` multiplies two stacks of matrices (see products.py); every matrix product of a formula goes through it.
"""
import math

import torch
from torch import Tensor

from products import Product

HIDDEN = -3e38  # finite, so that a row without any visible key stays free of NaN


def linear(x: Tensor, w: Tensor, mm: Product) -> Tensor:
    """x [..., in], w [out, in] -> [..., out]."""
    return mm(x.reshape(-1, x.shape[-1]), w.mT).reshape(*x.shape[:-1], w.shape[0])


def rms_norm(x: Tensor, w: Tensor, eps: float) -> Tensor:
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * w


def rope(x: Tensor, positions: Tensor, theta: float, convention: str) -> Tensor:
    """Rotates the pairs of x [B, T, H, D]. The angle tables are float64, then rounded to the dtype of x."""
    half = x.shape[-1] // 2
    rates = theta ** (-2 * torch.arange(half, dtype=torch.float64) / x.shape[-1])
    angles = (positions.double()[:, None] * rates)[:, None, :]
    cos, sin = torch.cos(angles).to(x.dtype), torch.sin(angles).to(x.dtype)
    if convention == "half":
        a, b = x[..., :half], x[..., half:]
        return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)
    a, b = x[..., ::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)


def interleave_rows(w: Tensor, heads: int) -> Tensor:
    """Rows of a q or k weight for convention "half", reordered for "interleaved"."""
    return w.reshape(heads, 2, -1, w.shape[-1]).transpose(1, 2).reshape(w.shape)


def swiglu(gate: Tensor, up: Tensor) -> Tensor:
    return gate * torch.sigmoid(gate) * up


def ffn(x: Tensor, gate: Tensor, up: Tensor, down: Tensor, mm: Product) -> Tensor:
    """w2(silu(w1 x) * (w3 x)) with gate = w1, up = w3, down = w2."""
    return linear(swiglu(linear(x, gate, mm), linear(x, up, mm)), down, mm)


def causal_hidden(queries: int, keys: int) -> Tensor:
    """True where query t must not look: keys after keys - queries + t."""
    return torch.arange(keys) > torch.arange(queries)[:, None] + keys - queries


def attention(q: Tensor, k: Tensor, v: Tensor, mm: Product, hidden: Tensor, added: Tensor | None = None) -> Tensor:
    """q [B, H, T, D], k and v [B, KV, S, D] -> [B, H, T, D]; `added` is added to the scaled scores.

    A query that sees no key gives 0 and no gradient.
    """
    group = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
    scores = mm(q, k.mT) / math.sqrt(q.shape[-1])
    if added is not None:
        scores = scores + added
    weights = torch.softmax(scores.masked_fill(hidden, HIDDEN), -1).masked_fill(hidden, 0)
    return mm(weights, v)


def cross_entropy(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Mean loss over the kept targets (0 if there is none), and the loss per position (0 where the target is -100)."""
    kept = targets != -100
    picked = logits.gather(-1, targets.clamp(min=0)[..., None].long())[..., 0]
    each = torch.where(kept, torch.logsumexp(logits, -1) - picked, 0)
    return each.sum() / kept.sum().clamp(min=1), each


def global_norm(tensors: list[Tensor]) -> Tensor:
    return torch.sqrt(sum((t * t).sum() for t in tensors))


def clip_coefficient(norm: Tensor, max_norm: float) -> Tensor:
    return (max_norm / (norm + 1e-6)).clamp(max=1)


def adamw(
    p: Tensor, g: Tensor, m: Tensor, v: Tensor, *,
    step: int, lr: float, weight_decay: float, beta1: float, beta2: float, eps: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """One update (step counts from 1): new parameter, new moments, and the change of the parameter."""
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    pull = lr * (m / (1 - beta1**step)) / (torch.sqrt(v / (1 - beta2**step)) + eps)
    return p * (1 - lr * weight_decay) - pull, m, v, -lr * weight_decay * p - pull


def learning_rate(t: int, lr_max: float, warmup: int, total: int, min_ratio: float) -> float:
    """Rate of update t = 1, 2, ...: linear warm-up, then a cosine down to min_ratio * lr_max at t = total."""
    if t <= warmup:
        return lr_max * t / warmup
    low = min_ratio * lr_max
    if t >= total:
        return low
    return low + 0.5 * (lr_max - low) * (1 + math.cos(math.pi * (t - warmup) / (total - warmup)))
