"""The editors' pages, as plain forms."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from aiohttp import FormData

from bot.learning import trial
from bot.store import Store, conversations, misses
from bot.store.staff import Role
from bot.supervise.model import fingerprint, serve_from_now
from bot.turn.context import Services
from bot.web.access import EDITING
from tests.fakes import FakeBrain
from tests.learning.conftest import add_files
from tests.learning.test_answer_file import GOOD
from tests.web.clerk import Clerk, Client, field, sign_in

HENS = {**GOOD, "title": "Keep hens at home"}
MORE = "hens rules\nchickens allowed\na cockerel\npoultry\neggs\ncoop\nbantams"


@pytest.fixture
def services(services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    root = add_files(tmp_path / "council")
    models = services.settings.data_dir / "models"
    models.mkdir()
    (models / "next.tar.gz").write_bytes(b"next")
    serve_from_now(services.settings, models / "next.tar.gz")

    async def run(*_: object) -> trial.Result:
        figures = {name: {"questions": {"first": 0.5, "in_three": 0.75}} for name in ("before", "after")}
        wrong = [{"question": "allotment sheds", "was": "answer/allotments", "now": "answer/keep-hens-at-home"}]
        wordings = [{"text": "a cockerel", "topics": ["answer/keep-hens-at-home", "answer/allotments"]}]
        return trial.Result([], fingerprint(root), "next.tar.gz", figures, wrong, wordings)

    monkeypatch.setattr(trial, "run", run)
    return replace(services, root=root)


@pytest.fixture
async def edie(client: Client, store: Store) -> Clerk:
    return await sign_in(client, store, "Edie Tor", Role.EDITOR)


async def ask(store: Store, *questions: str, kind: str = "unknown") -> list[str]:
    """Questions that got no answer; their ids."""
    async with store.write() as tx:
        for question in questions:
            conversation = await conversations.create(tx, channel="website", token="secret")
            await misses.add(tx, conversation.id, 1, question=question, kind=kind, offered=["answer/allotments"])
        return [one.id for one in await misses.waiting(tx.connection) if one.question in questions]


async def submit(clerk: Clerk, path: str, pairs: list[tuple[str, str]]) -> str:
    """Post a form as the browser does; where it leads to."""
    form = FormData([("csrf", clerk.csrf), *pairs])
    response = await clerk.client.post(path, data=form, headers=clerk._headers({}), allow_redirects=False)
    assert response.status == 303, await response.text()
    return response.headers["Location"]


async def begin(clerk: Clerk, chosen: list[str], answer: str = "") -> str:
    return await submit(clerk, "/console/learning/drafts", [*(("miss", one) for one in chosen), ("answer", answer)])


async def save(clerk: Clerk, address: str, do: str = "try", more: str = MORE, **fields: str) -> str:
    page = await clerk.page(address)
    texts = re.findall(r'name="(text-\d+)"[^>]* value="([^"]*)"', page)
    ids = re.findall(r'name="(miss-\d+)" value="([^"]*)"', page)
    ticks = [(f"use-{n}", "on") for n in range(len(texts))]
    given = [*{**HENS, **fields}.items(), *texts, *ids, *ticks, ("more", more), ("revision", field(page, "revision"))]
    return (await submit(clerk, f"{address}/save", [*given, ("do", do)])).partition("#")[0]


async def test_questions_are_shown_in_groups_with_counts(edie: Clerk, store: Store) -> None:
    await ask(store, "hens at home?", "hens in a flat", "hens at home?")
    await ask(store, "snow on my road", kind="unhelpful")
    page = unescape(re.sub(r"<[^>]+>", " ", await edie.page("/console/learning")))
    assert re.search(r"3 questions.*hens in a flat.*Nearest: .*Allotments.*1 question.*answer did not help", page, re.S)


async def test_noise_is_counted_and_not_offered(edie: Clerk, store: Store) -> None:
    await ask(store, "gfhjkl rtyu", "gfhjkl", kind="gibberish")
    await ask(store, "hens at home?")
    page = unescape(re.sub(r"<[^>]+>", " ", await edie.page("/console/learning")))
    assert "gfhjkl" not in page
    assert "hens at home?" in page
    assert re.search(r"could not be read\s+2", page)


async def test_without_rasa_equal_words_are_a_group(edie: Clerk, store: Store, brain: FakeBrain) -> None:
    await ask(store, "hens at home?", "hens in a flat", "hens at home?")
    brain.down = "not_ready"
    page = await edie.page("/console/learning")
    assert "only equal words" in page
    assert "2 questions" in page


async def test_a_correction_shows_what_changes_once_something_does(edie: Clerk, store: Store) -> None:
    address = await begin(edie, await ask(store, "where are the sheds"), "allotments")
    page = await edie.page(address)
    assert "Nothing changed yet." in page
    assert "<del" not in page
    assert "Allotments" in page
    await save(edie, address, "save", title="Sheds")
    page = await edie.page(address)
    assert "Nothing changed yet." not in page
    assert "<del" in page


async def test_from_the_question_to_the_record_without_javascript(
    edie: Clerk, client: Client, store: Store, services: Services
) -> None:
    (hens,) = await ask(store, "<b>hens</b> at home?")
    page = await edie.page(f"/console/learning/questions?m={hens}")
    assert "&lt;b&gt;hens" in page
    assert not re.search(r'name="miss"[^>]*checked', page)  # a person looks first
    address = await begin(edie, [hens])
    assert (await save(edie, address)) == address
    assert client.app is not None
    await client.app[EDITING].work()
    page = await edie.page(address)
    for words in (
        "50.0 %",
        "75.0 %",
        "Became wrong: 1",
        "allotment sheds",
        "this answer",
        "You can keep hens at home.",
    ):
        assert words in page, words
    revision = field(page, "revision")
    refused = await edie.post(f"{address}/send", {"revision": revision})
    assert refused.status == 409
    assert "Read them, and tick" in await refused.text()
    assert await submit(edie, f"{address}/send", [("revision", revision), ("accepted", "on")]) == address
    assert "Publishing" in await edie.page(address)
    await client.app[EDITING].work()
    assert "This is publication 1" in await edie.page(address)
    record = await edie.page("/console/learning/published/1")
    assert "<ins>" in record
    assert "Edie Tor" in record
    undo = await submit(edie, "/console/learning/published/1/undo", [])
    await client.app[EDITING].work()
    page = await edie.page(undo)
    assert "Undo publication 1" in page
    await submit(edie, f"{undo}/send", [("revision", field(page, "revision")), ("accepted", "on")])
    await client.app[EDITING].work()
    assert not (services.root / "data" / "answers" / "keep-hens-at-home.md").exists()
    assert "undone by 2" in await edie.page("/console/learning/published")


async def test_faults_stand_at_their_fields_and_what_was_typed_stays(edie: Clerk, store: Store) -> None:
    address = await begin(edie, await ask(store, "hens at home?"))
    assert "## How long it takes" in await edie.page(address)  # the headings are there to be filled
    await save(edie, address, title="Keep <hens>", service="none", body="Unfortunately no.", more="")
    page = await edie.page(address)
    assert "3 fields have to be put right" in page
    assert 'value="Keep &lt;hens&gt;"' in page
    assert re.search(r'id="service"[^>]*aria-describedby="service-hint service-wrong" aria-invalid="true"', page)
    assert "There are 1 examples; 8 are the fewest." in page
    assert "Do not cushion" in page or "do not cushion" in page


async def test_a_second_person_is_asked_for(edie: Clerk, client: Client, store: Store) -> None:
    ola = await sign_in(client, store, "Ola Berg", Role.SUPERVISOR)
    address = await begin(edie, await ask(store, "hens at home?"), "missed-bin")
    await save(
        edie, address, do="try", service="524 Household waste collection", area="bins-recycling", title="Missed bin"
    )
    assert client.app is not None
    await client.app[EDITING].work()
    page = await edie.page(address)
    assert "Send to a second person" in page
    await submit(edie, f"{address}/send", [("revision", field(page, "revision")), ("accepted", "on")])
    page = await edie.page(address)
    assert "somebody else has to approve" in page
    assert (await edie.post(f"{address}/approve", {"revision": field(page, "revision")})).status == 409
    page = await ola.page(address)
    assert "Approve and publish" in page
    await submit(ola, f"{address}/approve", [("revision", field(page, "revision"))])
    await client.app[EDITING].work()
    assert "approved by Ola Berg" in await ola.page("/console/learning/published")


async def test_an_old_form_changes_nothing(edie: Clerk, store: Store) -> None:
    address = await begin(edie, await ask(store, "hens at home?"))
    old = field(await edie.page(address), "revision")
    await save(edie, address, do="save")
    for name in ("send", "drop", "back"):
        response = await edie.post(f"{address}/{name}", {"revision": old})
        assert response.status == 409
        assert "Somebody else has changed" in await response.text()
    response = await edie.post(f"{address}/save", {"revision": old, "title": "Mine", "do": "save"})
    assert response.status == 409
    assert 'value="Mine"' in await response.text()


async def test_questions_are_put_aside_and_drafts_away(edie: Clerk, store: Store) -> None:
    ids = await ask(store, "hens at home?", "snow on my road")
    away = [("miss", ids[0]), ("do", "aside")]
    assert await submit(edie, "/console/learning/drafts", away) == "/console/learning?done=aside"
    address = await begin(edie, ids[1:])
    page = await edie.page(address)
    await submit(edie, f"{address}/drop", [("revision", field(page, "revision"))])
    async with store.read() as connection:
        assert [one.id for one in await misses.waiting(connection)] == ids[1:]
    assert "was put away" in await edie.page(address)


async def test_agents_have_no_part_in_it(ana: Clerk) -> None:
    for path in ("", "/questions?m=1", "/drafts/1", "/drafts/1/progress", "/published", "/published/1"):
        assert (await ana.get(f"/console/learning{path}")).status == 403
    for path in ("/drafts", "/drafts/1/save", "/drafts/1/send", "/drafts/1/approve", "/published/1/undo"):
        assert (await ana.post(f"/console/learning{path}")).status == 403


@pytest.mark.parametrize(
    "path", ["/drafts/none", "/drafts/%00", "/published/7", "/published/x", "/drafts/none/progress"]
)
async def test_what_is_not_there_is_not_found(edie: Clerk, path: str) -> None:
    assert (await edie.get(f"/console/learning{path}")).status == 404


async def test_nothing_happens_without_the_token(edie: Clerk, store: Store) -> None:
    address = await begin(edie, await ask(store, "hens at home?"))
    for path in (f"{address}/save", f"{address}/drop", "/console/learning/drafts"):
        assert (await edie.post(path, {"csrf": "wrong"})).status == 403
