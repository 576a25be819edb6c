"""Encodes cases with a saved tokenizer in Python transformers: reads FOLDER and cases as JSON, writes ids as JSON.

    python3 oracle.py FOLDER < cases.json        {"texts": [...], "conversations": [[...], ...]}
"""

import json
import sys

from transformers import AutoTokenizer


def ids_of(found):
    return found if isinstance(found, list) else found["input_ids"]


tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
cases = json.load(sys.stdin)
answers = {
    "encoded": [tokenizer(text)["input_ids"] for text in cases["texts"]],
    "decoded": [tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) for text in cases["texts"]],
    "chats": [
        ids_of(tokenizer.apply_chat_template(messages, add_generation_prompt=len(messages) % 2 == 1, tokenize=True))
        for messages in cases["conversations"]
    ],
}
json.dump(answers, sys.stdout)
