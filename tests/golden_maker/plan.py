"""The plans of the folders A/ and B/: sizes, seeds, masks, and the resulting inputs.json."""
from dataclasses import dataclass, replace
from pathlib import Path

from files import read
from streams import batch_rows, mulberry32, synth_stream

Mask = list[list[bool]]
"""Per row and position: True where the target counts."""

HYPER = {
    "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weight_decay": 0.1, "clip_norm": 1.0,
    "lr_max": 0.003, "lr_min_ratio": 0.1, "warmup_steps": 4, "total_steps": 20,
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
    """The plan of a folder. Without prompts, `folder` looks for some that decode safely."""

    name: str
    config: dict
    seed: int
    stream_seed: int
    batch: int
    context: int
    hyper: dict
    masked: Mask | None = None
    accum: Mask | None = None
    prompts: list[list[int]] | None = None
    new_tokens: int = 20


OWN = {
    "A": Plan("A", _config(64, 32, 96, 4, 1e-6, 1e4), 101, 799820, 2, 16, HYPER),
    "B": Plan("B", _config(80, 40, 112, 2, 1e-5, 5e5), 202, 1599639, 2, 24, HYPER),
}


def plan(name: str, like: Path | None) -> Plan:
    """Our own plan, or the one that the config.json and inputs.json of an existing folder follow."""
    if like is None:
        return _with_masks(OWN[name])
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


def _with_masks(p: Plan) -> Plan:
    """Chooses which targets count: row 0 keeps its last one; the others drop a prompt and perhaps the last target."""
    draw = mulberry32(p.seed)

    def choose(rows: int) -> Mask:
        spans = [(p.context - 1, p.context)]
        while len(spans) < rows:
            spans.append((p.context // 4 + draw() % (p.context // 2), p.context - draw() % 2))
        return [[start <= t < end for t in range(p.context)] for start, end in spans]

    masked, accum = choose(p.batch), choose(2 * p.batch)
    while len(set(kept_per_group(accum, p.batch))) == 1:  # equal micro-batches would hide a wrong mean
        accum = choose(2 * p.batch)
    return replace(p, masked=masked, accum=accum)


def kept_per_group(mask: Mask, rows: int) -> list[int]:
    """Number of kept targets of each group of rows."""
    return [sum(map(sum, mask[i:i + rows])) for i in range(0, len(mask), rows)]


def _split(rows: list[list[int]], mask: Mask | None = None) -> dict:
    """Rows of T + 1 tokens as inputs and targets, dropped targets as -100."""
    mask = mask or [[True] * (len(row) - 1) for row in rows]
    return {
        "input_ids": [row[:-1] for row in rows],
        "targets": [[t if keep else -100 for t, keep in zip(row[1:], m)] for row, m in zip(rows, mask)],
    }


def inputs_of(p: Plan) -> dict:
    """The inputs.json of a plan: training steps from the start of the stream, `batch` is the step after them."""
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
