"""Chat templates that work on what is said, and the ids that transformers gives them.

    python3 chat_templates.py FILE      writes tests/golden/tokenizer/chat_templates.json

Needs tokenizers 0.23 and transformers 5 from PyPI. The templates are our own; each does what a family in use does.
"""

import json
import sys

import tokenizer_structures as structures
from tokenizers import AddedToken

# fmt: off
TEMPLATES = {
    # cuts the plan of earlier answers, as Qwen 3 and DeepSeek R1 do
    "cut_think": "{% for m in messages %}{% set c = m.content %}{% if m.role == 'assistant' and '</think>' in c %}"
        "{% set c = c.split('</think>')[-1].lstrip('\\n') %}{% endif %}{{ '<|im_start|>' + m.role + '\\n' + c + '<|im_end|>\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}{% endif %}",
    # writes the plan of the last answer again, from its parts
    "keep_think": "{% for m in messages %}{% set plan = '' %}{% set c = m.content %}{% if '</think>' in c %}"
        "{% set plan = c.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}{% set c = c.split('</think>')[-1].lstrip('\\n') %}{% endif %}"
        "<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}<think>\n{{ plan.strip('\\n') }}\n</think>\n\n{% endif %}{{ c }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
    "replace": "{% for m in messages %}{{ '<|im_start|>' ~ m.role ~ '\\n' ~ (m.content | replace('llama', 'LLAMA')) ~ '<|im_end|>' }}{% endfor %}",
    "length": "{% for m in messages %}<|im_start|>{{ m.role }} {{ m.content | length }}\n{{ m.content }}<|im_end|>{% endfor %}",
    "slice": "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'][:8] }}{% if m['content'] | length > 8 %}...{% endif %}<|im_end|>{% endfor %}",
    "upper": "{% for m in messages %}<|im_start|>{{ m.role | upper }}\n{{ m.content | upper | trim }}<|im_end|>{% endfor %}",
    "starts": "{% for m in messages %}{% if m.content.startswith('/') %}<|im_start|>command{% else %}<|im_start|>{{ m.role }}{% endif %}\n{{ m.content }}<|im_end|>{% endfor %}",
    "first_line": "{% for m in messages %}{% set lines = m.content.split('\\n') %}<|im_start|>{{ m.role }}\n{{ lines[0] }} ({{ lines | length }})<|im_end|>{% endfor %}",
    "joined": "{% set system = messages[0].content.strip() if messages[0].role == 'system' else 'none' %}"
        "{% for m in messages if m.role != 'system' %}<|im_start|>{{ m.role }}\n{% if loop.first %}[{{ system }}] {% endif %}{{ m.content.strip() }}<|im_end|>{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
    "roles": "{% for m in messages %}{% set role = 'model' if m.role == 'assistant' else m.role %}{{ '<|im_start|>' + role + '\\n' + m.content | trim + '<|im_end|>\\n' }}"
        "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>model\\n' }}{% endif %}",
    "tools": "{% if not tools is defined %}{% set tools = none %}{% endif %}{% if tools is not none %}TOOLS{% endif %}"
        "{% if documents %}DOCS{% endif %}{% if not date_string is defined %}{% set date_string = '26 Jul 2024' %}{% endif %}"
        "{% if raise_exception is defined %}{{ '<|im_start|>system\\nToday: ' + date_string + '\\n' }}{% endif %}"
        "{% for m in messages %}{{ m.role }}: {{ m.content }}{% if not loop.last %}<|im_end|>{% endif %}{% endfor %}",
    "macro": "{% macro turn(role, text) %}<|im_start|>{{ role }}\n{{ text }}<|im_end|>\n{% endmacro %}{% for m in messages %}{{ turn(m.role, m.content) }}{% endfor %}",
    "namespace": "{% set ns = namespace(n=0, last='') %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.n = ns.n + 1 %}{% set ns.last = m.content %}{% endif %}{% endfor %}"
        "<|im_start|>{{ ns.n }}\n{{ ns.last }}<|im_end|>{% for m in messages %}{{ m.content }}\n{% endfor %}",
    "set_words": "{% set user = 'user' %}{% set end = '<|im_end|>' %}{% for m in messages %}{% if m.role == user %}<|im_start|>U {{ m.content | replace('llama', 'L') }}{{ end }}"
        "{% else %}<|im_start|>A {{ m.content }}{{ end }}{% endif %}\n{% endfor %}",
    "generation": "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{% else %}{{ m.content }}<|im_end|>{% endif %}\n{% endfor %}",
}
# fmt: on

TALKS = [
    [dict(role="user", content="Why do llamas hum?")],
    [dict(role="system", content=" Be brief. "), dict(role="user", content="/help me\nwith llama 12")],
    [
        dict(role="user", content="a llama\n\n b"),
        dict(role="assistant", content="<think>\nlet me see\n</think>\n\nIt hums."),
        dict(role="user", content="  and /think> then?\n"),
    ],
    [dict(role="user", content="x"), dict(role="assistant", content="<think>p</think>q</think>\nr"), dict(role="user", content="ラマ 😀 llama llama")],
    [dict(role="user", content="\n\n"), dict(role="assistant", content=""), dict(role="user", content="\ufeffllama\u00a0")],
]


def main(file):
    from transformers import PreTrainedTokenizerFast

    tokenizer = structures.byte_level("digits", False, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], size=500)
    tokenizer.add_tokens([AddedToken("<think>", normalized=False), AddedToken("</think>", normalized=False)])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>")
    cases = []
    for name, template in TEMPLATES.items():
        chats = []
        for talk in TALKS:
            ids = fast.apply_chat_template(talk, chat_template=template, add_generation_prompt=True, tokenize=True, return_dict=False)
            chats.append([talk, ids, fast.apply_chat_template(talk, chat_template=template, add_generation_prompt=True, tokenize=False)])
        cases.append(dict(name=name, template=template, chats=chats))
    with open(file, "w", encoding="utf-8") as out:
        json.dump(dict(json=json.loads(tokenizer.to_str()), cases=cases), out, ensure_ascii=True, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
