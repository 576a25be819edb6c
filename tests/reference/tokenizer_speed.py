"""The peers' half of tokenizer_speed.ts: prints processor seconds of all threads as a JSON list.

    python3 tokenizer_speed.py train CORPUS PREFIX SIZE       spm_train with LLaMA's settings on one thread
    python3 tokenizer_speed.py encode TOKENIZER_JSON TEXTS    Rust tokenizers: text by text, then as one batch
"""

import json
import os
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"


def seconds(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def encode(file, texts):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(file)
    with open(texts, encoding="utf-8") as lines:
        texts = json.load(lines)

    def one_by_one():
        for text in texts:
            tokenizer.encode(text, add_special_tokens=False)

    return [seconds(one_by_one), seconds(lambda: tokenizer.encode_batch(texts, add_special_tokens=False))]


def train(corpus, prefix, size):
    from tokenizer_oracle import train

    return [seconds(lambda: train(corpus, prefix, int(size)))]


print(json.dumps({"encode": encode, "train": train}[sys.argv[1]](*sys.argv[2:])))
