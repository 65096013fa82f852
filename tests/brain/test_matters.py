"""Several matters in one message: how it is cut, and which parts count."""

from __future__ import annotations

import pytest

from bot.brain import matters, parts

TOPICS = {
    "my bin was missed": ("answer/missed-bin", 0.9),
    "how do I appeal my council tax": ("policy/council-tax-appeal", 0.9),
    "who do I call about rats": ("answer/pest-control", 0.95),
    "the lid is broken": ("answer/missed-bin", 0.7),
    "it stinks": ("answer/smoke", 0.9),
    "I like trains": ("answer/bus-pass", 0.2),
    "somebody is hurting me": ("crisis/abuse", 0.9),
    "can I get help with the thing": ("nlu_fallback", 0.6),
    "I need a licence": ("answer/premises-licence", 0.5),
    "I rang on Monday": ("answer/contact-council", 0.5),
    "when is the next meeting I can watch": ("answer/council-meetings", 0.9),
    "when it rains": ("answer/flooding", 0.9),
    "a scaffold permit after that": ("answer/roadworks", 0.9),
    "Got a parking ticket": ("answer/parking-fine", 0.9),
    "got the yellow lines worn away": ("service/538", 0.9),
    "how do I renew my passport": ("elsewhere/passports", 0.95),
    "my passport is blue": ("elsewhere/passports", 0.95),
    "can I sue my neighbour": ("not_allowed/legal", 0.95),
    "I want to talk to a person": ("person", 0.95),
    "can I speak to someone": ("person", 0.92),
    "sdfkj sdkfj": ("gibberish", 1.0),
    "can you help me": ("help", 0.9),
    "how long does that take now": ("about_answer/how_long", 0.9),
    "who do I call about rats, can you please empty it": ("answer/pest-control", 0.8),
    "my bin was missed and can you get me one of them": ("answer/new-bin", 0.95),
}


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real ones were measured with a model; these tests are of what is done with them."""
    monkeypatch.setattr(matters, "_SURE", (0.8, 0.9))
    monkeypatch.setattr(matters, "_SURE_OF_MORE", (0.6, 0.7))


def understand(text: str) -> dict:
    name, sure = TOPICS.get(text, ("off_topic", 0.9))
    intent = name.partition("/")[0]
    return {"intent": {"name": intent, "confidence": sure}, "topics": [{"name": name, "confidence": sure}]}


def whole(intent: str = "answer") -> dict:
    topics = [{"name": "answer/missed-bin", "confidence": 0.5}, {"name": "answer/pest-control", "confidence": 0.3}]
    first = {"name": intent, "confidence": 0.5}
    return {"intent": first, "intent_ranking": [first], "topics": topics}


def found(text: str) -> list:
    return [matter["topics"][0]["name"] for matter in matters.matters(text, whole(), understand).matters]


def test_danger_in_a_part_marks_the_whole() -> None:
    text = "my bin was missed and somebody is hurting me"
    assert matters.noted(text, whole(), understand)["perhaps_danger"] is True
    assert "perhaps_danger" not in matters.noted("my bin was missed and I like trains", whole(), understand)


def unheard(text: str) -> list:
    return matters.matters(text, whole(), understand).unheard


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("my bin was missed and also I need a permit", ["my bin was missed", "I need a permit"]),
        (
            "Hello, my bin was missed. Who do I call about rats?",
            ["Hello", "my bin was missed", "Who do I call about rats"],
        ),
        ("1. bins 2. rats", ["bins", "rats"]),
        ("I need these: 1) bins 2) rats 3) moss", ["I need these", "bins", "rats", "moss"]),
        ("I live at number 4. He is deaf", ["I live at number 4", "He is deaf"]),
        ("I live at number 1. He is at number 3. Bye now", ["I live at number 1", "He is at number 3", "Bye now"]),
        ("At number 1. I need 1. bins 2. rats at 4. He", ["At number 1", "I need", "bins", "rats at 4", "He"]),
        ("the van is 2.1 m high. It was 3.", ["the van is 2.1 m high", "It was 3"]),
        ("it costs £4.50.Why?", ["it costs £4.50", "Why"]),
        ("two things: bins, rats as well as moss", ["bins", "rats", "moss"]),
        ("when is my bin day", ["when is my bin day"]),
        ("bins.\n2. rats\n- moss", ["bins", "rats", "moss"]),
        ("", []),
        ("?!.", []),
    ],
)
def test_a_message_is_cut_where_a_new_part_may_begin(text: str, cut: list) -> None:
    assert [part.text for part in parts.cut(text)] == cut


@pytest.mark.timeout(120)
@pytest.mark.parametrize("sign", [".", ". ", "\n", " ", "!?", " - ", "1. ", "and ", ", ", "the "])
def test_a_long_row_of_one_sign_is_cut_like_any_other(sign: str) -> None:
    """A pattern that can share a row out in several ways would not come to an end."""
    found = parts.cut(f"my bin{sign * 1000} my bag is lost")
    assert found[0].text.startswith("my bin")
    assert found[-1].text.endswith("my bag is lost")


def test_matters_that_stand_apart_are_found_in_their_order() -> None:
    text = "my bin was missed and also how do I appeal my council tax, and who do I call about rats"
    assert found(text) == ["answer/missed-bin", "policy/council-tax-appeal", "answer/pest-control"]


@pytest.mark.parametrize(
    "text",
    [
        "my bin was missed",
        "my bin was missed and the lid is broken",  # the same matter
        "my bin was missed and it stinks",  # tells more about it
        "my bin was missed and I like trains",  # nothing of ours
        "my bin was missed and somebody is hurting me",  # left whole, for the crisis layer
    ],
)
def test_one_matter_stays_whole(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("my bin was missed and when is the next meeting I can watch", ["missed-bin", "council-meetings"]),
        ("my bin was missed and a scaffold permit after that", ["missed-bin", "roadworks"]),
        ("Got a parking ticket, and my bin was missed", ["parking-fine", "missed-bin"]),
        ("my bin was missed when it rains", []),
        ("my bin was missed, got the yellow lines worn away", []),
    ],
)
def test_a_part_that_stands_by_itself_does_not_lean(text: str, names: list) -> None:
    assert [name.partition("/")[2] for name in found(text)] == names


def test_topics_that_are_likely_together_make_a_part_sure() -> None:
    def split(text: str) -> dict:
        if "school" not in text:
            return understand(text)
        names = {"answer/primary-school-place": 0.5, "answer/change-school": 0.4, "off_topic": 0.05}
        topics = [{"name": name, "confidence": sure} for name, sure in names.items()]
        return {"intent": {"name": "answer", "confidence": 0.5}, "topics": topics}

    both = matters.matters("my bin was missed and my son needs a school", whole(), split)
    assert [one["text"] for one in both.matters] == ["my bin was missed", "my son needs a school"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        # Beside two or more, all that asks for something.
        ("my bin was missed, who do I call about rats, I need a licence", ["I need a licence"]),
        (
            "my bin was missed, who do I call about rats. can I get help with the thing",
            ["can I get help with the thing"],
        ),
        ("my bin was missed, who do I call about rats. I rang on Monday", []),
        # Beside one only what is added to it.
        ("my bin was missed and I need a licence", ["I need a licence"]),
        ("my bin was missed. I need a licence", []),
        ("my bin was missed. Also can I get help with the thing", ["can I get help with the thing"]),
        ("my bin was missed and also can I get help with the thing", ["can I get help with the thing"]),
        ("my bin was missed and can I get help with the thing", []),
        ("my bin was missed and I rang on Monday", []),
        # Beside none the message is read as a whole.
        ("I need a licence and also can I get help with the thing", []),
        ("my bin was missed, I need a licence and somebody is hurting me", []),
    ],
)
def test_what_asks_for_something_and_is_not_understood_is_kept(text: str, left: list) -> None:
    assert unheard(text) == left


def test_one_matter_with_something_not_understood_is_summed_up() -> None:
    read = matters.noted("my bin was missed and I need a licence", whole(), understand)
    assert read["intent"]["name"] == "sum_up"
    assert (len(read["matters"]), read["unheard"]) == (1, ["I need a licence"])


def test_what_is_beyond_the_tenth_part_is_named_without_being_read() -> None:
    heard = []

    def listen(part: str) -> dict:
        heard.append(part)
        return understand(part)

    text = "my bin was missed, who do I call about rats" + ", one more thing here" * 8 + ", I need a licence, I like it"
    assert matters.matters(text, whole(), listen).unheard == ["I need a licence"]
    assert len(heard) == 10


@pytest.mark.parametrize("word", ["Also, ", "And ", "By the way, ", "Plus ", "also: ", "And also ", "By the way. "])
def test_what_begins_another_matter_is_no_part_of_it(word: str) -> None:
    part = parts.cut(f"My bin was missed. {word}who do I call about rats?")[1]
    assert part.text == "who do I call about rats"
    assert part.link.casefold() == word.strip(" ,:.").casefold()
    assert [matter["text"] for matter in matters.matters(f"my bin was missed. {word}who do I call about rats", whole(),
        understand).matters] == ["my bin was missed", "who do I call about rats"]  # fmt: skip


@pytest.mark.parametrize("text", ["Second bin was missed", "My bin was missed", "Android app", "Plush toys"])
def test_other_first_words_stay(text: str) -> None:
    assert [part.text for part in parts.cut(text)] == [text]


@pytest.mark.parametrize(
    ("text", "matter", "others"),
    [
        ("my bin was missed and how do I renew my passport", ["missed-bin"], ["elsewhere/passports"]),
        ("my bin was missed. how do I renew my passport?", ["missed-bin"], ["elsewhere/passports"]),
        ("how do I renew my passport, can I sue my neighbour", [], ["elsewhere/passports", "not_allowed/legal"]),
        ("my bin was missed and I want to talk to a person", ["missed-bin"], ["person"]),
        ("my bin was missed and I want to talk to a person, can I speak to someone", ["missed-bin"], ["person"]),
        ("my bin was missed, my passport is blue", [], []),
        ("how do I renew my passport and I like trains", [], []),
    ],
)
def test_what_is_for_somebody_else_is_kept_beside_the_matters(text: str, matter: list, others: list) -> None:
    read = matters.noted(text, whole(), understand)
    assert [each["topics"][0]["name"].partition("/")[2] for each in read.get("matters", [])] == matter
    assert [each["topics"][0]["name"] for each in read.get("others", [])] == others
    assert (read["intent"]["name"] == "sum_up") is bool(others)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("my bin was missed, who do I call about rats, what is the weather tomorrow", ["what is the weather tomorrow"]),
        ("my bin was missed and also what is the weather tomorrow", ["what is the weather tomorrow"]),
        ("my bin was missed and sdfkj sdkfj", ["sdfkj sdkfj"]),
        ("my bin was missed, who do I call about rats, sdfkj sdkfj", ["sdfkj sdkfj"]),
        # What leans on the part before is read with it, and belongs to it where both together say so.
        ("my bin was missed, who do I call about rats. can you please empty it", []),
        ("my bin was missed and also can you please fix it", ["can you please fix it"]),
        ("can you please fix it, my bin was missed, who do I call about rats", ["can you please fix it"]),
        # Talk, and what is asked about the matter itself.
        ("my bin was missed, who do I call about rats, can you help me", []),
        ("my bin was missed, who do I call about rats, how long does that take now", []),
        # A list asks, in single words as well.
        ("1. my bin was missed 2. who do I call about rats 3. thingy", ["thingy"]),
    ],
)
def test_nothing_that_was_asked_is_passed_over(text: str, left: list) -> None:
    assert unheard(text) == left


def test_what_leans_is_read_with_the_part_before() -> None:
    text = "who do I call about rats, I like trains, my bin was missed and can you get me one of them"
    assert found(text) == ["answer/pest-control", "answer/missed-bin", "answer/new-bin"]


def test_beside_two_sure_matters_a_less_sure_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matters, "_SURE", (0.95, 0.95))
    monkeypatch.setattr(matters, "_SURE_OF_MORE", (0.8, 0.8))
    monkeypatch.setitem(TOPICS, "my bin was missed", ("answer/missed-bin", 0.99))
    assert found("my bin was missed. Got a parking ticket") == []
    assert found("Got a parking ticket. my bin was missed. who do I call about rats") == [
        "answer/parking-fine",
        "answer/missed-bin",
        "answer/pest-control",
    ]


@pytest.mark.parametrize(
    ("confidences", "sure"),
    [
        ({"answer/primary-school-place": 0.32, "answer/change-school": 0.31, "answer/school-transport": 0.3}, False),
        ({"answer/school-place": 0.3, "policy/school-place": 0.3, "answer/change-school": 0.31}, True),
        ({"answer/primary-school-place": 0.6, "answer/change-school": 0.2, "answer/school-transport": 0.13}, True),
    ],
)
def test_three_unlikely_topics_are_not_one_likely_one(confidences: dict, sure: bool) -> None:
    def split(text: str) -> dict:
        if "school" not in text:
            return understand(text)
        topics = [{"name": name, "confidence": share} for name, share in confidences.items()]
        return {"intent": {"name": "answer", "confidence": 0.5}, "topics": topics}

    both = matters.matters("my bin was missed, my son needs a school", whole(), split)
    assert len(both.matters) == (2 if sure else 0)


def test_several_matters_become_an_intent_of_their_own() -> None:
    read = matters.noted("my bin was missed and who do I call about rats", whole(), understand)
    assert read["intent"]["name"] == read["intent_ranking"][0]["name"] == "sum_up"
    assert [matter["text"] for matter in read["matters"]] == ["my bin was missed", "who do I call about rats"]


def test_a_long_request_is_told_back_first_and_a_short_one_is_not() -> None:
    assert matters.noted("please " * 60 + "a permit", whole("policy"), understand)["intent"]["name"] == "sum_up"
    assert matters.noted("please a permit", whole("policy"), understand)["intent"]["name"] == "policy"
    assert matters.noted("please " * 60 + "bins", whole("answer"), understand)["intent"]["name"] == "answer"


@pytest.mark.parametrize("intent", ["crisis", "other_language", "gibberish", "not_allowed", "person"])
def test_some_messages_are_left_alone(intent: str) -> None:
    assert matters.noted("my bin was missed and who do I call about rats", whole(intent), understand) == whole(intent)


def test_anger_about_several_matters_is_about_the_matters() -> None:
    text = "my bin was missed and who do I call about rats"
    read = matters.noted(text, whole("upset"), understand)
    assert [each["name"] for each in read["intent_ranking"]] == ["sum_up", "upset"]
    assert matters.noted("my bin was missed and it stinks", whole("upset"), understand) == whole("upset")
    assert matters.noted("my bin was missed and I need a licence", whole("upset"), understand) == whole("upset")
