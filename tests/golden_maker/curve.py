"""The folder curve_A/: a training run of A on a generated token stream."""
from pathlib import Path

import torch

import formulas as f
import model
from files import Tensors, read, rounded
from plan import HYPER, plan
from products import Product, noisy, plain, sequential
from streams import batch_rows, fnv1a32, sharp_weights, synth_stream

OWN = {
    "stream": {"seed": 31337, "B": 8, "T": 32},
    "heldout_stream": {"seed": 31338, "batches": 8},
    "hyperparameters": HYPER | {"warmup_steps": 30, "total_steps": 300},
}
SPANS = {"1_20": (0, 20), "21_50": (20, 50), "51_100": (50, 100), "101_200": (100, 200), "201_300": (200, 300)}
TOLERANCE = {
    "steps_1_20": 2e-4, "steps_21_50": 1e-3, "steps_51_100": 5e-3, "steps_101_200": 5e-3, "steps_201_300": 5e-3,
    "mean_last_50": 2e-4, "heldout": 1e-3,
}
NOISE: dict[str, Product] = {
    "f32_blas": plain, "f32_init_off_by_one_ulp": plain, "f32_matmul_noise_1e-6": noisy(1e-6, 2),
    "f32_matmul_noise_1e-5": noisy(1e-5, 3), "f32_sequential_sums": sequential,
}


def _mean_last_50(run: model.Run) -> float:
    last = run.losses[-50:]
    return sum(last) / len(last)


def _drift(run: model.Run, exact: model.Run, heldout: float) -> dict[str, float]:
    """Largest deviations of a float32 curve; `heldout` is that of the held-out loss."""
    away = [abs(a - b) for a, b in zip(run.losses, exact.losses)]
    found = {f"steps_{name}": max(away[start:end]) for name, (start, end) in SPANS.items()}
    found |= {"mean_last_50": abs(_mean_last_50(run) - _mean_last_50(exact)), "heldout": heldout}
    return {name: rounded(x, 3) for name, x in found.items()}


def _nudged(weights: model.Weights) -> model.Weights:
    return {name: torch.nextafter(t, torch.tensor(float("inf"))) for name, t in weights.items()}


def files_of(like: Path | None, measure: bool) -> dict[str, object]:
    """Both files of curve_A/, by path; `measure` adds five float32 runs (the slow part)."""
    base, given = plan("A", like), read(like / "curve_A/curve.json") if like else OWN
    hyper, vocab = given["hyperparameters"], base.config["vocab_size"]
    rows, context, steps = given["stream"]["B"], given["stream"]["T"], hyper["total_steps"]
    tokens = synth_stream(given["stream"]["seed"], vocab, steps * rows * context + 1)
    count = given["heldout_stream"]["batches"]
    heldout = synth_stream(given["heldout_stream"]["seed"], vocab, count * rows * context + 1)
    batches = [batch_rows(tokens, step, rows, context) for step in range(steps)]
    tail = torch.tensor(batch_rows(heldout, 0, count * rows, context))

    def heldout_loss(w: model.Weights, mm: Product = plain) -> float:
        with torch.no_grad():
            return model.loss_of(w, base.config, tail[:, :-1], tail[:, 1:], mm)[0].item()

    stored = sharp_weights(base.config, base.seed)
    weights = {name: t.double() for name, t in stored.items()}
    exact = model.train(weights, base.config, batches, hyper, (steps,))
    final = exact.after[steps]
    curve = {
        "model_config": "A/config.json",
        "init_weights": "A/model.safetensors",
        "init": {"seed": base.seed, "style": "sharp"},
        "stream": {
            "algorithm": "SynthStream v1", "seed": given["stream"]["seed"], "active_vocab": vocab,
            "length": len(tokens), "fnv1a32": fnv1a32(tokens), "first_64": tokens[:64],
            "batching": "row b of step s (from 0) starts at token (s*B + b)*T; T + 1 tokens", "B": rows, "T": context,
        },
        "heldout_stream": {
            "seed": given["heldout_stream"]["seed"], "length": len(heldout), "fnv1a32": fnv1a32(heldout),
            "batches": count, "note": "batched like the stream; mean cross-entropy over all targets",
        },
        "hyperparameters": hyper,
        "losses": [rounded(x, 9) for x in exact.losses],
        "grad_norms": [rounded(x, 7) for x in exact.grad_norms],
        "lrs": [rounded(x, 12) for x in exact.lrs],
        "loss_note": "loss of the batch before the update of the step; gradient norm before clipping",
        "mean_loss_last_50": _mean_last_50(exact),
        "heldout_loss_initial": heldout_loss(weights),
        "heldout_loss_final": heldout_loss({name: t.float().double() for name, t in final.items()}),  # as stored
        "final_param_l2": f.global_norm(list(final.values())).item(),
    }
    if measure:
        curve["drift_measured_vs_float64"] = {}
        for kind, mm in NOISE.items():
            start = _nudged(stored) if "ulp" in kind else stored
            run = model.train(start, base.config, batches, hyper, (steps,), mm)
            away = abs(heldout_loss(run.after[steps], mm) - curve["heldout_loss_final"])
            curve["drift_measured_vs_float64"][kind] = _drift(run, exact, away)
    return {
        "curve_A/curve.json": curve | {"tolerance_abs": TOLERANCE},
        "curve_A/final.safetensors": Tensors(final),
    }
