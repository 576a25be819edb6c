"""The folder ops/: single ops with their gradients, and the share of the tolerance that float32 needs."""
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

import formulas as f
from files import Tensors, read, rounded
from op_cases import Case, all_cases
from products import Product, plain, sequential

Values = dict[str, Tensor]
RTOL = 1e-4
GRADIENTS = {  # inputs whose gradient is an output, given dy (cross-entropy: of the loss itself)
    "linear": "x w", "rmsnorm": "x w", "rope": "x", "swiglu": "gate up", "ffn": "x w1_gate w3_up w2_down",
    "softmax": "x", "attention": "q k v", "cross_entropy": "logits", "embedding": "w",
    "layernorm": "x w b", "gelu": "x", "relu": "x", "learned_positions": "x w",
}


def _matmul(x: Values, attrs: dict, mm: Product) -> Values:
    a, b = (t.mT if side == "T" else t for t, side in zip((x["a"], x["b"]), attrs["variant"]))
    return {"y": mm(a, b)}


def _attention(x: Values, attrs: dict, mm: Product) -> Values:
    hidden = f.causal_hidden(x["q"].shape[2], x["k"].shape[2])
    if "key_visible" in x:
        hidden = hidden | (x["key_visible"] == 0)[:, None, None, :]
    if "mask_add" in x:
        hidden = torch.zeros_like(hidden)
    return {"y": f.attention(x["q"], x["k"], x["v"], mm, hidden, x.get("mask_add"))}


def _clip(x: Values, attrs: dict, mm: Product) -> Values:
    norm = f.global_norm([x["g0"], x["g1"]])
    coef = f.clip_coefficient(norm, attrs["max_norm"])
    return {"norm": norm, "g0_out": x["g0"] * coef, "g1_out": x["g1"] * coef}


OPS: dict[str, Callable[[Values, dict, Product], Values]] = {
    "matmul": _matmul,
    "matmul_batched": _matmul,
    "linear": lambda x, a, mm: {"y": f.linear(x["x"], x["w"], mm)},
    "rmsnorm": lambda x, a, mm: {"y": f.rms_norm(x["x"], x["w"], a["eps"])},
    "rope": lambda x, a, mm: {"y": f.rope(x["x"], x["pos"], a["theta"], a["convention"])},
    "rope_permute": lambda x, a, mm: {"w_interleaved": f.interleave_rows(x["w_half"], a["n_heads"])},
    "swiglu": lambda x, a, mm: {"y": f.swiglu(x["gate"], x["up"])},
    "ffn": lambda x, a, mm: {"y": f.ffn(x["x"], x["w1_gate"], x["w3_up"], x["w2_down"], mm)},
    "softmax": lambda x, a, mm: {"y": torch.softmax(x["x"], -1)},
    "attention": _attention,
    "cross_entropy": lambda x, a, mm: dict(zip(("loss", "nll"), f.cross_entropy(x["logits"], x["targets"]))),
    "embedding": lambda x, a, mm: {"y": x["w"][x["ids"]]},
    "adamw": lambda x, a, mm: dict(zip(("p_new", "m_new", "v_new", "delta_p"), f.adamw(**x, **a))),
    "clip_global_norm": _clip,
    "layernorm": lambda x, a, mm: {"y": F.layer_norm(x["x"], x["w"].shape, x["w"], x["b"], a["eps"])},
    "gelu": lambda x, a, mm: {"y": F.gelu(x["x"])},
    "relu": lambda x, a, mm: {"y": F.relu(x["x"])},
    "learned_positions": lambda x, a, mm: {"y": x["x"] + x["w"][x["pos"]]},
}


