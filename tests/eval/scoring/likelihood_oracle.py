"""Scores continuations with a saved model folder in Hugging Face transformers: the sum of log-probabilities of each."""
import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = sys.argv[1]
asked = json.load(sys.stdin)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
tokenizer = AutoTokenizer.from_pretrained(folder)
found = []
with torch.no_grad():
    for context, continuation in asked:
        before = tokenizer(context)["input_ids"]
        ids = tokenizer(context + continuation)["input_ids"]
        assert ids[: len(before)] == before, (context, continuation)
        log_probs = model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
        found.append(sum(log_probs[t - 1, ids[t]].item() for t in range(len(before), len(ids))))
print(json.dumps(found))
