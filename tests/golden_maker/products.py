"""Ways to multiply matrices: exactly as torch does, with strictly sequential sums, or with noise on every result.

The last two say how far a float32 implementation may stray; forward and backward products both go through them.
"""
from collections.abc import Callable

import torch
from torch import Tensor

Product = Callable[[Tensor, Tensor], Tensor]
"""a [..., M, K], b [..., K, N] with equal leading sizes -> [..., M, N]."""

plain: Product = torch.matmul


class _Ruled(torch.autograd.Function):
    """A product whose two gradients are products under the same rule."""

    @staticmethod
    def forward(ctx, a: Tensor, b: Tensor, rule: Product) -> Tensor:
        ctx.save_for_backward(a, b)
        ctx.rule = rule
        return rule(a, b)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        a, b = ctx.saved_tensors
        return ctx.rule(grad, b.mT), ctx.rule(a.mT, grad), None


def _add_one_by_one(a: Tensor, b: Tensor) -> Tensor:
    total = torch.zeros(*a.shape[:-1], b.shape[-1], dtype=a.dtype)
    for k in range(a.shape[-1]):
        total.addcmul_(a[..., k, None], b[..., k, None, :])
    return total


def sequential(a: Tensor, b: Tensor) -> Tensor:
    """Every sum in the order of its terms."""
    return _Ruled.apply(a, b, _add_one_by_one)


def noisy(level: float, seed: int) -> Product:
    """Every entry of every result times 1 + level * gaussian."""
    noise = torch.Generator().manual_seed(seed)

    def rule(a: Tensor, b: Tensor) -> Tensor:
        exact = a @ b
        return exact * (1 + level * torch.randn(exact.shape, generator=noise, dtype=a.dtype))

    return lambda a, b: _Ruled.apply(a, b, rule)
