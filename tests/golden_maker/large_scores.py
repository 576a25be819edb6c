"""Attention with scores of hundreds and near ties, by PyTorch: makes large_scores.json for tests/ops/attention.

    python3 tests/golden_maker/large_scores.py > tests/golden/attention/large_scores.json

Results are computed in float64 from float32 inputs. Each tolerance follows tests/golden/README.md: the larger of 1e-5 of
the largest number and 20 times the error of PyTorch's own float32 (its product, and sums one term after another).
"""
import json
import math

import torch
from torch import Tensor

CASES = ((8, 2, 2, 8, 15), (9, 4, 2, 8, 8), (7, 2, 1, 12, 20))


def attention(qkv: Tensor, dout: Tensor, heads: int, kv: int, sequential: bool) -> dict[str, Tensor]:
    """Output and gradients of causal attention; qkv is [T, (heads + 2 kv) E]."""
    rows, size = qkv.shape[0], qkv.shape[1] // (heads + 2 * kv)
    parts = [part.clone().requires_grad_() for part in qkv.split((heads * size, kv * size, kv * size), 1)]
    q, k, v = (part.view(rows, -1, size).transpose(0, 1) for part in parts)
    k, v = (part.repeat_interleave(heads // kv, 0) for part in (k, v))
    scores = sum(q[:, :, e, None] * k[:, None, :, e] for e in range(size)) if sequential else q @ k.mT
    hidden = torch.ones(rows, rows, dtype=torch.bool).triu(1)
    weights = torch.softmax((scores / math.sqrt(size)).masked_fill(hidden, -math.inf), -1)
    y = (weights @ v).transpose(0, 1).reshape(rows, -1)
    gradients = torch.autograd.grad(y, parts, dout)
    return {"y": y.detach()} | {f"d{name}": g for name, g in zip("qkv", gradients)}


def case(seed: int, rows: int, heads: int, kv: int, size: int, scale: float) -> dict:
    """Inputs are whole 64ths, so that they are short; every second key is near the one before it."""
    generator = torch.Generator().manual_seed(seed)

    def normal(cols: int, spread: float = 1.0) -> Tensor:
        numbers = torch.randn((rows, cols), generator=generator, dtype=torch.float64)
        return ((numbers * spread * 64).round() / 64).float()

    q, k, v, dout = normal(heads * size, scale), normal(kv * size, scale), normal(kv * size), normal(heads * size)
    near = normal(kv * size, 1 / scale)
    k[1::2] = k[: rows - rows % 2 : 2] + near[1::2]
    qkv = torch.cat((q, k, v), 1)
    exact = attention(qkv.double(), dout.double(), heads, kv, False)
    runs = [attention(qkv, dout, heads, kv, sequential) for sequential in (False, True)]
    outputs = {}
    for name, numbers in exact.items():
        error = max((run[name].double() - numbers).abs().max().item() for run in runs)
        atol = max(1e-5 * numbers.abs().max().item(), 20 * error)
        outputs[name] = {"atol": float(f"{atol:.3g}"), "data": [float(f"{x:.8g}") for x in numbers.flatten().tolist()]}
    shape = {"queries": rows, "heads": heads, "kvHeads": kv, "headDim": size}
    return {"shape": shape, "qkv": qkv.flatten().tolist(), "dout": dout.flatten().tolist(), "outputs": outputs}


torch.set_num_threads(1)
print("[")
print(",\n".join(json.dumps(case(seed, *sizes), separators=(",", ":")) for seed, sizes in enumerate(CASES)))
print("]")
