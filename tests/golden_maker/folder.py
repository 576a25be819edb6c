"""The folders A/ and B/: a small LLaMA, its inputs, and the results of a float64 run."""
import math
from pathlib import Path

import torch
from torch import Tensor

import formulas as f
import model
from files import Tensors
from noise import NOISE, measure_noise
from plan import Plan, inputs_of, kept_per_group, plan
from products import Product, plain
from streams import sharp_weights

STEPS_KEPT = (1, 2, 10, 20)
ACCUMULATED = ("lm_head", "model.norm", "model.layers.0.self_attn.q_proj", "model.embed_tokens")
SAFE_GAP = 3e-3  # smallest top-2 gap at which every float32 program decodes the same tokens
UNSURE_GAP = 1e-3  # below it the argmax of a position is not listed
TOLERANCE = {
    "metric": "largest |got - ref| over largest |ref| of a tensor, unless the name says otherwise; an update is the "
    "weights after the step minus the initial weights",
    "logits_max_over_absmax": 1e-4, "act_max_over_absmax": 1e-4, "loss_rel": 1e-5,
    "logits_argmax": "exact, but -1 (top two closer than 1e-3) is not checked",
    "grad_max_over_absmax": 2e-4, "grad_rel_l2": 1e-4, "grad_norm_rel": 1e-4,
    "train_loss_abs_steps_1_10": 2e-4, "train_loss_abs_steps_11_20": 1e-3, "train_grad_norm_rel": 5e-3,
    "update_rel_l2_worst_tensor": 3e-2, "update_rel_l2_all": 5e-3, "lr_rel": 1e-6, "generated_tokens": "exact",
}


def compute(p: Plan, inputs: dict, weights: model.Weights, mm: Product = plain) -> dict:
    """Forward pass, gradients and training in the dtype of the weights."""
    ids, targets = (torch.tensor(inputs["batch"][key]) for key in ("input_ids", "targets"))
    loss, grads = model.gradients(weights, p.config, ids, targets, mm)
    run = model.train(weights, p.config, inputs["train"]["tokens"], p.hyper, STEPS_KEPT, mm)
    out = model.forward(weights, p.config, ids, mm)
    return {"loss": loss, "grads": grads, "run": run, "out": out, "initial": weights}


def _norms(grads: model.Weights) -> dict:
    return {
        "global_norm": f.global_norm(list(grads.values())).item(),
        "l2": {name: t.norm().item() for name, t in grads.items()},
    }


def _masked(p: Plan, inputs: dict, weights: model.Weights) -> tuple[dict, model.Weights]:
    ids, targets = torch.tensor(inputs["batch"]["input_ids"]), torch.tensor(inputs["masked"]["targets"])
    loss, grads = model.gradients(weights, p.config, ids, targets)
    each, kept = model.loss_of(weights, p.config, ids, targets)[1], targets != -100
    row_means = each.sum(1) / kept.sum(1)
    return {"loss": loss, "n_targets": int(kept.sum())} | _norms(grads) | {
        "loss_if_mean_of_row_means (a bug)": row_means.mean().item(),
        "loss_if_divided_by_all_positions (a bug)": each.mean().item(),
    }, grads


def _accumulated(p: Plan, inputs: dict, weights: model.Weights) -> tuple[dict, model.Weights]:
    ids, targets = (torch.tensor(inputs["accum"][key]) for key in ("input_ids", "targets"))
    loss, grads = model.gradients(weights, p.config, ids, targets)
    micro = list(zip(ids.split(p.batch), targets.split(p.batch)))
    losses = [model.loss_of(weights, p.config, *pair)[0].item() for pair in micro]
    return {
        "micro_batches": len(micro),
        "loss": loss,
        "n_targets": kept_per_group(p.accum, p.batch),
        "global_norm": _norms(grads)["global_norm"],
        "loss_if_mean_of_micro_means (a bug)": sum(losses) / len(losses),
    }, grads


def _generated(p: Plan, inputs: dict, weights: model.Weights) -> list[dict]:
    """Greedy tokens of each prompt; without given prompts, the first five and the first single token that are safe."""
    row, chosen = inputs["batch"]["input_ids"][0], p.prompts
    ways = [[prompt] for prompt in chosen or []] or [
        [row[i:i + size] for i in range(len(row) - size)] for size in (5, 1)
    ]
    found = []
    for candidates in ways:
        for prompt in candidates:
            tokens, gap = model.greedy(weights, p.config, prompt, p.new_tokens)
            if gap > SAFE_GAP or chosen:
                found.append({"prompt": prompt, "new_tokens": tokens, "min_top2_gap": gap})
                break
        else:
            raise ValueError(f"Cannot find a prompt whose top-2 gaps stay above {SAFE_GAP}: try another stream seed")
    return found


def _decay_only(p: Plan, inputs: dict, run: model.Run) -> dict:
    """Embedding rows that no input has used after some steps: only weight decay has moved them."""
    found = {}
    for steps in STEPS_KEPT[:3]:
        used = {t for rows in inputs["train"]["tokens"][:steps] for row in rows for t in row[:-1]}
        ratio = math.prod(1 - lr * p.hyper["weight_decay"] for lr in run.lrs[:steps])
        rows = [t for t in range(p.config["vocab_size"]) if t not in used][:8]
        found[f"step{steps}"] = {"rows": rows, "new_over_initial": ratio}
    return found | {"tolerance_abs_on_ratio": 2e-6}


