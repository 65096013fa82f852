"""Small answers around a question: why we ask, what we understood, and what would be asked next."""

from __future__ import annotations

from bot.policy.blocks import Block, Inline, paragraph, upper_first
from bot.policy.format import fill, to_json, value_text
from bot.policy.model import Library, Version, Words


def why_we_ask(library: Library, version: Version, words: Words, name: str) -> tuple[Block, ...]:
    """Why the fact is asked for, how to find it out, and the rules that need it, each with its link."""
    text = words.text["facts"][name]
    limits = {
        one.id: value_text(to_json(one.value), "fixed", one.unit, words.frame, None)
        for one in version.parameters.values()
    }
    blocks = [paragraph(fill(text["why"], limits))]
    if "help" in text:
        blocks.append(paragraph(fill(text["help"], limits)))
    before, _, after = words.frame["why_we_ask"]["rule"].partition("{citation}")
    for cite in rules_that_need(version, name):
        source = library.sources[cite]
        title = source.title if source.section is None else f"{source.title}, {source.section}"
        link: Inline = {"t": title, "href": source.url}
        blocks.append({"p": [{"t": before}, link, {"t": after}]})
    return (*blocks, paragraph(words.frame["why_we_ask"]["settled"]))


def rules_that_need(version: Version, name: str) -> tuple[str, ...]:
    """The citations of the requirements that read the fact, each once."""
    reading = [one for one in version.requirements if any(name in version.roots[fact] for fact in one.reads)]
    return tuple(dict.fromkeys(cite for one in reading for cite in one.cite))


def understood(version: Version, words: Words, name: str, value: object) -> str:
    """What we understood, as a sentence to read back before deciding."""
    fact, text = version.facts[name], words.text["facts"][name]
    if fact.type == "bool":
        sentence: str = text["if_true" if value else "if_false"]
        return sentence
    shown = value_text(to_json(value), fact.type, fact.unit, words.frame, text.get("options"))  # type: ignore[arg-type]
    return upper_first(fill(words.frame["notice"]["statement"], {"label": text["label"], "value": shown})) + "."
