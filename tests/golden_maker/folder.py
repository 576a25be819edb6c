"""The folders A/ and B/: a small LLaMA, its inputs, and everything a float64 run says about it."""
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

import formulas as f
import model
from files import Tensors, read
from noise import NOISE, measure_noise
from products import Product, plain
from streams import batch_rows, mulberry32, sharp_weights, synth_stream

STEPS_KEPT = (1, 2, 10, 20)
HYPER = {
    "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weight_decay": 0.1, "clip_norm": 1.0,
    "lr_max": 0.003, "lr_min_ratio": 0.1, "warmup_steps": 4, "total_steps": 20,
}
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


def _config(vocab: int, dim: int, ffn: int, kv_heads: int, eps: float, theta: float) -> dict:
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": vocab, "hidden_size": dim,
        "intermediate_size": ffn, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": kv_heads,
        "max_position_embeddings": 64, "rms_norm_eps": eps, "rope_theta": theta, "rope_scaling": None,
        "hidden_act": "silu", "initializer_range": 0.02, "attention_bias": False, "mlp_bias": False,
        "attention_dropout": 0.0, "tie_word_embeddings": False, "use_cache": True, "bos_token_id": 1,
        "eos_token_id": 2, "pad_token_id": None, "pretraining_tp": 1, "torch_dtype": "float32",
    }


@dataclass
class Plan:
    """What a folder is made from. Masks are True where a target counts; None = choose here."""

    name: str
    config: dict
    seed: int
    stream_seed: int
    batch: int
    context: int
    hyper: dict
    masked: list[list[bool]] | None = None
    accum: list[list[bool]] | None = None
    prompts: list[list[int]] | None = None
    new_tokens: int = 20


OWN = {
    "A": Plan("A", _config(64, 32, 96, 4, 1e-6, 1e4), 101, 799820, 2, 16, HYPER),
    "B": Plan("B", _config(80, 40, 112, 2, 1e-5, 5e5), 202, 1599639, 2, 24, HYPER),
}


def plan(name: str, like: Path | None) -> Plan:
    """Our own plan, or the one that the config.json and inputs.json of an existing folder follow."""
    if like is None:
        return OWN[name]
    config, given = read(like / name / "config.json"), read(like / name / "inputs.json")
    masks = {
        key: [[t != -100 for t in row] for row in given[key]["targets"]] for key in ("masked", "accum")
    }
    rows = given["batch"]["input_ids"]
    return Plan(
        name, config, given["init"]["seed"], given["stream_seed"], len(rows), len(rows[0]),
        given["train"]["hyperparameters"], masks["masked"], masks["accum"], given["generate"]["prompts"],
        given["generate"]["new_tokens"],
    )


