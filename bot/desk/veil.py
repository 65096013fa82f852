"""What hides special-category facts in the conversation beside a brief in which they are masked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.desk.brief import MASKED, SPECIAL, special_of
from bot.policy.blocks import Block, Inline
from bot.policy.model import Library, Words
from bot.policy.page import Page
from bot.policy.readback import parameters
from bot.store.applications import Application, supplied
from bot.store.messages import Message, Sender


class Veil:
    """Takes what tells a masked fact out of a conversation: the answers to its question, and our own lines on it.

    What citizens tell of themselves in other messages stays: it is what they chose to say.
    """

    def __init__(
        self, facts: Sequence[str], seqs: set[int], words: Words, values: Mapping[str, str], *more: str
    ) -> None:
        own = words.text["facts"]
        self._seqs = seqs
        self._questions = [_normal(fill_known(own[name]["question"], values)) for name in facts if name in own]
        tells = [own[name][key] for name in facts if name in own for key in ("if_true", "if_false") if key in own[name]]
        tells += [f"{own[name]['label']}:" for name in facts if "label" in own.get(name, {})]
        self._tells = [_normal(fill_known(tell, values)) for tell in (*tells, *more)]

    def messages(self, said: Sequence[Message]) -> list[Message]:
        """A conversation with what tells a masked fact taken out."""
        found, answers = [], False
        for one in said:
            if one.sender is Sender.CITIZEN:
                hidden = answers or one.seq in self._seqs
                found.append(replace(one, text=MASKED, body={}) if hidden else one)
                answers = False
            else:
                answers = self._asks(one.text) or (answers and one.sender is not Sender.BOT)
                body = dict(one.body)
                for key in {"blocks", "more"} & body.keys():
                    body[key] = self.blocks(body[key])
                found.append(replace(one, text=self.text(one.text), body=body))
        return found

    def _asks(self, text: str) -> bool:
        """Whether a text asks for a masked fact: the citizen's next message answers it."""
        return any(question in _normal(text) for question in self._questions)

    def blocks(self, given: list[Block]) -> list[Block]:
        """Blocks without the items and paragraphs that tell a masked fact."""
        found: list[Block] = []
        for block in given:
            if "list" in block:
                found.append({**block, "list": [self._inlines(item) for item in block["list"]]})
            else:
                found.append({**block, "p": self._inlines(block["p"])} if "p" in block else block)
        return found

    def text(self, text: str) -> str:
        """A text without the lines that tell a masked fact."""
        return "\n".join(MASKED if self._tells_of(line) else line for line in text.split("\n"))

    def _inlines(self, items: list[Inline]) -> list[Inline]:
        return [{"t": MASKED}] if self._tells_of("".join(str(one["t"]) for one in items)) else items

    def _tells_of(self, text: str) -> bool:
        return any(tell in _normal(text) for tell in self._tells)


def fill_known(template: str, values: Mapping[str, str]) -> str:
    """Put in the values that are known; other placeholders stay as they are."""
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", value)
    return template


def _normal(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .?")


def veil_for(record: Mapping[str, Any], words: Words, *, here: bool) -> Veil | None:
    """What hides the special-category facts of a decision in its conversation; with ``here`` false in another one, to
    which none of the messages belong that supplied them."""
    page, hidden = Page(record, words), special_of(record)
    seqs = {
        int(fact["by"].removeprefix("message "))
        for fact in record["facts"]
        if here and fact["id"] in hidden and str(fact["by"] or "").startswith("message ")
    }
    reasons = [
        page.fill(page.text["requirements"][trace["requirement"]]["reason"])
        for trace in record["trace"]
        if hidden & set(trace["reads"])
    ]
    return Veil(sorted(hidden), seqs, words, page.shown, *reasons) if hidden else None


def veil_for_application(told: Mapping[str, Any], library: Library) -> Veil | None:
    """What hides the special-category facts of a request that is not decided yet."""
    policy = library.policies.get(told["policy"])
    if policy is None:
        return None
    words, hidden = policy.words["en"], {f.id for f in policy.latest.facts.values() if f.sensitive == SPECIAL}
    seqs = supplied({name: one for name, one in told["facts"].items() if name in hidden})
    return Veil(sorted(hidden), seqs, words, parameters(policy.latest, words)) if hidden else None


def without_requests(said: list[Message], requests: Iterable[Application], library: Library) -> list[Message]:
    """The messages without what tells special-category facts of the chat's requests, decided, cancelled or open."""
    veils = (veil_for_application({"policy": one.policy, "facts": one.facts}, library) for one in requests)
    return through(said, veils)


def through(said: list[Message], veils: Iterable[Veil | None]) -> list[Message]:
    """The messages as they look behind all of the veils."""
    for each in veils:
        said = each.messages(said) if each else said
    return said
