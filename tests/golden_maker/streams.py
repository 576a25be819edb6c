"""The integer generators of the golden README: mulberry32, SynthStream v1, FNV-1a 32, and the "sharp" weights."""
import math
from collections.abc import Callable

import torch

MASK = 0xFFFFFFFF


def mulberry32(seed: int) -> Callable[[], int]:
    """A function that returns the next u32 of the stream at each call."""
    state = seed & MASK

    def draw() -> int:
        nonlocal state
        state = (state + 0x6D2B79F5) & MASK
        t = ((state ^ (state >> 15)) * (state | 1)) & MASK
        t = ((t + (t ^ (t >> 7)) * (t | 61)) ^ t) & MASK
        return t ^ (t >> 14)

    return draw


def synth_stream(seed: int, vocab: int, length: int) -> list[int]:
    """SynthStream v1: copies of the last tokens, two affine rules, and noise that prefers small tokens."""
    draw, out = mulberry32(seed), []
    while len(out) < length:
        if len(out) >= 64 and draw() >> 24 < 20:
            lag, count = 4 + (draw() >> 28), 8 + (draw() >> 28)
            for _ in range(count):
                out.append(out[-lag])
            continue
        choice, last = draw() >> 24, out[-1] if out else 0
        if choice < 150:
            out.append((5 * last + 7) % vocab)
        elif choice < 210:
            out.append((11 * last + 3) % vocab)
        else:
            out.append(min((draw() >> 16) % vocab, (draw() >> 16) % vocab))
    return out[:length]


def fnv1a32(tokens: list[int]) -> int:
    """FNV-1a over every token as four little-endian bytes."""
    digest = 0x811C9DC5
    for token in tokens:
        for byte in token.to_bytes(4, "little"):
            digest = ((digest ^ byte) * 0x01000193) & MASK
    return digest


def batch_rows(tokens: list[int], step: int, batch: int, context: int) -> list[list[int]]:
    """The rows of one step, context + 1 tokens each (neighbouring rows share a token)."""
    starts = [(step * batch + row) * context for row in range(batch)]
    return [tokens[start:start + context + 1] for start in starts]


def weight_shapes(config: dict) -> dict[str, tuple[int, ...]]:
    """Every parameter of a LLaMA under its Hugging Face name, in file order."""
    dim, ffn, vocab = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    kv = dim // config["num_attention_heads"] * config["num_key_value_heads"]
    block = {
        "input_layernorm": (dim,),
        "self_attn.q_proj": (dim, dim),
        "self_attn.k_proj": (kv, dim),
        "self_attn.v_proj": (kv, dim),
        "self_attn.o_proj": (dim, dim),
        "post_attention_layernorm": (dim,),
        "mlp.gate_proj": (ffn, dim),
        "mlp.up_proj": (ffn, dim),
        "mlp.down_proj": (dim, ffn),
    }
    shapes = {"model.embed_tokens.weight": (vocab, dim)}
    for layer in range(config["num_hidden_layers"]):
        shapes |= {f"model.layers.{layer}.{name}.weight": shape for name, shape in block.items()}
    return shapes | {"model.norm.weight": (dim,), "lm_head.weight": (vocab, dim)}


def _spread(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    """Middle and half-width of the uniform initial weights of one tensor in style "sharp"."""
    if len(shape) == 1:
        return 1.0, 0.5
    gains = {"q_proj": 1.4, "k_proj": 1.4, "gate_proj": 1.5, "lm_head": 1.5}
    kind = name.split(".")[-2]
    std = 0.02 if kind == "embed_tokens" else gains.get(kind, 1.0) / math.sqrt(shape[1])
    return 0.0, math.sqrt(3) * std


def sharp_weights(config: dict, seed: int) -> dict[str, torch.Tensor]:
    """Initial weights, float32: one u32 stream over all tensors in file order."""
    draw, weights = mulberry32(seed), {}
    for name, shape in weight_shapes(config).items():
        middle, width = _spread(name, shape)
        values = [middle + ((draw() + 0.5) / 2**31 - 1) * width for _ in range(math.prod(shape))]
        weights[name] = torch.tensor(values, dtype=torch.float64).float().reshape(shape)
    return weights
