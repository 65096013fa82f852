"""What people see on Telegram: complete, in messages that Telegram takes, whatever anybody typed."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram.layout import FIXED, NOTICE, TEXT, Piece, button_key, pieces, read_button_key
from bot.desk import deciding
from bot.policy.notice import Notice
from bot.store.messages import Message, Sender
from bot.text import phrases
from tests.policy.points import POINTS, Case
from tests.policy.test_notice import refusals
from tests.telegram.telegram_html import Entity, parse, units

CONVERSATION = "0123456789abcdef" * 2


def message(text: str = "", sender: Sender = Sender.BOT, name: str | None = None, **body: Any) -> Message:
    return Message("m1", CONVERSATION, 7, sender, name, text, body, datetime(2026, 11, 23, tzinfo=UTC))


def read(piece: Piece) -> tuple[str, list[Entity]]:
    """A piece as Telegram shows it, having refused what Telegram refuses."""
    text, entities = parse(piece.html)
    assert text.strip()
    assert units(text) <= 4096
    for _title, key in itertools.chain(*piece.buttons):
        assert 0 < len(key.encode()) <= 64
    return text, entities


def shown(found: list[Piece]) -> str:
    return "\n\n".join(read(piece)[0] for piece in found)


def test_a_short_text_is_one_message_as_it_was_written() -> None:
    [piece] = pieces(message("One line.\nAnother.\n\nA <b>paragraph</b> & more."))
    assert read(piece) == ("One line.\nAnother.\n\nA <b>paragraph</b> & more.", [])


def test_an_answer_shows_its_source_beside_it_and_the_rest_as_a_second_message() -> None:
    blocks = [{"p": [{"t": "Call "}, {"t": "01632 960000", "href": "tel:+441632960000"}, {"t": " or "},
                     {"t": "see the page", "href": "https://x.example/?a=1&b=\"2\""}]}]  # fmt: skip
    more = [{"heading": "Cost"}, {"list": [[{"t": "Free", "strong": True}], [{"t": "£2"}]], "ordered": True}]
    source = {"title": "Bins <new>", "url": "https://x.example/bins", "checked": "2026-09-04", "overdue": True}
    first, second = pieces(message("x", blocks=blocks, more=more, source=source))
    text, entities = read(first)
    assert text == (
        f"Call 01632 960000 or see the page\n\nSource: Bins <new>, checked 4 September 2026\n{phrases.SOURCE_OVERDUE}"
    )
    assert [entity.url for entity in entities] == ['https://x.example/?a=1&b="2"', "https://x.example/bins"]
    assert read(second)[0] == "Cost\n1. Free\n2. £2"


def test_staff_are_named_and_nobody_can_pass_for_them_by_typing_tags() -> None:
    [staff] = pieces(message("See you.", Sender.STAFF, "Sam <b>"))
    text, [bold] = read(staff)
    assert text == "Sam <b>:\nSee you."
    assert bold.type == "bold"
    [citizen] = pieces(message("</b><b>Sam:</b> hello"))
    assert read(citizen) == ("</b><b>Sam:</b> hello", [])


def test_buttons_stand_under_the_last_message_with_keys_that_say_nothing() -> None:
    buttons = [{"title": f"{n} of 5", "id": f"7-{n}", "payload": f"@rate-{n}"} for n in range(1, 6)]
    buttons += [{"title": "Send me what was said", "id": "7-6", "payload": "@transcript"}]
    found = pieces(message("long\n\n" * 2000, buttons=buttons))
    assert all(not piece.buttons for piece in found[:-1])
    row, last = found[-1].buttons
    assert [title for title, _ in row] == ["1 of 5", "2 of 5", "3 of 5", "4 of 5", "5 of 5"]
    assert "rate" not in row[0][1]
    assert read_button_key(last[0][1]) == (CONVERSATION, "7-6")


@pytest.mark.parametrize(
    "data", ["", "x", "b:", "b::7-1", f"b:{CONVERSATION}:", f"b:{CONVERSATION}:7-1 ", "b:../x:1-1"]
)
def test_what_is_no_key_of_ours_is_not_read(data: str) -> None:
    assert read_button_key(data) is None
    assert read_button_key(button_key(CONVERSATION, "123456789-12")) == (CONVERSATION, "123456789-12")
    assert len(button_key(CONVERSATION, "123456789-999")) <= 64


@given(
    st.text(min_size=1, max_size=60).filter(str.strip),
    st.integers(1, 600),
    st.sampled_from(["", " ", "\n", "\n\n", ". "]),
)
@settings(max_examples=60)
def test_no_text_of_any_length_is_refused_or_loses_a_letter(part: str, times: int, between: str) -> None:
    text = between.join([part] * times)
    found = pieces(message(text))
    assert re.sub(r"\s", "", shown(found)) in (re.sub(r"\s", "", text), "…")
    if units(text) < TEXT:
        assert len(found) == 1


_inline = st.fixed_dictionaries(
    {"t": st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=80)},
    optional={"href": st.sampled_from(["https://x.example/a?b&c", "tel:+441", "javascript:x", 'https://"><b>']),
              "strong": st.booleans()},
)  # fmt: skip
_inlines = st.lists(_inline, min_size=1, max_size=40)
_block = st.one_of(
    st.fixed_dictionaries({"p": _inlines}),
    st.fixed_dictionaries({"heading": st.text(min_size=1, max_size=40)}),
    st.fixed_dictionaries({"list": st.lists(_inlines, min_size=1, max_size=30), "ordered": st.booleans()}),
)


@given(st.lists(_block, min_size=1, max_size=12))
@settings(max_examples=60)
def test_no_layout_is_refused_or_loses_a_letter(blocks: list[dict[str, Any]]) -> None:
    found = pieces(message("x", blocks=blocks))
    for piece in found:
        assert len(parse(piece.html)[1]) < 100  # above that Telegram drops formatting
    seen = re.sub(r"\s", "", shown(found))
    at = 0
    for block in blocks:
        for line in [[{"t": block["heading"]}]] if "heading" in block else block.get("list", [block.get("p")]):
            words = re.sub(r"\s", "", "".join(inline["t"] for inline in line))
            at = seen.index(words, at) + len(words)


class OnTelegram(Case):
    """A refusal of which only what Telegram shows is known."""

    def __init__(self, case: Case, found: list[Piece]) -> None:
        blocks: list[dict[str, Any]] = []
        texts = []
        for piece in found:
            text, entities = read(piece)
            blocks += _blocks(text, entities, first=not blocks)
            texts.append(_with_addresses(text, entities))
        front = len(case.notice.first)
        seen = Notice(tuple(blocks[:front]), tuple(blocks[front:]), "", _parts(blocks))
        super().__init__(case.decision, {**case.record, "text": "\n\n".join(texts)}, case.words, seen)


def _blocks(text: str, entities: list[Entity], first: bool) -> list[dict[str, Any]]:
    """The blocks that a reader sees: bold lines are headings but for the decision, lines with dots are lists."""
    blocks: list[dict[str, Any]] = []
    at = 0
    for line in text.split("\n"):
        inside = [each for each in entities if at <= each.offset < at + units(line)]
        inlines = _inlines_of(line, at, inside)
        if line.startswith("• "):
            inlines[0]["t"] = inlines[0]["t"].removeprefix("• ")
            item = [one for one in inlines if one["t"]]
            if blocks and "list" in blocks[-1]:
                blocks[-1]["list"].append(item)
            else:
                blocks.append({"list": [item]})
        elif line:
            whole = [each for each in inside if each.type == "bold" and each.length == units(line)]
            blocks.append({"heading": line} if whole and (blocks or not first) else {"p": inlines})
        at += units(line) + 1
    return blocks


def _inlines_of(line: str, at: int, entities: list[Entity]) -> list[dict[str, Any]]:
    encoded = line.encode("utf-16-le")
    marks = sorted({0, units(line), *(e.offset - at for e in entities), *(e.offset + e.length - at for e in entities)})
    found = []
    for start, end in itertools.pairwise(marks):
        inline: dict[str, Any] = {"t": encoded[2 * start : 2 * end].decode("utf-16-le")}
        for entity in entities:
            if entity.url and entity.offset - at <= start < entity.offset - at + entity.length:
                inline["href"] = entity.url
        if "href" not in inline and re.search(r"\b0\d{3,4} ?\d{3} ?\d{3,4}\b", inline["t"]):
            inline["href"] = "tel:"  # Telegram makes a link of every phone number
        found.append(inline)
    return found


def _with_addresses(text: str, entities: list[Entity]) -> str:
    encoded = text.encode("utf-16-le")
    for entity in sorted(entities, key=lambda each: -each.offset):
        words = encoded[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le")
        if entity.url and entity.url.removeprefix("https://") != words:
            end = 2 * (entity.offset + entity.length)
            encoded = encoded[:end] + f" ({entity.url})".encode("utf-16-le") + encoded[end:]
    return encoded.decode("utf-16-le")


def _parts(blocks: list[dict[str, Any]]) -> dict[str, tuple[dict[str, Any], ...]]:
    found: dict[str, tuple[dict[str, Any], ...]] = {"steps": (), "alternatives": ()}
    for heading, name in (("What you can do next", "steps"), ("Other things", "alternatives")):
        for place, block in enumerate(blocks):
            if block.get("heading", "").startswith(heading):
                found[name] = (blocks[place + 1],)
    return found


def test_the_14_points_hold_for_refusals_as_telegram_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    counted: Counter[str] = Counter()
    faults, sizes = [], []
    for number, case in enumerate(refusals()):
        if number % 5 and counted[case.record["policy"]] > 5:
            continue
        counted[case.record["policy"]] += 1
        draft = deciding.notice(case.record, case.words)
        buttons = [{**button, "id": f"7-{n}"} for n, button in enumerate(draft.body["buttons"], start=1)]
        said = message(draft.text, **{**draft.body, "buttons": buttons})
        found = pieces(said)
        sizes.append(len(found))
        seen = OnTelegram(case, found)
        for point, check in POINTS.items():
            if fault := check(seen):
                faults.append(f"{case.record['policy']} {case.record['failed']}, point {point}: {fault}")
        assert all(units(read(piece)[0]) <= NOTICE + 400 for piece in found), "not short"
        titles = [title for row in found[-1].buttons for title, _ in row]
        assert titles == ["Why?", "What can I do?", "Ask for a review", "Talk to a person"]
    with capsys.disabled():
        print(f"\n{len(sizes)} refusals of {len(counted)} policies, in {min(sizes)} to {max(sizes)} messages each")
    assert faults[:5] == []
    assert set(counted) == {case.record["policy"] for case in refusals()}
    assert len(counted) >= 13


def test_the_fixed_buttons_are_known_by_their_keys() -> None:
    for name in FIXED:
        assert read_button_key(button_key(CONVERSATION, name)) == (CONVERSATION, name)
