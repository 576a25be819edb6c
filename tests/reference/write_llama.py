"""Writes a random LLaMA with Hugging Face transformers and prints its logits, computed from the stored weights in float32."""
import json
import sys

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

folder = sys.argv[1]
asked = json.load(sys.stdin)
torch.manual_seed(asked["seed"])
config = LlamaConfig(**asked["config"])
model = LlamaForCausalLM(config)
with torch.no_grad():
    for name, weight in model.named_parameters():
        weight.copy_(1 + 0.1 * torch.randn_like(weight) if weight.dim() == 1 else 0.15 * torch.randn_like(weight))
dtype = getattr(torch, asked["dtype"])
model.to(dtype).save_pretrained(folder, max_shard_size=asked["shard"])
ids = torch.tensor([asked["ids"]])
with torch.no_grad():
    low = model(ids).logits[0].float()
    exact = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)(ids).logits[0]
print(json.dumps({"low": low.flatten().tolist(), "exact": exact.flatten().tolist()}))
