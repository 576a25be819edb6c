"""Compares the words of prose paragraphs of MediaWiki dumps with those that a reader of the page sees.

    python tests/reference/wikitext_words.py dump.xml [more.xml ...]

The words come from mwparserfromhell: its texts, the labels of its links, and of each template the arguments that the
wiki shows, as far as this file knows the template. Paragraphs that differ are printed; they have to be read, since the
difference may be this file's. Needs mwparserfromhell and deno.
"""
import collections
import html
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import mwparserfromhell
from mwparserfromhell.nodes import ExternalLink, Heading, HTMLEntity, Tag, Template, Text, Wikilink

# Templates of which a reader sees nothing.
HIDDEN = re.compile(
    r"^(sfnp?|rp?|citation needed|cite .*|refn|efn|clarify|page needed|better source|when|main|which|who|by whom|where|"
    r"#tag:ref|inflation.*|weasel-inline|unreliable source\?|verify source|failed verification|update inline|full|"
    r"according to whom|dubious|wayback|.* icon|age|currentyear|harvnb|nowrap (begin|end)|coord|commons.*|clear|-)$",
    re.I,
)
# Signs.
SIGNS = {"snd": " – ", "spaced ndash": " – ", "ndash": "–", "mdash": "—", "mdashb": "—", "nbsp": " ", "'": "'", "'s": "'s"}
JOINTS = {"to": "to", "-": "–", "and": "and", "x": "by", "or": "or", "by": "by", "and(-)": "and"}


class Site:
    """The language of a dump and the names of its file and category namespaces."""

    def __init__(self, root):
        self.language = root.get("{http://www.w3.org/XML/1998/namespace}lang", "en")
        names = {e.get("key"): e.text or "" for e in root.iter() if e.tag.endswith("namespace")}
        self.names = {kind: [names[key]] for kind, key in (("file", "6"), ("category", "14")) if key in names}
        local = [name.lower() for all_names in self.names.values() for name in all_names]
        self.hidden = {"file", "image", "category", *local}


def pages(root):
    """Yields the markup of the articles."""
    for page in root.iter():
        if page.tag.split("}")[-1] != "page":
            continue
        fields = {e.tag.split("}")[-1]: e for e in page.iter()}
        text = fields["text"].text or ""
        if fields["ns"].text == "0" and "redirect" not in fields and not re.match(r"\s*#\w+", text):
            yield text


def paragraphs(markup):
    """Yields the lines of a page that are prose, as nodes."""
    current = []
    for node in mwparserfromhell.parse(markup).nodes:
        ends = isinstance(node, Heading) or isinstance(node, Tag) and str(node.tag) in ("table", "li", "dd", "dt", "hr")
        parts = str(node).split("\n") if isinstance(node, Text) else [node]
        for i, part in enumerate(parts):
            if i or ends:
                yield current
                current = []
            if part:
                current.append(Text(part) if isinstance(node, Text) else part)
    yield current


def is_prose(nodes):
    plain = "".join(str(node) for node in nodes if isinstance(node, Text))
    starts = isinstance(nodes[0], Text) and str(nodes[0])[0] in " *#:;{|!="
    block = isinstance(nodes[0], (Heading, Tag)) and str(getattr(nodes[0], "tag", "table")) in ("table", "li", "dd", "dt", "hr", "pre")
    return not starts and not block and len(re.findall(r"\w{2,}", plain)) >= 10 and re.search(r"[.!?:;]", plain)


def template_text(node, site):
    name = re.sub(r"[\s_]+", " ", str(node.name)).strip().lower()
    args = [seen(p.value.nodes, site).strip() for p in node.params if not p.showkey]
    if name in SIGNS or HIDDEN.match(name):
        return SIGNS.get(name, " ")
    if name in ("convert", "cvt") and args:
        words, rest = args[:1], args[1:]
        while len(rest) > 1 and rest[0] in JOINTS:
            words, rest = words + [JOINTS[rest[0]], rest[1]], rest[2:]
        return " ".join(words + rest[:1])
    if name == "as of":
        return f"{'as' if node.has('lc') else 'As'} of {' '.join(reversed(args))}"
    if name.startswith("formatnum"):
        number = name.split(":")[1].strip()
        return f"{int(number):,}" if number.isdigit() else number
    if name.startswith(("lang-", "ipa-")) or name in ("ipa", "angbr", "nowrap", "small", "abbr", "ill"):
        return (args or [""])[0]
    if name in ("chem", "ipac-en"):
        return "".join(args)
    return (args or [""])[-1] if len(args) < 3 else " ".join(args)


def seen(nodes, site):
    """Returns the text that a reader sees."""
    out = []
    for node in nodes:
        if isinstance(node, Text):
            out.append(str(node))
        elif isinstance(node, Wikilink):
            prefix = str(node.title).split(":")[0].strip().lower() if ":" in str(node.title) else ""
            is_language = node.text is None and re.fullmatch(r"[a-z]{2,3}(-[a-z-]+)?", prefix)
            if prefix not in site.hidden and not is_language:
                out.append(seen((node.title if node.text is None else node.text).nodes, site).lstrip(":"))
        elif isinstance(node, Template):
            out.append(template_text(node, site))
        elif isinstance(node, Tag) and str(node.tag).lower() not in ("ref", "references", "gallery", "table"):
            raw = str(node.tag).lower() in ("math", "nowiki", "pre", "source", "syntaxhighlight")
            out.append(str(node.contents or "") if raw else seen(node.contents.nodes if node.contents else [], site))
            out.append(" " if str(node.tag).lower() in ("br", "tr", "td", "th") else "")
        elif isinstance(node, ExternalLink):
            out.append(seen(node.title.nodes, site) if node.title else "" if node.brackets else str(node.url))
        elif isinstance(node, HTMLEntity):
            out.append(html.unescape(str(node)))
    return "".join(out)


def words(text):
    return collections.Counter(re.findall(r"\w+", text.replace("²", "2").replace("³", "3")))


def main(paths):
    rows = []
    for path in paths:
        root = ElementTree.parse(path).getroot()
        site = Site(root)
        for markup in pages(root):
            for nodes in filter(None, paragraphs(markup)):
                source = "".join(map(str, nodes))
                if is_prose(nodes) and "\n\n" not in source and "\n=" not in source:
                    rows.append((site, source, seen(nodes, site)))
    lines = [json.dumps({"language": site.language, "names": site.names, "markup": source}) for site, source, _ in rows]
    command = ["deno", "run", "-A", __file__.replace(".py", ".ts")]
    output = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True).stdout
    lose = gain = 0
    for (_, source, expected), line in zip(rows, output.strip().split("\n"), strict=True):
        got = json.loads(line)
        lost, added = words(expected) - words(got), words(got) - words(expected)
        lose, gain = lose + bool(lost), gain + bool(added and not lost)
        if lost or added:
            print("lost", dict(lost), "added", dict(added), "\n  ", source[:300].replace("\n", " "), "\n  ", got[:300])
    print(f"{len(rows)} paragraphs: {lose} lose words, {gain} only gain some")


main(sys.argv[1:])