def _meta_qk(p: Plan, weights: model.Weights) -> dict[str, Tensor]:
    heads = {"q": p.config["num_attention_heads"], "k": p.config["num_key_value_heads"]}
    return {
        f"layers.{layer}.attention.w{n}.weight":
            f.interleave_rows(weights[f"model.layers.{layer}.self_attn.{n}_proj.weight"], heads[n])
        for layer in range(p.config["num_hidden_layers"]) for n in "qk"
    }


def _wrong_convention_loss(p: Plan, inputs: dict, weights: model.Weights, logits: Tensor) -> float:
    """Loss of the unpermuted weights run interleaved; the permuted ones must give the same logits as before."""
    ids, targets = (torch.tensor(inputs["batch"][key]) for key in ("input_ids", "targets"))
    renamed = {}
    for name, t in _meta_qk(p, weights).items():
        _, layer, _, which, _ = name.split(".")
        renamed[f"model.layers.{layer}.self_attn.{which[1]}_proj.weight"] = t
    same = model.forward(weights | renamed, p.config, ids, convention="interleaved")["logits"]
    if not torch.allclose(same, logits, rtol=0, atol=1e-12):
        raise ArithmeticError("permuted weights with interleaved pairs give other logits")
    wrong = model.forward(weights, p.config, ids, convention="interleaved")["logits"]
    return f.cross_entropy(wrong, targets)[0].item()


def _forward_numbers(loss: float, logits: Tensor, gaps: Tensor) -> dict:
    return {
        "loss": loss, "n_targets": gaps.numel(), "perplexity": math.exp(loss),
        "logits_sum": logits.sum().item(), "logits_l2": logits.norm().item(),
        "logits_absmax": logits.abs().max().item(), "logits_min_top2_gap": gaps.min().item(),
    }


def _train_numbers(run: model.Run) -> dict:
    norms = {str(step): f.global_norm(list(w.values())).item() for step, w in run.after.items()}
    names = ("losses", "grad_norms", "lrs", "clip_coefs")
    return {name: getattr(run, name) for name in names} | {"param_l2_after": norms}


def _tensors(exact: dict, gaps: Tensor, masked: model.Weights, accum: model.Weights) -> Tensors:
    """The content of expected.safetensors; `masked` may be empty."""
    logits = exact["out"]["logits"]
    tensors = dict(exact["out"]) | {f"grad.{n}": t for n, t in exact["grads"].items()}
    for step in STEPS_KEPT[:3]:
        tensors |= {f"step{step}.{n}": t for n, t in exact["run"].after[step].items()}
    tensors |= {f"masked_grad.{n}": t for n, t in masked.items()}
    tensors["logits_lse"] = torch.logsumexp(logits, -1)
    tensors["logits_argmax"] = logits.argmax(-1).masked_fill(gaps < UNSURE_GAP, -1)
    tensors |= {f"accum_grad.{n}.weight": accum[f"{n}.weight"] for n in ACCUMULATED}
    return Tensors(tensors, {"format": "pt", "computed_in": "float64", "stored_as": "float32"})


def files_of(name: str, like: Path | None, measure: bool) -> dict[str, object]:
    """Every file of A/ or B/, by path; `measure` adds the float32 noise (the slow part)."""
    p = plan(name, like)
    stored = sharp_weights(p.config, p.seed)
    weights = {key: t.double() for key, t in stored.items()}
    inputs = inputs_of(p)
    exact = compute(p, inputs, weights)
    logits = exact["out"]["logits"]
    gaps = model.top_two_gap(logits)
    masked, masked_grads = _masked(p, inputs, weights)
    accum, accum_grads = _accumulated(p, inputs, weights)
    generated = _generated(p, inputs, weights)
    inputs["generate"]["prompts"] = [g["prompt"] for g in generated]
    expected = {
        "forward": _forward_numbers(exact["loss"], logits, gaps),
        "grad": _norms(exact["grads"]),
        "masked": masked,
        "accum": accum,
        "train": _train_numbers(exact["run"]),
        "generate": generated,
        "rope": {
            "same_weights_wrong_convention_loss (a bug)": _wrong_convention_loss(p, inputs, weights, logits),
        },
        "sizes": {"parameters": sum(t.numel() for t in weights.values())},
        "embedding_rows_moved_by_decay_only": _decay_only(p, inputs, exact["run"]),
    }
    if measure:
        single = {key: t.float() for key, t in stored.items()}
        expected["f32_noise_measured"] = {
            kind: measure_noise(compute(p, inputs, single, mm), exact) for kind, mm in NOISE.items()
        }
    return {
        f"{name}/config.json": p.config,
        f"{name}/model.safetensors": Tensors(stored),
        f"{name}/inputs.json": inputs,
        f"{name}/expected.json": expected | {"tolerance": TOLERANCE},
        f"{name}/expected.safetensors": _tensors(exact, gaps, masked_grads if name == "A" else {}, accum_grads),
        f"{name}/meta_qk.safetensors": Tensors(_meta_qk(p, stored), {"format": "pt", "rope": "interleaved"}),
    }
