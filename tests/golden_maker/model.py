"""LLaMA on a dictionary of weights under Hugging Face names: forward pass, gradients, greedy decoding, training."""
from dataclasses import dataclass, field

import torch
from torch import Tensor

import formulas as f
from products import Product, plain

Weights = dict[str, Tensor]
Cache = list[tuple[Tensor, Tensor]]


def forward(
    w: Weights, config: dict, ids: Tensor, mm: Product = plain, convention: str = "half", cache: Cache | None = None,
) -> dict[str, Tensor]:
    """Logits [B, T, V] and the activations under their names; `cache` holds one (k, v) per layer and grows."""
    eps, theta = config["rms_norm_eps"], config["rope_theta"]
    heads, past = config["num_attention_heads"], cache[0][0].shape[2] if cache else 0
    positions = torch.arange(past, past + ids.shape[1])
    x = w["model.embed_tokens.weight"][ids]
    seen = {"act.embed": x}
    for layer in range(config["num_hidden_layers"]):
        part = {n.removeprefix(f"model.layers.{layer}."): t for n, t in w.items() if f".layers.{layer}." in n}
        y = f.rms_norm(x, part["input_layernorm.weight"], eps)
        q, k, v = (
            f.linear(y, part[f"self_attn.{n}_proj.weight"], mm).unflatten(-1, (-1, x.shape[-1] // heads))
            for n in "qkv"
        )
        q, k = (f.rope(t, positions, theta, convention).transpose(1, 2) for t in (q, k))
        v = v.transpose(1, 2)
        if cache is not None:
            if past:
                k, v = (torch.cat(pair, 2) for pair in zip(cache[layer], (k, v)))
            cache[layer:layer + 1] = [(k, v)]
        y = f.attention(q, k, v, mm, f.causal_hidden(q.shape[2], k.shape[2]))
        x = x + f.linear(y.transpose(1, 2).flatten(2), part["self_attn.o_proj.weight"], mm)
        y = f.rms_norm(x, part["post_attention_layernorm.weight"], eps)
        x = x + f.ffn(y, *(part[f"mlp.{n}_proj.weight"] for n in ("gate", "up", "down")), mm)
        seen[f"act.layer.{layer}"] = x
    seen["act.norm"] = f.rms_norm(x, w["model.norm.weight"], eps)
    return {"logits": f.linear(seen["act.norm"], w["lm_head.weight"], mm)} | seen


def loss_of(w: Weights, config: dict, ids: Tensor, targets: Tensor, mm: Product = plain) -> tuple[Tensor, Tensor]:
    """Loss of the whole batch and loss per position."""
    return f.cross_entropy(forward(w, config, ids, mm)["logits"], targets)


def gradients(w: Weights, config: dict, ids: Tensor, targets: Tensor, mm: Product = plain) -> tuple[float, Weights]:
    """Loss and the gradient of every parameter."""
    w = {name: t.detach().requires_grad_() for name, t in w.items()}
    loss, _ = loss_of(w, config, ids, targets, mm)
    return loss.item(), dict(zip(w, torch.autograd.grad(loss, list(w.values()))))


def top_two_gap(logits: Tensor) -> Tensor:
    """Distance between the two largest logits of each row."""
    best = logits.topk(2, -1).values
    return best[..., 0] - best[..., 1]


def greedy(w: Weights, config: dict, prompt: list[int], count: int) -> tuple[list[int], float]:
    """New tokens and the smallest top-2 gap, with a KV cache; recomputing everything must give the same tokens."""
    cache, new, fed, gap = [], [], prompt, float("inf")
    for _ in range(count):
        logits = forward(w, config, torch.tensor([fed]), cache=cache)["logits"][0, -1]
        again = forward(w, config, torch.tensor([prompt + new]))["logits"][0, -1]
        if logits.argmax() != again.argmax():
            raise ArithmeticError("decoding with and without the KV cache disagrees")
        gap = min(gap, top_two_gap(logits).item())
        fed = [int(logits.argmax())]
        new += fed
    return new, gap


@dataclass
class Run:
    """The record of a training run: one number per step, and the weights after some of the steps."""

    losses: list[float] = field(default_factory=list)
    grad_norms: list[float] = field(default_factory=list)
    lrs: list[float] = field(default_factory=list)
    clip_coefs: list[float] = field(default_factory=list)
    after: dict[int, Weights] = field(default_factory=dict)


def train(
    w: Weights, config: dict, batches: list[list[list[int]]], hyper: dict, keep: tuple[int, ...], mm: Product = plain,
) -> Run:
    """One update per batch of rows of T + 1 tokens; decay acts on matrices only."""
    run, w = Run(), dict(w)
    moments = {name: (torch.zeros_like(t), torch.zeros_like(t)) for name, t in w.items()}
    adam = {name: hyper[name] for name in ("beta1", "beta2", "eps")}
    for step, rows in enumerate(batches, 1):
        tokens = torch.tensor(rows)
        loss, grads = gradients(w, config, tokens[:, :-1], tokens[:, 1:], mm)
        norm = f.global_norm(list(grads.values()))
        coef = f.clip_coefficient(norm, hyper["clip_norm"])
        lr = f.learning_rate(step, hyper["lr_max"], hyper["warmup_steps"], hyper["total_steps"], hyper["lr_min_ratio"])
        for name, p in w.items():
            decay = hyper["weight_decay"] if p.dim() == 2 else 0.0
            w[name], *new, _ = f.adamw(
                p, grads[name] * coef, *moments[name], step=step, lr=lr, weight_decay=decay, **adam
            )
            moments[name] = tuple(new)
        run.losses.append(loss)
        run.grad_norms.append(norm.item())
        run.lrs.append(lr)
        run.clip_coefs.append(coef.item())
        if step in keep:
            run.after[step] = dict(w)
    return run
