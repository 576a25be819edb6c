"""The training step of the bench model in PyTorch on the CPU, on one thread.

    OMP_NUM_THREADS=1 python3 pytorch.py START STEPS
"""
import json, math, struct, sys, time
import torch, torch.nn.functional as fn

path, count = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(1)
L, H, T, B, V, D = 4, 4, 128, 8, 1024, 128
E = D // H

raw = bytearray(open(path, "rb").read())
(length,) = struct.unpack("<Q", raw[:8])
header = json.loads(raw[8 : 8 + length])


def read(name):
    entry = header[name]
    a, b = entry["data_offsets"]
    kind = torch.int32 if entry["dtype"] == "I32" else torch.float32
    return torch.frombuffer(raw, dtype=kind, count=(b - a) // 4, offset=8 + length + a).clone().reshape(entry["shape"])


ids = read("ids").long()
tokens, targets = ids[:, :-1].contiguous(), ids[:, 1:].contiguous()
w = {name: read(name).requires_grad_() for name in header if name not in ("ids", "__metadata__")}
angle = torch.outer(torch.arange(T).float(), 10000 ** (-torch.arange(0, E, 2).float() / E))
cos, sin = angle.cos(), angle.sin()
mask = torch.full((T, T), float("-inf")).triu(1)


def rmsnorm(x, name):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * w[name + ".weight"]


def linear(x, name):
    return x @ w[name + ".weight"].T


def rope(x):
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


def logits():
    x = w["model.embed_tokens.weight"][tokens]
    heads = lambda y: y.view(B, T, H, E).transpose(1, 2)
    for l in range(L):
        at = f"model.layers.{l}."
        h = rmsnorm(x, at + "input_layernorm")
        q, k, v = (heads(linear(h, at + f"self_attn.{n}_proj")) for n in "qkv")
        p = torch.softmax(rope(q) @ rope(k).transpose(-1, -2) / math.sqrt(E) + mask, -1)
        x = x + linear((p @ v).transpose(1, 2).reshape(B, T, D), at + "self_attn.o_proj")
        h = rmsnorm(x, at + "post_attention_layernorm")
        gate = fn.silu(linear(h, at + "mlp.gate_proj")) * linear(h, at + "mlp.up_proj")
        x = x + linear(gate, at + "mlp.down_proj")
    return linear(rmsnorm(x, "model.norm"), "lm_head")


groups = [
    {"params": [p for p in w.values() if p.dim() > 1], "weight_decay": 0.1},
    {"params": [p for p in w.values() if p.dim() == 1], "weight_decay": 0.0},
]
optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), eps=1e-8)
ms, cpu_ms, losses = [], [], []
for _ in range(count):
    start, cpu = time.perf_counter(), time.process_time()
    loss = fn.cross_entropy(logits().view(-1, V), targets.view(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(list(w.values()), 1.0)
    optimizer.step()
    losses.append(loss.item())
    ms.append(1e3 * (time.perf_counter() - start))
    cpu_ms.append(1e3 * (time.process_time() - cpu))

matmul = {}
with torch.no_grad():
    for n in (512, 1024):
        a, b = torch.randn(n, n), torch.randn(n, n)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            a @ b
            times.append(1e3 * (time.perf_counter() - start))
        matmul[n] = min(times[1:])
steps = {"firstMs": ms[0], "steps": ms[1:], "cpuMs": cpu_ms[1:], "losses": losses}
print(json.dumps({**steps, "matmul": matmul, "version": torch.__version__}))
