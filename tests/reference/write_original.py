"""Writes a golden model as the original release lays it out: params.json and consolidated.*.pth, split for several GPUs.

    python3 write_original.py GOLDEN_FOLDER < [{"out": "folder", "shards": 2, "dtype": "float32", "embedding": 1}]
"""
import json
import os
import sys

import torch
from safetensors.torch import load_file

golden = sys.argv[1]
variants = json.load(sys.stdin)
config = json.load(open(f"{golden}/config.json"))
hf, meta = load_file(f"{golden}/model.safetensors"), load_file(f"{golden}/meta_qk.safetensors")
names = {"self_attn.v_proj": "attention.wv", "self_attn.o_proj": "attention.wo", "mlp.gate_proj": "feed_forward.w1",
         "mlp.down_proj": "feed_forward.w2", "mlp.up_proj": "feed_forward.w3", "input_layernorm": "attention_norm",
         "post_attention_layernorm": "ffn_norm"}
whole = dict(meta)
for name, tensor in hf.items():
    stem = name.removesuffix(".weight")
    if stem.startswith("model.layers."):
        _, _, layer, rest = stem.split(".", 3)
        if rest in names:
            whole[f"layers.{layer}.{names[rest]}.weight"] = tensor
    else:
        found = {"model.embed_tokens": "tok_embeddings", "model.norm": "norm", "lm_head": "output"}[stem]
        whole[f"{found}.weight"] = tensor
params = {"dim": config["hidden_size"], "n_layers": config["num_hidden_layers"], "n_heads": config["num_attention_heads"],
          "n_kv_heads": config["num_key_value_heads"], "multiple_of": 256, "norm_eps": config["rms_norm_eps"],
          "vocab_size": -1, "rope_theta": config.get("rope_theta") or config["rope_parameters"]["rope_theta"]}


def part(name, tensor, i, n, embedding):
    if tensor.dim() == 1:
        return tensor
    columns = ".wo." in name or ".w2." in name or (name.startswith("tok_") and embedding == 1)
    return tensor.chunk(n, dim=1 if columns else 0)[i].clone()


for asked in variants:
    out, n, dtype = asked["out"], asked["shards"], getattr(torch, asked["dtype"])
    for i in range(n):
        shard = {name: part(name, tensor, i, n, asked["embedding"]).to(dtype) for name, tensor in whole.items()}
        shard["rope.freqs"] = torch.ones(4, dtype=dtype)
        torch.save(shard, f"{out}/consolidated.{i:02d}.pth")
    json.dump(params, open(f"{out}/params.json", "w"))


class Evil:
    def __reduce__(self):
        return os.system, ("touch " + out + "/pwned",)


torch.save({"a": Evil()}, f"{out}/evil.pth")
torch.save({"a": torch.arange(12).reshape(3, 4).float().t(), "b": torch.arange(5)}, f"{out}/turned.pth")
torch.save({"b": torch.arange(5), "c": torch.nn.Parameter(torch.ones(2, 3))}, f"{out}/plain.pth")
torch.save([1, 2], f"{out}/list.pth")
torch.save({"a": torch.ones(2)}, f"{out}/legacy.pth", _use_new_zipfile_serialization=False)
print("{}")
