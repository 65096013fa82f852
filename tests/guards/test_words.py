"""The words that people read, wherever they stand: plain, active, and without what a council should not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import check, wording
from bot.policy.problem import Problem
from bot.settings import ROOT
from bot.text import phrases, plain, telegram
from bot.text.named_effects import named

SAID = wording.everything()


def test_words_of_every_kind_are_looked_at() -> None:
    starts = {place.split(":")[0] for place in SAID}
    for name in ("domain.yml", "bot/web/static/widget.js", "bot/text/phrases.py", "bot/text/telegram.py",
                 "bot/text/linking.py", "bot/text/own_fault.py", "bot/text/clean.py", "bot/web/errors.py",
                 "bot/channels/telegram/updates.py", "data/services", "data/glossary.yml",
                 "data/answers/bin-day.md", "policies/words.en.yaml", "bot/web/templates/council.html"):  # fmt: skip
        assert name in starts, name
    actions = {f"actions/{path.name}" for path in (ROOT / "actions").glob("*.py")}
    silent = {"__init__", "application", "crisis", "guarded", "hypothetical", "kindness", "last_said",
              "misses", "person", "supposing", "topics", "vague"}  # fmt: skip
    assert actions - starts <= {f"actions/{name}.py" for name in silent}


def test_no_sentence_of_the_gateway_is_overlooked() -> None:
    found = set(SAID.values())
    said = [value for name, value in vars(phrases).items() if name.isupper() and isinstance(value, str)]
    said += [*phrases._CRISIS.values(), *telegram.SAYINGS.values()]
    said += [*phrases.OUTCOMES.values(), *phrases.REVIEW_STATES.values(), *phrases.REVIEW_CLOSED.values()]
    whole = [text for text in said if len(text.split()) > 2 and text != phrases.STATUS]
    assert len(whole) > 60
    assert [text for text in whole if text.strip() not in found] == []


@pytest.mark.parametrize("place", sorted(SAID))
def test_words_are_plain(place: str) -> None:
    assert plain.lint(wording._FILLED.sub("it", SAID[place])) == []


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ('SAY = "Unfortunately we cannot help."', "Lead with the answer"),
        ('def f(name):\n    return f"I completely understand you, {name}."', "Do not claim feelings"),
        ('say(text="Great, that worked!")', "exclamation"),
        (f'SAY = "{"word " * 30}"'.replace('"word', '"Word').replace('word "', 'word."'), "A sentence has"),
        ('SAY = "the answer is yes, obviously"', "Leave it out"),
        ('SAY = "{name} is kindly asked to wait."', "Use plain words"),
        ('def f(name):\n    return f"{name} has rejected it."', "Say what the rule needs"),
        ('raise BadText("empty", "You should have typed a question.")', "Do not blame"),
    ],
)
def test_hard_or_unkind_words_in_code_are_found(
    code: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "spoken.py"
    file.write_text(code, encoding="utf-8")
    monkeypatch.setattr(wording, "ROOT", tmp_path)
    [(_, text)] = wording.sentences(file)
    assert fault in " ".join(plain.lint(text))


def test_words_in_the_widget_and_in_a_page_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "ROOT", tmp_path)
    script, page = tmp_path / "widget.js", tmp_path / "page.html"
    script.write_text(
        "const WAIT = '';  \nsay(left ? '' : `You have ${left === 1 ? 'one' : left} left.`);\n"
        "button('Talk to a person');\n  /** the reader's own 'not a text of it' */\nlisten('click');\n"
    )
    page.write_text(
        '<p class="one two three">Ask us\n  in the <a href="/chat">chat</a>.</p>{% set x = [("Pay or get help", 1)] %}'
        "<script>const said = 'This is no text.';</script>"
    )
    assert [text for _, text in wording.in_script(script)] == ["You have it left.", "Talk to a person"]
    assert [text for _, text in wording.in_page(page)] == ["Ask us in the chat.", "one two three", "Pay or get help"]


def test_hard_words_of_a_policy_fail_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    hard = Problem("policies/x/text.en.yaml", 3, "warning", "plain-words", "'hereby': Use plain words.", "Do.")
    old = Problem("policies/sources.yaml", 3, "warning", "old-source", "Checked long ago.", "Check it.")
    monkeypatch.setattr("bot.policy.check.check", lambda today: [hard, old])
    assert list(check.CHECKS["policies"]()) == [hard]


def test_docstrings_logs_and_errors_are_not_for_citizens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "quiet.py"
    monkeypatch.setattr(wording, "ROOT", tmp_path)
    file.write_text('"""A docstring here."""\nlog.error("It broke here.")\nraise ValueError("Not a number here.")')
    assert list(wording.sentences(file)) == []


def test_the_command_checks_the_words(capsys: pytest.CaptureFixture[str]) -> None:
    from bot.check import CHECKS

    assert list(CHECKS["words"]()) == []


def test_an_effect_is_never_called_a_feeling() -> None:
    said = [effect.sentence for text in ("I'm furious", "I am so sad", "we feel let down") for effect in named(text)]
    assert said == []
