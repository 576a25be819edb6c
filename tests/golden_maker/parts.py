"""Models with other parts than the paper's, by PyTorch: makes parts.json and parts.safetensors of tests/golden/parts.

    python3 tests/golden_maker/parts.py tests/golden/parts

Layer norm, GELU and ReLU are those of torch.nn.functional. Results are computed in float64 from float32 weights: logits,
loss and all gradients of two sequences, of which the second holds two documents, five steps of AdamW, greedy decoding.
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

sys.dont_write_bytecode = True

import formulas as f
from files import Tensors, write
from products import plain

PAPER = {"norm": "rms", "activation": "swiglu", "position": "rope"}
CHANGES = {
    "layer": {"norm": "layer"}, "relu": {"activation": "relu"}, "gelu": {"activation": "gelu"},
    "learned": {"position": "learned"}, "none": {"position": "none"},
    "all": {"norm": "layer", "activation": "gelu", "position": "learned"},
}
SHAPES = {  # with rows of whole eights, and with nothing even but the heads
    "even": {"dim": 16, "layers": 2, "heads": 2, "kvHeads": 1, "hidden": 40, "vocabSize": 32, "context": 16},
    "odd": {"dim": 18, "layers": 2, "heads": 3, "kvHeads": 3, "hidden": 37, "vocabSize": 31, "context": 13},
}
HYPER = {"learningRate": 1e-2, "weightDecay": 0.1, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "clip": 1.0, "steps": 5}
EPS, THETA, NEW_TOKENS = 1e-5, 10000.0, 6
Weights = dict[str, Tensor]


def shapes_of(c: dict, parts: dict) -> dict[str, tuple[int, ...]]:
    """Every parameter under the name that checkpoints give it."""
    dim, hidden, kv = c["dim"], c["hidden"], c["dim"] // c["heads"] * c["kvHeads"]

    def norm(name: str) -> dict[str, tuple[int, ...]]:
        return {f"{name}.weight": (dim,)} | ({f"{name}.bias": (dim,)} if parts["norm"] == "layer" else {})

    shapes = {"model.embed_tokens.weight": (c["vocabSize"], dim)}
    if parts["position"] == "learned":
        shapes["model.embed_positions.weight"] = (c["context"], dim)
    for layer in range(c["layers"]):
        at = f"model.layers.{layer}"
        shapes |= norm(f"{at}.input_layernorm")
        shapes |= {f"{at}.self_attn.{n}_proj.weight": (rows, dim) for n, rows in (("q", dim), ("k", kv), ("v", kv), ("o", dim))}
        shapes |= norm(f"{at}.post_attention_layernorm")
        if parts["activation"] == "swiglu":
            shapes[f"{at}.mlp.gate_proj.weight"] = (hidden, dim)
        shapes |= {f"{at}.mlp.up_proj.weight": (hidden, dim), f"{at}.mlp.down_proj.weight": (dim, hidden)}
    return shapes | norm("model.norm") | {"lm_head.weight": (c["vocabSize"], dim)}


def drawn(c: dict, parts: dict, seed: int) -> Weights:
    """Weights as float32, wide enough that attention is far from uniform and norms far from 1."""
    generator, weights = torch.Generator().manual_seed(seed), {}
    for name, shape in shapes_of(c, parts).items():
        numbers = torch.randn(shape, generator=generator, dtype=torch.float64)
        if len(shape) == 1:
            numbers = numbers * 0.2 + (0 if name.endswith(".bias") else 1)
        else:
            numbers = numbers * (0.5 if "embed" in name else 1.3 / shape[1] ** 0.5)
        weights[name] = numbers.float()
    return weights


def forward(w: Weights, c: dict, parts: dict, ids: Tensor, first: Tensor) -> Tensor:
    """Logits [B, T, V]; attention and positions of a row begin at `first` [B, T]."""
    T = ids.shape[1]
    positions = torch.arange(T) - first
    earlier = torch.arange(T)[None, None, :] < first[:, :, None]
    hidden = (f.causal_hidden(T, T)[None] | earlier)[:, None]

    def norm(x: Tensor, name: str) -> Tensor:
        if parts["norm"] == "rms":
            return f.rms_norm(x, w[f"{name}.weight"], EPS)
        return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], EPS)

    def rotated(x: Tensor) -> Tensor:
        if parts["position"] != "rope":
            return x
        return torch.stack([f.rope(row[None], at, THETA, "half")[0] for row, at in zip(x, positions)])

    x = w["model.embed_tokens.weight"][ids]
    if parts["position"] == "learned":
        x = x + w["model.embed_positions.weight"][positions]
    for layer in range(c["layers"]):
        at = f"model.layers.{layer}"
        y = norm(x, f"{at}.input_layernorm")
        q, k, v = (
            f.linear(y, w[f"{at}.self_attn.{n}_proj.weight"], plain).unflatten(-1, (-1, c["dim"] // c["heads"]))
            for n in "qkv"
        )
        q, k, v = (t.transpose(1, 2) for t in (rotated(q), rotated(k), v))
        y = f.attention(q, k, v, plain, hidden).transpose(1, 2).flatten(2)
        x = x + f.linear(y, w[f"{at}.self_attn.o_proj.weight"], plain)
        y = norm(x, f"{at}.post_attention_layernorm")
        up = f.linear(y, w[f"{at}.mlp.up_proj.weight"], plain)
        if parts["activation"] == "swiglu":
            y = f.swiglu(f.linear(y, w[f"{at}.mlp.gate_proj.weight"], plain), up)
        else:
            y = {"relu": F.relu, "gelu": F.gelu}[parts["activation"]](up)
        x = x + f.linear(y, w[f"{at}.mlp.down_proj.weight"], plain)
    return f.linear(norm(x, "model.norm"), w["lm_head.weight"], plain)


def gradients(w: Weights, c: dict, parts: dict, batch: dict) -> tuple[float, Weights, Tensor]:
    """Loss, the gradient of every parameter, and the logits."""
    w = {name: t.detach().requires_grad_() for name, t in w.items()}
    logits = forward(w, c, parts, batch["ids"], batch["first"])
    loss, _ = f.cross_entropy(logits, batch["targets"])
    return loss.item(), dict(zip(w, torch.autograd.grad(loss, list(w.values())))), logits.detach()


def trained(w: Weights, c: dict, parts: dict, batch: dict) -> list[float]:
    """Losses of steps on one batch; every matrix and table decays, vectors do not."""
    w, losses = dict(w), []
    moments = {name: (torch.zeros_like(t), torch.zeros_like(t)) for name, t in w.items()}
    for step in range(1, HYPER["steps"] + 1):
        loss, grads, _ = gradients(w, c, parts, batch)
        losses.append(loss)
        clip = f.clip_coefficient(f.global_norm(list(grads.values())), HYPER["clip"])
        for name, p in w.items():
            decay = HYPER["weightDecay"] if p.dim() == 2 else 0.0
            w[name], *new, _ = f.adamw(
                p, grads[name] * clip, *moments[name], step=step, lr=HYPER["learningRate"], weight_decay=decay,
                beta1=HYPER["beta1"], beta2=HYPER["beta2"], eps=HYPER["epsilon"],
            )
            moments[name] = tuple(new)
    return losses


def greedy(w: Weights, c: dict, parts: dict) -> dict:
    """The first prompt whose most likely tokens lead clearly at every step, and these tokens; 2 would end the text."""
    for start in range(3, c["vocabSize"]):
        ids, gaps = [start, (7 * start + 5) % c["vocabSize"], 4], []
        for _ in range(NEW_TOKENS):
            best = forward(w, c, parts, torch.tensor([ids]), torch.zeros(1, len(ids), dtype=torch.long))[0, -1].topk(2)
            gaps.append((best.values[0] - best.values[1]).item())
            ids.append(int(best.indices[0]))
        if min(gaps) > 1e-2 and 2 not in ids[3:]:
            return {"prompt": ids[:3], "tokens": ids[3:]}
    raise ValueError("no prompt is decided clearly")


def case(name: str, c: dict, parts: dict, seed: int) -> tuple[dict, dict[str, Tensor]]:
    stored = drawn(c, parts, seed)
    w = {key: t.double() for key, t in stored.items()}
    T, V = c["context"] - 1, c["vocabSize"]
    generator = torch.Generator().manual_seed(seed + 100)
    ids, targets = (torch.randint(V, (2, T), generator=generator) for _ in range(2))
    targets[0, :3] = -100
    first = torch.zeros(2, T, dtype=torch.long)
    first[1, 5:] = 5
    batch = {"ids": ids, "targets": targets, "first": first}
    loss, grads, logits = gradients(w, c, parts, batch)
    entry = {
        "id": name, "shape": c | {"normEps": EPS, "ropeTheta": THETA}, "parts": parts,
        "batch": {key: t.tolist() for key, t in batch.items()},
        "loss": loss, "norm": f.global_norm(list(grads.values())).item(),
        "losses": trained(w, c, parts, batch), "greedy": greedy(w, c, parts),
    }
    tensors = {f"{name}/{key}": t for key, t in stored.items()}
    tensors |= {f"{name}/grad.{key}": t for key, t in grads.items()} | {f"{name}/logits": logits}
    return entry, tensors


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    entries, tensors, seed = [], {}, 0
    for kind, c in SHAPES.items():
        for change, parts in CHANGES.items():
            seed += 1
            entry, made = case(f"{change}_{kind}", c, PAPER | parts, seed)
            entries.append(entry)
            tensors |= made
    write(folder / "parts.json", {"hyper": HYPER, "cases": entries})
    write(folder / "parts.safetensors", Tensors(tensors))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
