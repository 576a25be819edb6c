"""The small files: prng.json, schedule.json and ops/sampling.json."""
from pathlib import Path

import torch

from files import read
from formulas import learning_rate
from streams import fnv1a32, mulberry32, synth_stream

SCHEDULES = [(3e-4, 10, 100, 0.1), (1.5e-4, 1, 100, 0.1), (1e-3, 50, 100, 0.0)]
STREAMS = [(1, 64, 5000), (42, 256, 20000), (9, 1000, 3000)]
SAMPLING = [  # vocabulary, temperature, top_k, top_p
    (12, 1.0, 0, 1.0), (12, 0.8, 0, 0.95), (12, 0.1, 0, 0.9), (12, 1.0, 4, 1.0), (12, 1.5, 6, 0.7), (30, 0.8, 0, 0.5),
    (12, 1.0, 1, 1.0),
]


def prng() -> dict:
    """Check values of the generators."""
    words, streams = [], []
    for seed in (0, 1, 42, 0xFFFFFFFF):
        draw = mulberry32(seed)
        words.append({"seed": seed, "first": [draw() for _ in range(8)]})
    for seed, vocab, length in STREAMS:
        tokens = synth_stream(seed, vocab, length)
        entry = {"seed": seed, "vocab": vocab, "length": length, "first": tokens[:100], "fnv1a32": fnv1a32(tokens)}
        streams.append(entry)
    return {"u32": words, "streams": streams}


def schedule() -> dict:
    """Learning rates of every update, and two off-by-one variants that a program might use by mistake."""
    def rates(lr_max: float, warmup: int, total: int, ratio: float, first: int = 1, last: int | None = None) -> list:
        return [learning_rate(t, lr_max, warmup, total, ratio) for t in range(first, (last or total) + 1)]

    entries = [
        {
            "lr_max": lr_max, "warmup": warmup, "total": total, "min_ratio": ratio,
            "lr": rates(lr_max, warmup, total, ratio),
            "lr_after_end": learning_rate(total + 50, lr_max, warmup, total, ratio),
        }
        for lr_max, warmup, total, ratio in SCHEDULES
    ]
    lr_max, warmup, total, ratio = SCHEDULES[0]
    return {
        "rule": "t = 1, 2, ... is the index of the update; t <= warmup: lr_max*t/warmup; then low + (lr_max - low)/2 * "
        "(1 + cos(pi*(t - warmup)/(total - warmup))) with low = min_ratio*lr_max; low after t = total",
        "why": "the peak falls on t = warmup and 10% on the last update (LLaMA, section 2.2)",
        "tolerance_rel": 1e-6,
        "schedules": entries,
        "other_conventions_first_schedule": {
            "zero_based (t-1 in the rule: first update has lr 0)":
                rates(lr_max, warmup, total, ratio, first=0, last=total - 1),
            "warmup (t)/(warmup+1), cosine reaching the minimum one step after the end":
                rates(lr_max, warmup + 1, total + 1, ratio, last=total),
        },
    }


def _sampled(logits: list[float], temperature: float, top_k: int, top_p: float) -> dict:
    """Probabilities of the tokens that top-k, then top-p keep."""
    p = torch.softmax(torch.tensor(logits, dtype=torch.float64) / temperature, -1)
    order = p.argsort(descending=True, stable=True)
    if top_k:
        order = order[:top_k]
    sorted_p = p[order] / p[order].sum()
    before = sorted_p.cumsum(0) - sorted_p
    order = order[before <= top_p]
    probs = torch.zeros_like(p)
    probs[order] = p[order] / p[order].sum()
    return {
        "logits": logits, "temperature": temperature, "top_k": top_k, "top_p": top_p,
        "kept": sorted(order.tolist()), "probs": probs.tolist(),
    }


def sampling(like: Path | None) -> dict:
    """Truncated distributions, and the index that argmax must take on ties."""
    if like:
        given = read(like / "ops/sampling.json")
        cases = [[case[key] for key in ("logits", "temperature", "top_k", "top_p")] for case in given["cases"]]
        ties = [case["logits"] for case in given["argmax_ties"]]
    else:
        source = torch.Generator().manual_seed(7)
        draw = lambda count: [round(2 * x, 3) for x in torch.randn(count, generator=source).tolist()]
        cases = [[draw(count), *rest] for count, *rest in SAMPLING]
        ties = [[0.5, 3.0, -1.0, 3.0, 3.0], [-2.0, -2.0, -2.0]]
    return {
        "rule": "logits/temperature; only the top_k largest (0 = all), renormalised; in descending order, a token "
        "stays if the mass strictly before it is at most top_p; renormalised",
        "tolerance_abs": 1e-5,
        "cases": [_sampled(*case) for case in cases],
        "argmax_ties": [{"logits": x, "argmax_lowest_index": x.index(max(x))} for x in ties],
    }


def files_of(like: Path | None) -> dict[str, object]:
    """The three files, by path."""
    return {"prng.json": prng(), "schedule.json": schedule(), "ops/sampling.json": sampling(like)}
