"""SentencePiece and Hugging Face's Rust tokenizers, as oracles for the tokenizer.

    python3 tokenizer_oracle.py train CORPUS PREFIX SIZE      trains PREFIX.model on the lines of CORPUS as LLaMA's was
    python3 tokenizer_oracle.py sentencepiece MODEL           texts as a JSON list on stdin, lists of ids on stdout
    python3 tokenizer_oracle.py tokenizers TOKENIZER_JSON     the same by the Rust library, nothing added
    python3 tokenizer_oracle.py pieces MODEL                  the vocabulary as a JSON list
    python3 tokenizer_oracle.py golden FOLDER                 writes the expected values of tests/golden/tokenizer

Needs sentencepiece (0.2.3 made the files) and tokenizers from PyPI.
"""

import json
import os
import random
import sys
import tempfile

# The trainer and normalizer settings of the released model, but for its threads, which would make ties random.
LLAMA = dict(
    model_type="bpe",
    character_coverage=0.99995,
    split_digits=True,
    byte_fallback=True,
    allow_whitespace_only_pieces=True,
    normalization_rule_name="identity",
    remove_extra_whitespaces=False,
    max_sentence_length=1 << 30,
    num_threads=1,
    minloglevel=2,
)


def train(corpus, prefix, size):
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(input=corpus, model_prefix=prefix, vocab_size=size, **LLAMA)


def processor(model):
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_file=model)


def pieces(model):
    return [model.id_to_piece(id) for id in range(model.get_piece_size())]


def rust_ids(file, texts):
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(file)
    return [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]


SENTENCES = """\
The llama hums when it is content, and the herd hums back.
Two hundred and 12 llamas crossed the pass on 3 May 1907; 9 of them came from Puno.
A llama's wool is warm, its temper is calm, its memory is long.
Das Lama summt, wenn es zufrieden ist, und die Herde summt zurück.
Le lama fredonne quand il est content, et le troupeau répond : « déjà ? »
La llama tararea cuando está contenta; ¿y el rebaño? ¡También!
Лама гудит, когда она довольна, и стадо гудит в ответ.
Η λάμα μουρμουρίζει όταν είναι ευχαριστημένη.
ラマは満足するとハミングします。群れも答えます。
羊驼高兴的时候会哼唱，羊群也会回应。
라마는 만족하면 콧노래를 부릅니다.
اللاما تدندن عندما تكون راضية.
लामा संतुष्ट होने पर गुनगुनाता है।
    def hum(llama):    return llama  +  1   # spaces
x=1;y=22;z=333    //    four    spaces,    and  two
"""

# Cases a tokenizer can get wrong; U+FFFD stands where SentencePiece would put it for broken UTF-8.
BITS = [
    "", " ", "  ", "     ", "\n", "\n\n", "\r\n", "\t", "\u0000", "\u0085", "\u00a0", "\u3000", "0", "42", "1,000.5",
    "１２", "٣", "²", "e\u0301", "é", "ß", "灌木", "한국어", "😀", "👩\u200d👩\u200d👧", "\ufeff", "\ufffd", "▁", "▁▁", " ▁ ",
    "<s>", "</s>", "<unk>", "<0x0A>", "llama", " llama", "Llama", "the", "ing", "—", "----------", "...", "zq", "ラマ", "лама",
]


def golden(folder):
    draw = random.Random(4)
    sentences = SENTENCES.splitlines()
    words = SENTENCES.split()
    lines = [draw.choice(sentences) if draw.random() < 0.5 else " ".join(draw.choices(words, k=draw.randint(3, 12))) for _ in range(250)]
    cases = ["".join(draw.choices(BITS, k=draw.randint(0, 8))) for _ in range(150)] + sentences
    with tempfile.TemporaryDirectory() as scratch:
        corpus = os.path.join(scratch, "corpus")
        with open(corpus, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        prefix = os.path.join(scratch, "m")
        train(corpus, prefix, 720)
        model = processor(prefix + ".model")
        os.replace(prefix + ".model", os.path.join(folder, "sentencepiece.model"))
    facts = {
        "corpus": lines,
        "size": 720,
        "pieces": pieces(model),
        "cases": [{"text": text, "ids": model.encode(text)} for text in cases],
    }
    with open(os.path.join(folder, "sentencepiece.json"), "w", encoding="utf-8") as file:
        json.dump(facts, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


def main(verb, *args):
    if verb == "train":
        return train(args[0], args[1], int(args[2]))
    if verb == "golden":
        return golden(args[0])
    if verb == "pieces":
        answer = pieces(processor(args[0]))
    elif verb == "sentencepiece":
        model = processor(args[0])
        answer = [model.encode(text) for text in json.load(sys.stdin)]
    else:
        answer = rust_ids(args[0], json.load(sys.stdin))
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
