"""The 63 cases of ops/: the inputs, and the tolerances of the outputs."""
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

INF = float("inf")
PADDING = [[0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]]


@dataclass
class Case:
    """One op on one set of inputs. `limits` fixes atol and row_rel of an output ("*" = of every output)."""

    id: str
    op: str
    inputs: dict[str, Tensor]
    attrs: dict = field(default_factory=dict)
    note: str = ""
    strict: bool = True
    limits: dict[str, dict[str, float]] = field(default_factory=dict)


class Source:
    """Seeded float32 and int32 tensors; every case has its own stream, named by its id."""

    def __init__(self, case_id: str) -> None:
        self._generator = torch.Generator().manual_seed(zlib.crc32(case_id.encode()))

    def normal(self, *shape: int, scale: float = 1.0) -> Tensor:
        return (torch.randn(shape, generator=self._generator, dtype=torch.float64) * scale).float()

    def below(self, limit: int, *shape: int) -> Tensor:
        return torch.randint(limit, shape, generator=self._generator, dtype=torch.int32)


def _matmul_shapes(variant: str, m: int, n: int, k: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return (k, m) if variant[0] == "T" else (m, k), (n, k) if variant[1] == "T" else (k, n)


def matmuls() -> Iterator[Case]:
    for m, n, k in ((16, 16, 16), (37, 23, 19), (1, 33, 65), (5, 7, 1), (40, 24, 130)):
        for variant in ("NN", "NT", "TN"):
            name = f"matmul_{variant}_{m}x{n}x{k}"
            s, (a, b) = Source(name), _matmul_shapes(variant, m, n, k)
            attrs = {"variant": variant, "M": m, "N": n, "K": k}
            yield Case(name, "matmul", {"a": s.normal(*a), "b": s.normal(*b)}, attrs)
    name = "matmul_NN_zero_rows_mixed_scale"
    s = Source(name)
    a, b = s.normal(18, 21), s.normal(21, 13)
    a[[3, 17]], b[:, 5] = 0, 0
    a[5] *= 1e4
    b[:, 7] *= 1e-4
    yield Case(
        name, "matmul", {"a": a, "b": b}, {"variant": "NN", "M": 18, "N": 13, "K": 21},
        "rows 3 and 17 of a and column 5 of b are zero, and so must be what they give",
        limits={"y": {"atol": 1e-30, "row_rel": 5e-6}},
    )
    s = Source("matmul_batched_NT")
    inputs = {"a": s.normal(2, 3, 9, 10), "b": s.normal(2, 3, 11, 10)}
    yield Case("matmul_batched_NT", "matmul_batched", inputs, {"variant": "NT"})


def linears() -> Iterator[Case]:
    for name, (rows, n, m) in {"linear_even": (32, 16, 48), "linear_odd": (21, 19, 35)}.items():
        s = Source(name)
        inputs = {"x": s.normal(rows, n), "w": s.normal(m, n, scale=n**-0.5), "dy": s.normal(rows, m)}
        yield Case(name, "linear", inputs, {"formula": "y = x @ w^T"})


def _rmsnorm_inputs(name: str, rows: int, dim: int) -> dict[str, Tensor]:
    s = Source(name)
    return {"x": s.normal(rows, dim), "w": 1 + s.normal(dim, scale=0.3), "dy": s.normal(rows, dim)}


def rmsnorms() -> Iterator[Case]:
    yield Case("rmsnorm_even", "rmsnorm", _rmsnorm_inputs("rmsnorm_even", 8, 32), {"eps": 1e-6})
    yield Case("rmsnorm_odd", "rmsnorm", _rmsnorm_inputs("rmsnorm_odd", 5, 33), {"eps": 1e-5})
    inputs = _rmsnorm_inputs("rmsnorm_extreme", 6, 24)
    inputs["x"] *= torch.tensor([0, 1e-4, 1e4, 1e10, 0, 1])[:, None]
    inputs["x"][0], inputs["x"][4] = 0, 7.5
    yield Case(
        "rmsnorm_extreme", "rmsnorm", inputs, {"eps": 1e-6},
        "row 0 is zero (dx = dy*w/sqrt(eps)), row 1 below sqrt(eps), rows 2 and 3 around 1e4 and 1e10, row 4 constant",
        limits={"*": {"atol": 1e-30, "row_rel": 2e-5}, "dw": {"atol": 1e-4, "row_rel": 2e-5}},
    )


def ropes() -> Iterator[Case]:
    shapes = {"a": ((2, 9, 2, 8), 1e4, 0), "odd": ((1, 5, 3, 10), 5e5, 11), "far": ((1, 4, 1, 16), 1e4, 2040)}
    for convention in ("half", "interleaved"):
        for kind, (shape, theta, first) in shapes.items():
            s = Source(f"rope_{convention}_{kind}")
            inputs = {
                "x": s.normal(*shape),
                "pos": torch.arange(first, first + shape[1], dtype=torch.int32),
                "dy": s.normal(*shape),
            }
            attrs = {
                "convention": convention, "theta": theta, "head_dim": shape[3],
                "layout": "[batch, time, head, head_dim]", "angle": "pos * theta^(-2i/head_dim)",
            }
            far = {"note": "atol leaves room for angles computed in float32", "limits": {"*": {"atol": 5e-4}}}
            yield Case(f"rope_{convention}_{kind}", "rope", inputs, attrs, **(far if kind == "far" else {}))
    yield Case(
        "rope_weight_permutation", "rope_permute", {"w_half": Source("rope_weight_permutation").normal(12, 5)},
        {"n_heads": 2, "head_dim": 6},
        "q or k weight for half pairs, rows reordered per head: new[2i] = old[i], new[2i+1] = old[i + head_dim/2]",
    )


def feed_forwards() -> Iterator[Case]:
    formula = {"formula": "y = gate*sigmoid(gate)*up"}
    s = Source("swiglu_elementwise")
    inputs = {"gate": s.normal(7, 33, scale=3), "up": s.normal(7, 33), "dy": s.normal(7, 33)}
    yield Case("swiglu_elementwise", "swiglu", inputs, formula)
    gate = torch.tensor([sign * x for x in (0.0, 1e-8, 20, 88, 100, 1e4) for sign in (1, -1)])[:, None]
    yield Case(
        "swiglu_extreme", "swiglu", {"gate": gate, "up": torch.full((12, 1), 1.5), "dy": torch.full((12, 1), -2.0)},
        formula, "an exp that overflows must not give NaN; atol of dgate leaves sigmoid one ulp at |gate| = 1e4",
        limits={"*": {"atol": 1e-12, "row_rel": 1e-5}, "dgate": {"atol": 2e-3, "row_rel": 1e-5}},
    )
    s = Source("ffn_block")
    inputs = {
        "x": s.normal(11, 12), "w1_gate": s.normal(32, 12, scale=12**-0.5),
        "w3_up": s.normal(32, 12, scale=12**-0.5), "w2_down": s.normal(12, 32, scale=32**-0.5), "dy": s.normal(11, 12),
    }
    yield Case("ffn_block", "ffn", inputs, {"formula": "w2(silu(w1 x) * (w3 x))"})


def softmaxes() -> Iterator[Case]:
    s = Source("softmax_extreme")
    x = s.normal(6, 19) * torch.tensor([4, 4e4, 0, 4, 4, 0])[:, None]
    x[2], x[3, 4:], x[4, :-1] = 1e4, -INF, -INF
    x[5], x[5, 3] = -1e4, 1e4
    yield Case(
        "softmax_extreme", "softmax", {"x": x, "dy": s.normal(6, 19)}, {"axis": -1},
        "-inf in rows 3 and 4; -3e38 in its place gives the same result",
    )


def _attention(
    kind: str, batch: int, heads: int, kv: int, queries: int, keys: int, dim: int,
    scale: float = 1.4, mask: str = "causal", extra: dict[str, Tensor] | None = None, **rest: object,
) -> Case:
    """Without an upstream gradient where the queries are fewer than the keys (decoding)."""
    s = Source(f"attention_{kind}")
    inputs = {
        "q": s.normal(batch, heads, queries, dim, scale=scale), "k": s.normal(batch, kv, keys, dim, scale=scale),
        "v": s.normal(batch, kv, keys, dim),
    }
    if queries == keys:
        inputs["dy"] = s.normal(batch, heads, queries, dim)
    attrs = {
        "layout": "q [B,H,T,D], k/v [B,KV,S,D], y [B,H,T,D]", "mask": mask, "scale": "1/sqrt(D)",
        "causal_rule": "row t sees columns 0..S-T+t", "kv_head": "head h reads kv head floor(h / (H/KV))",
    }
    return Case(f"attention_{kind}", "attention", inputs | (extra or {}), attrs, **rest)


def attentions() -> Iterator[Case]:
    yield _attention("mha", 2, 2, 2, 8, 8, 8)
    yield _attention("gqa_odd", 1, 4, 2, 7, 7, 10)
    yield _attention("decode_cache", 2, 4, 2, 1, 9, 6, note="one query, at position 8, and the 9 keys up to its own")
    yield _attention("chunk_cache", 1, 2, 1, 3, 10, 6, note="three queries, at positions 7 to 9")
    yield _attention(
        "large_scores", 1, 2, 2, 6, 6, 8, scale=60, limits={"*": {"atol": 1e-3}},
        note="scores of some thousands: the row maximum must be subtracted before exp",
    )
    added = torch.triu(torch.full((6, 6), -INF), 1)
    added[3, 1], added[5, 2] = -1.25, 0.5
    yield _attention(
        "additive_mask", 1, 2, 2, 6, 6, 8, mask="additive", extra={"mask_add": added},
        note="mask_add is added to the scaled scores; -3e38 in place of its -inf gives the same result",
    )
    yield _attention(
        "padding", 2, 2, 1, 6, 6, 8, mask="padding+causal", strict=False,
        extra={"key_visible": torch.tensor(PADDING, dtype=torch.int32)},
        note="rows 0 and 1 of batch 0 see no key: y = 0 and no gradient. A design choice, hence not strict",
    )


def _cross_entropy(kind: str, logits: Tensor, targets: list[int] | Tensor, **rest: object) -> Case:
    attrs = {
        "ignore_index": -100, "reduction": "mean over kept targets", "nll": "per position, 0 where ignored",
    }
    inputs = {"logits": logits, "targets": torch.as_tensor(targets, dtype=torch.int32)}
    return Case(f"cross_entropy_{kind}", "cross_entropy", inputs, attrs, **rest)


def cross_entropies() -> Iterator[Case]:
    source = {kind: Source(f"cross_entropy_{kind}") for kind in ("plain", "ignore", "single", "large", "inf", "all")}
    yield _cross_entropy("plain", source["plain"].normal(12, 64, scale=2), source["plain"].below(64, 12))
    targets = source["ignore"].below(64, 12)
    targets[[0, 3, 4, 11]] = -100
    yield _cross_entropy("ignore", source["ignore"].normal(12, 64, scale=2), targets)
    yield _cross_entropy("single_target", source["single"].normal(5, 65), [-100, -100, 64, -100, -100])
    yield _cross_entropy(
        "large_logits", source["large"].normal(6, 64, scale=1e4), [2, 4, 8, 16, 0, 63],
        note="logits around 1e4; the atols leave room for a log-sum-exp rounded to float32",
        limits={"loss": {"atol": 2e-3}, "dlogits": {"atol": 5e-5}, "nll": {"atol": 3e-3}},
    )
    logits = source["inf"].normal(4, 64)
    logits[:, 50:] = -INF
    yield _cross_entropy(
        "neg_inf_logits", logits, [0, 1, 2, 3],
        note="-inf in entries that are no target; -3e38 in its place gives the same result",
    )
    yield _cross_entropy(
        "all_ignored", source["all"].normal(4, 64), [-100] * 4, strict=False,
        note="no kept target: loss 0 and gradient 0. A design choice, hence not strict",
    )


def embeddings() -> Iterator[Case]:
    s = Source("embedding")
    ids = torch.minimum(s.below(22, 2, 15), s.below(22, 2, 15))
    yield Case(
        "embedding", "embedding", {"w": s.normal(23, 12), "ids": ids, "dy": s.normal(2, 15, 12)},
        note="the gradients of a repeated id add up; rows of dw without an id are exactly 0",
    )


def optimizers() -> Iterator[Case]:
    steps = {"first_step": (1, 1e-3, 0.1, 1), "no_decay": (7, 3e-4, 0.0, 1), "late_step": (1000, 3e-4, 0.1, 1e-2),
             "tiny_grad": (3, 1e-3, 0.1, 1e-9)}
    for kind, (step, lr, decay, scale) in steps.items():
        s = Source(f"adamw_{kind}")
        p, g, m = s.normal(37), s.normal(37, scale=scale), s.normal(37, scale=scale)
        v = s.normal(37, scale=scale).square()
        if step == 1:
            m, v = torch.zeros(37), torch.zeros(37)
        g[:3], m[0], v[0] = 0, 0, 0
        attrs = {"step": step, "lr": lr, "weight_decay": decay, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8}
        yield Case(
            f"adamw_{kind}", "adamw", {"p": p, "g": g, "m": m, "v": v}, attrs,
            "step counts from 1; delta_p = p_new - p; g, m and v of element 0 are zero: decay alone may move it",
        )
    for kind, scale in {"active": 3.0, "inactive": 0.01, "zero": 0.0}.items():
        s = Source(f"clip_{kind}")
        inputs = {"g0": s.normal(5, 7, scale=scale), "g1": s.normal(33, scale=scale)}
        attrs = {"max_norm": 1.0, "coef": "min(1, max_norm/(norm+1e-6))"}
        yield Case(f"clip_{kind}", "clip_global_norm", inputs, attrs)


def layernorms() -> Iterator[Case]:
    for name, (rows, dim, eps, middle) in {
        "layernorm_even": (8, 32, 1e-6, 0), "layernorm_odd": (5, 33, 1e-5, 0), "layernorm_far_mean": (6, 16, 1e-5, 50),
    }.items():
        s = Source(name)
        inputs = {
            "x": middle + s.normal(rows, dim), "w": 1 + s.normal(dim, scale=0.3), "b": s.normal(dim), "dy": s.normal(rows, dim),
        }
        yield Case(name, "layernorm", inputs, {"eps": eps}, "torch.nn.functional.layer_norm")


def activations() -> Iterator[Case]:
    for op, note in {
        "gelu": "torch.nn.functional.gelu: the exact one, by erf", "relu": "torch.nn.functional.relu: its derivative at 0 is 0",
    }.items():
        for kind, (rows, cols) in {"odd": (7, 33), "even": (6, 24)}.items():
            s = Source(f"{op}_{kind}")
            x = s.normal(rows, cols, scale=2)
            x[1, ::5] = 0
            yield Case(f"{op}_{kind}", op, {"x": x, "dy": s.normal(rows, cols)}, {}, note)
    x = torch.tensor([sign * x for x in (0.0, 1e-8, 3, 6, 13, 20, 100, 1e4) for sign in (1, -1)])[:, None]
    yield Case(
        "gelu_extreme", "gelu", {"x": x, "dy": torch.full((16, 1), -2.0)}, {}, "far out it is x or 0, and no NaN",
        limits={"*": {"atol": 1e-12, "row_rel": 1e-5}},
    )


def positions() -> Iterator[Case]:
    s = Source("learned_positions")
    inputs = {"x": s.normal(11, 12), "w": s.normal(5, 12), "pos": s.below(5, 11), "dy": s.normal(11, 12)}
    yield Case("learned_positions", "learned_positions", inputs, {}, "y = x + w[pos]")


def all_cases() -> list[Case]:
    """Every case, in file order."""
    families = (
        matmuls, linears, rmsnorms, ropes, feed_forwards, softmaxes, attentions, cross_entropies, embeddings,
        optimizers, layernorms, activations, positions,
    )
    return [case for family in families for case in family()]