def evaluate(case: Case, dtype: torch.dtype, mm: Product) -> Values:
    """Outputs and gradients, computed in `dtype`: the first output, its gradients, the other outputs."""
    x = {name: t.to(dtype) if t.is_floating_point() else t for name, t in case.inputs.items()}
    names = GRADIENTS.get(case.op, "").split() if "dy" in x or case.op == "cross_entropy" else []
    for name in names:
        x[name] = x[name].clone().requires_grad_()
    (first, y), *rest = OPS[case.op](x, case.attrs, mm).items()
    grads = torch.autograd.grad(y, [x[name] for name in names], x.get("dy")) if names else []
    return {first: y.detach()} | {f"d{n}": g for n, g in zip(names, grads)} | {n: t.detach() for n, t in rest}


def _allowance(ref: Tensor, atol: float, row_rel: float) -> Tensor:
    rows = ref.abs().amax(-1, keepdim=True) if ref.dim() else ref.abs()
    return atol + RTOL * ref.abs() + row_rel * rows


def _describe(case: Case, name: str, ref: Tensor, runs: list[Tensor]) -> dict:
    """Shape, tolerance and measured float32 errors of one output; `runs` are the float32 results."""
    away = [(run.double() - ref).abs() for run in runs]
    errors, largest = [t.max().item() for t in away], ref.abs().max().item()
    limit = case.limits.get(name, case.limits.get("*", {}))
    atol = limit.get("atol") or max(1e-5 * largest, 20 * max(errors), 1e-30)
    row_rel = limit.get("row_rel", 0.0)
    used = max((t / _allowance(ref, atol, row_rel)).max().item() for t in away)
    return {
        "shape": list(ref.shape), "rtol": RTOL, "atol": rounded(atol, 3),
        **({"row_rel": row_rel} if row_rel else {}),
        "absmax": rounded(largest, 5), "f32_tolerance_used": rounded(used, 2),
        "f32_err_blas": rounded(errors[0], 3), "f32_err_sequential": rounded(errors[1], 3),
    }


def _take_inputs(case: Case, stored: Values) -> None:
    """Replaces the inputs of a case by those of an existing folder, if it has the case."""
    if not any(name.startswith(f"{case.id}/") for name in stored):
        return
    for name, own in case.inputs.items():
        given = stored[f"{case.id}/{name}"]
        if given.shape != own.shape or given.dtype != own.dtype:
            raise ValueError(f"{case.id}/{name}: expected {own.dtype} {list(own.shape)}, found {list(given.shape)}")
        case.inputs[name] = given


def _entry(case: Case, exact: Values) -> dict:
    runs = [evaluate(case, torch.float32, mm) for mm in (plain, sequential)]
    kinds = {True: "f32", False: "i32"}
    return {
        "id": case.id,
        "op": case.op,
        "inputs": {
            n: {"shape": list(t.shape), "dtype": kinds[t.is_floating_point()]} for n, t in case.inputs.items()
        },
        "attrs": case.attrs,
        "outputs": {n: _describe(case, n, ref, [run[n] for run in runs]) for n, ref in exact.items()},
        "strict": case.strict,
        **({"note": case.note} if case.note else {}),
    }


def files_of(like: Path | None) -> dict[str, object]:
    """ops.json and ops.safetensors, by path."""
    stored = read(like / "ops/ops.safetensors").tensors if like else None
    entries, tensors = [], {}
    for case in all_cases():
        if stored is not None:
            _take_inputs(case, stored)
        exact = evaluate(case, torch.float64, plain)
        entries.append(_entry(case, exact))
        tensors |= {f"{case.id}/{n}": t for n, t in (exact | case.inputs).items()}
    about = {
        "layout": "ops.safetensors has every input and output as '<case id>/<name>'",
        "pass": "|got - ref| <= atol + rtol*|ref| + row_rel*(largest |ref| of the last axis), and no NaN; "
        "row_rel is 0 if absent",
        "atol": "fixed for the case, or the larger of 1e-5*absmax and 20 times the measured float32 error",
        "strict": "false: other conventions are as good as this one",
        "gradients": "dy is the upstream gradient, d<name> the gradient it gives",
    }
    return {"ops/ops.json": {"about": about, "cases": entries}, "ops/ops.safetensors": Tensors(tensors)}