def _choose_masks(p: Plan) -> None:
    """Row 0 of each mask keeps one target; the others drop a prompt and perhaps the last target."""
    draw = mulberry32(p.seed)

    def choose(rows: int) -> list[list[bool]]:
        spans = [(p.context - 1, p.context)]
        while len(spans) < rows:
            spans.append((p.context // 4 + draw() % (p.context // 2), p.context - draw() % 2))
        return [[start <= t < end for t in range(p.context)] for start, end in spans]

    p.masked = p.masked or choose(p.batch)
    while p.accum is None or len(set(_kept(p.accum, p.batch))) == 1:
        p.accum = choose(2 * p.batch)


def _kept(mask: list[list[bool]], rows: int) -> list[int]:
    """Number of kept targets of each group of rows."""
    return [sum(map(sum, mask[i:i + rows])) for i in range(0, len(mask), rows)]


def _split(rows: list[list[int]], mask: list[list[bool]] | None = None) -> dict:
    """Rows of T + 1 tokens as inputs and targets, dropped targets as -100."""
    mask = mask or [[True] * (len(row) - 1) for row in rows]
    return {
        "input_ids": [row[:-1] for row in rows],
        "targets": [[t if keep else -100 for t, keep in zip(row[1:], m)] for row, m in zip(rows, mask)],
    }


def _inputs(p: Plan) -> dict:
    steps = p.hyper["total_steps"]
    tokens = synth_stream(p.stream_seed, p.config["vocab_size"], (steps + 1) * p.batch * p.context + 1)
    rows = [batch_rows(tokens, step, p.batch, p.context) for step in range(steps + 1)]
    return {
        "config": p.name,
        "init": {"seed": p.seed, "style": "sharp"},
        "stream_seed": p.stream_seed,
        "rope_convention": "half",
        "batch": _split(rows[steps]),
        "masked": {"input_ids": "same as batch", "targets": _split(rows[steps], p.masked)["targets"]},
        "accum": _split(rows[0] + rows[1], p.accum) | {"rows_per_micro_batch": p.batch},
        "train": {
            "hyperparameters": p.hyper,
            "tokens_note": "tokens[step][row]: T + 1 tokens, all but the last are inputs, all but the first targets",
            "tokens": rows[:steps],
        },
        "generate": {"prompts": p.prompts, "new_tokens": p.new_tokens, "decoding": "greedy (argmax)"},
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
        "n_targets": _kept(p.accum, p.batch),
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
    renamed = {
        name.replace("layers.", "model.layers.").replace("attention.w", "self_attn.").replace(".weight", "_proj.weight"): t
        for name, t in _meta_qk(p, weights).items()
    }
    same = model.forward(weights | renamed, p.config, ids, convention="interleaved")["logits"]
    if not torch.allclose(same, logits, rtol=0, atol=1e-12):
        raise ArithmeticError("permuted weights with interleaved pairs give other logits")
    wrong = model.forward(weights, p.config, ids, convention="interleaved")["logits"]
    return f.cross_entropy(wrong, targets)[0].item()


def files_of(name: str, like: Path | None, measure: bool) -> dict[str, object]:
    """Every file of A/ or B/, by path; `measure` adds the float32 noise (the slow part)."""
    p = plan(name, like)
    _choose_masks(p)
    stored = sharp_weights(p.config, p.seed)
    weights = {key: t.double() for key, t in stored.items()}
    inputs = _inputs(p)
    exact = compute(p, inputs, weights)
    logits, run, loss = exact["out"]["logits"], exact["run"], exact["loss"]
    masked, masked_grads = _masked(p, inputs, weights)
    accum, accum_grads = _accumulated(p, inputs, weights)
    generated = _generated(p, inputs, weights)
    inputs["generate"]["prompts"] = [g["prompt"] for g in generated]
    gaps = model.top_two_gap(logits)
    expected = {
        "forward": {
            "loss": loss, "n_targets": gaps.numel(), "perplexity": math.exp(loss),
            "logits_sum": logits.sum().item(), "logits_l2": logits.norm().item(),
            "logits_absmax": logits.abs().max().item(), "logits_min_top2_gap": gaps.min().item(),
        },
        "grad": _norms(exact["grads"]),
        "masked": masked,
        "accum": accum,
        "train": {key: getattr(run, key) for key in ("losses", "grad_norms", "lrs", "clip_coefs")} | {
            "param_l2_after": {str(step): f.global_norm(list(w.values())).item() for step, w in run.after.items()},
        },
        "generate": generated,
        "rope": {"same_weights_wrong_convention_loss (a bug)": _wrong_convention_loss(p, inputs, weights, logits)},
        "sizes": {"parameters": sum(t.numel() for t in weights.values())},
        "embedding_rows_moved_by_decay_only": _decay_only(p, inputs, run),
    }
    if measure:
        single = {key: t.float() for key, t in stored.items()}
        expected["f32_noise_measured"] = {
            kind: measure_noise(compute(p, inputs, single, mm), exact) for kind, mm in NOISE.items()
        }
    tensors = dict(exact["out"]) | {f"grad.{n}": t for n, t in exact["grads"].items()}
    for step in STEPS_KEPT[:3]:
        tensors |= {f"step{step}.{n}": t for n, t in run.after[step].items()}
    if name == "A":
        tensors |= {f"masked_grad.{n}": t for n, t in masked_grads.items()}
    tensors["logits_lse"] = torch.logsumexp(logits, -1)
    tensors["logits_argmax"] = logits.argmax(-1).masked_fill(gaps < UNSURE_GAP, -1)
    tensors |= {f"accum_grad.{n}.weight": accum_grads[f"{n}.weight"] for n in ACCUMULATED}
    return {
        f"{name}/config.json": p.config,
        f"{name}/model.safetensors": Tensors(stored),
        f"{name}/inputs.json": inputs,
        f"{name}/expected.json": expected | {"tolerance": TOLERANCE},
        f"{name}/expected.safetensors":
            Tensors(tensors, {"format": "pt", "computed_in": "float64", "stored_as": "float32"}),
        f"{name}/meta_qk.safetensors": Tensors(_meta_qk(p, stored), {"format": "pt", "rope": "interleaved"}),
    }
