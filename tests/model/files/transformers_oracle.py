"""Loads a saved model folder with Hugging Face transformers: logits of given ids, and ids of given texts."""
import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = sys.argv[1]
asked = json.load(sys.stdin)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
tokenizer = AutoTokenizer.from_pretrained(folder)
with torch.no_grad():
    logits = model(torch.tensor([asked["ids"]])).logits[0]
chat = tokenizer.apply_chat_template(asked["messages"], tokenize=True, return_dict=False)
print(json.dumps({
    "logits": logits.flatten().tolist(),
    "encoded": [tokenizer(text)["input_ids"] for text in asked["texts"]],
    "chat": list(chat),
}))
