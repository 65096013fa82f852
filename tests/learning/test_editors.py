"""The rules of publishing: what must be right, who must look, and that nothing is half done."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.ambient import Ambient
from bot.learning import change, editors, trial
from bot.learning.editors import Refused
from bot.learning.worker import Worker
from bot.store import Store, conversations, drafts, erasing, misses, publications
from bot.store.drafts import Draft, Outdated
from bot.store.publications import Publication
from bot.store.staff import Account
from bot.supervise.model import served
from bot.turn.brain import BrainFailure
from bot.turn.context import Services
from tests.fakes import FakeBrain
from tests.learning.conftest import EXAMPLES, account
from tests.learning.test_answer_file import GOOD

HENS = {**GOOD, "title": "Keep hens at home"}
WORDINGS = ["can i keep hens", "hens rules", "chickens allowed", "a cockerel", "poultry", "eggs", "coop", "bantams"]


async def add_miss(store: Store, question: str) -> str:
    async with store.write() as tx:
        conversation = await conversations.create(tx, channel="website", token="secret")
        await misses.add(tx, conversation.id, 1, question=question, kind="unknown")
        return (await misses.waiting(tx.connection))[0].id


async def write(services: Services, who: Account, *, answer: str = "", **fields: str) -> Draft:
    """A draft with a good form, to be tried."""
    miss = await add_miss(services.store, "can i keep hens")
    draft_id = await editors.begin(
        services.store, who, services.policies, answer=answer, chosen=[miss], today=services.today, root=services.root
    )
    draft = await editors.read(services.store, draft_id)
    typed = {**(draft.content["fields"] if answer else HENS), **fields}
    examples = [{"text": "can i keep hens", "miss": miss}, *({"text": text} for text in WORDINGS[1:])]
    wrong = await editors.save(
        services.store, who, services.policies, draft, typed, examples, try_it=True, root=services.root
    )
    assert wrong == {}
    return await editors.read(services.store, draft_id)


async def published(services: Services, worker: Worker, who: Account, **fields: str) -> Publication:
    draft = await write(services, who, **fields)
    await worker.work()
    draft = await editors.read(services.store, draft.id)
    assert await editors.send(services.store, who, draft, accepted=True, root=services.root) == "publishing"
    await worker.work()
    return await publication_of(services.store, draft.id)


async def publication_of(store: Store, draft_id: str) -> Publication:
    async with store.read() as connection:
        found = await publications.of_draft(connection, draft_id)
    assert found is not None
    return found


def files(root: Path) -> dict[str, str]:
    return {p.relative_to(root).as_posix(): p.read_text("utf-8") for p in sorted((root / "data").rglob("*.*"))}


async def test_from_a_question_to_a_published_answer_and_back(
    services: Services, worker: Worker, brain: FakeBrain, finds: trial.Result
) -> None:
    edie, before = await account(services.store, "edie"), files(services.root)
    one = await published(services, worker, edie)
    after = files(services.root)
    assert after.keys() - before.keys() == {"data/answers/keep-hens-at-home.md"}
    assert after["data/nlu/answers/parks.yml"] == EXAMPLES + (
        "\n- intent: answer/keep-hens-at-home\n  examples: |\n" + "".join(f"    - {text}\n" for text in WORDINGS)
    )
    assert served(services.settings) == (services.settings.data_dir / "models" / "next.tar.gz").resolve()
    assert brain.served == [served(services.settings)]
    assert (one.number, one.publisher, one.approver, one.before) == (1, "Edie", None, None)
    assert (one.after, one.added) == (after["data/answers/keep-hens-at-home.md"], WORDINGS)
    async with services.store.read() as connection:
        assert await misses.waiting(connection) == []

    undo = await editors.begin_undo(services.store, edie, services.policies, one, root=services.root)
    await worker.work()
    await editors.send(
        services.store, edie, await editors.read(services.store, undo), accepted=False, root=services.root
    )
    await worker.work()
    assert files(services.root) == before
    two = await publication_of(services.store, undo)
    assert (two.number, two.undoes, two.before, two.after, two.removed) == (2, 1, one.after, None, WORDINGS)
    async with services.store.read() as connection:
        again = await publications.get(connection, 1)
        assert [each.question for each in await misses.waiting(connection)] == ["can i keep hens"]
    assert again is not None
    assert again.undone_by == 2
    with pytest.raises(Refused, match="was undone"):
        await editors.begin_undo(services.store, edie, services.policies, again, root=services.root)


async def test_a_correction_can_be_undone_too(services: Services, worker: Worker, finds: trial.Result) -> None:
    edie, before = await account(services.store, "edie"), files(services.root)
    one = await published(services, worker, edie, answer="allotments", title="Rent a plot")
    assert "title: Rent a plot\n" in files(services.root)["data/answers/allotments.md"]
    undo = await editors.begin_undo(services.store, edie, services.policies, one, root=services.root)
    assert await editors.begin_undo(services.store, edie, services.policies, one, root=services.root) == undo
    await worker.work()
    await editors.send(
        services.store, edie, await editors.read(services.store, undo), accepted=True, root=services.root
    )
    await worker.work()
    assert files(services.root) == before


async def test_what_became_wrong_must_be_accepted(
    services: Services, worker: Worker, finds: trial.Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    edie, store = await account(services.store, "edie"), services.store
    wrong = [{"question": "allotment sheds", "was": "answer/allotments", "now": "answer/keep-hens-at-home"}]

    async def run(*_: object) -> trial.Result:
        return replace(finds, became_wrong=wrong)

    monkeypatch.setattr(trial, "run", run)
    draft = await write(services, edie)
    with pytest.raises(Refused, match="Try the draft first"):
        await editors.send(store, edie, draft, accepted=True, root=services.root)
    await worker.work()
    draft = await editors.read(store, draft.id)
    with pytest.raises(Refused, match="became wrong"):
        await editors.send(store, edie, draft, accepted=False, root=services.root)
    assert await editors.send(store, edie, draft, accepted=True, root=services.root) == "publishing"
    await worker.work()
    assert (await publication_of(store, draft.id)).figures["became_wrong"] == wrong


async def test_a_second_person_approves_what_rules_hang_on(
    services: Services, worker: Worker, finds: trial.Result
) -> None:
    store = services.store
    edie, ola, root = await account(store, "edie"), await account(store, "ola"), services.root
    before = files(root)
    draft = await write(services, edie, answer="missed-bin", title="My bin was missed")
    assert draft.bears_policy
    await worker.work()
    draft = await editors.read(store, draft.id)
    assert await editors.send(store, edie, draft, accepted=True, root=root) == "waiting"
    await worker.work()
    assert files(root) == before
    draft = await editors.read(store, draft.id)
    with pytest.raises(Refused, match="Somebody else"):
        await editors.approve(store, edie, draft, root=root)
    assert await editors.approve(store, ola, draft, root=root) == "publishing"
    await worker.work()
    one = await publication_of(store, draft.id)
    assert (one.publisher, one.approver) == ("Edie", "Ola")
    undo = await editors.read(store, await editors.begin_undo(store, ola, services.policies, one, root=root))
    assert undo.bears_policy


async def test_who_wrote_at_a_draft_is_no_second_person(
    services: Services, worker: Worker, finds: trial.Result
) -> None:
    store = services.store
    edie, ola, root = await account(store, "edie"), await account(store, "ola"), services.root
    draft = await write(services, edie, answer="missed-bin")
    form = draft.content["fields"]
    await editors.save(store, ola, services.policies, draft, form, draft.content["add"], try_it=True, root=root)
    await worker.work()
    draft = await editors.read(store, draft.id)
    await editors.send(store, edie, draft, accepted=True, root=root)
    draft = await editors.read(store, draft.id)
    for one in (edie, ola):
        with pytest.raises(Refused, match="Somebody else"):
            await editors.approve(store, one, draft, root=root)


async def test_a_service_that_rules_are_about_makes_a_new_answer_bear_them(services: Services) -> None:
    edie = await account(services.store, "edie")
    assert (await write(services, edie, service="524 Household waste collection")).bears_policy
    assert not (await write(services, edie, title="Hens again")).bears_policy


async def test_a_change_after_the_trial_needs_another_trial(
    services: Services, worker: Worker, finds: trial.Result
) -> None:
    edie, store, root = await account(services.store, "edie"), services.store, services.root
    draft = await write(services, edie)
    await worker.work()
    (root / "data" / "nlu" / "answers" / "parks.yml").write_text(EXAMPLES + "    - mowing\n", encoding="utf-8")
    with pytest.raises(Refused, match="Something else was published"):
        await editors.send(store, edie, await editors.read(store, draft.id), accepted=True, root=root)


async def test_a_file_that_was_edited_by_hand_is_not_overwritten(
    services: Services, worker: Worker, finds: trial.Result
) -> None:
    edie, store, root = await account(services.store, "edie"), services.store, services.root
    draft = await write(services, edie, answer="allotments")
    path = root / "data" / "answers" / "allotments.md"
    path.write_text(path.read_text("utf-8") + "\nBy hand.\n", encoding="utf-8")
    before = files(root)
    await worker.work()
    found = (await editors.read(store, draft.id)).trial
    assert found is not None
    assert "was changed meanwhile" in found["problems"][0]
    assert files(root) == before


async def test_of_two_editors_the_slower_one_is_told(services: Services) -> None:
    edie, ola = await account(services.store, "edie"), await account(services.store, "ola")
    draft = await write(services, edie)
    form: dict[str, Any] = draft.content["fields"]
    await editors.save(services.store, ola, services.policies, draft, form, [], try_it=False, root=services.root)
    with pytest.raises(Outdated):
        await editors.save(services.store, edie, services.policies, draft, form, [], try_it=False, root=services.root)


@pytest.mark.parametrize("done", [0, 1, 2, 3])
async def test_a_publication_that_was_cut_off_is_finished_at_the_next_start(
    services: Services, worker: Worker, brain: FakeBrain, finds: trial.Result, done: int
) -> None:
    """As after a kill when ``done`` of its steps were made: one file, both files, the model."""
    edie, store, root = await account(services.store, "edie"), services.store, services.root
    draft = await write(services, edie)
    await worker.work()
    await editors.send(store, edie, await editors.read(store, draft.id), accepted=True, root=root)
    plan = (await editors.read(store, draft.id)).plan
    assert plan is not None
    changes = change.from_json(plan["files"])
    assert len(changes) == 2
    change.write(root, changes[: min(done, 2)])
    if done == 3:
        await worker._serve(services.settings.data_dir / "models" / plan["model"])
    second = Worker(store, services.settings, brain, root)
    await second.start()
    for _ in range(4500):
        if (await editors.read(store, draft.id)).state == "published":
            break
        await asyncio.sleep(0.02)
    await second.stop()
    assert (root / "data" / "answers" / "keep-hens-at-home.md").exists()
    assert "answer/keep-hens-at-home" in files(root)["data/nlu/answers/parks.yml"]
    assert (await publication_of(store, draft.id)).number == 1


async def test_a_cut_off_publication_over_a_file_edited_by_hand_is_taken_back(
    services: Services, worker: Worker, finds: trial.Result
) -> None:
    edie, store, root = await account(services.store, "edie"), services.store, services.root
    draft = await write(services, edie)
    await worker.work()
    await editors.send(store, edie, await editors.read(store, draft.id), accepted=True, root=root)
    examples = root / "data" / "nlu" / "answers" / "parks.yml"
    examples.write_text(EXAMPLES + "    - by hand\n", encoding="utf-8")
    before = files(root)
    await worker.work()
    assert files(root) == before
    draft = await editors.read(store, draft.id)
    assert draft.state == "tried"
    assert draft.trial is not None
    assert "was changed meanwhile" in draft.trial["problems"][0]


async def test_a_model_that_cannot_be_used_changes_nothing(
    services: Services, worker: Worker, brain: FakeBrain, finds: trial.Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    edie, store, before = await account(services.store, "edie"), services.store, files(services.root)
    draft = await write(services, edie)
    await worker.work()
    await editors.send(store, edie, await editors.read(store, draft.id), accepted=True, root=services.root)

    async def refuse(_: Path) -> bool:
        raise BrainFailure("model")

    monkeypatch.setattr(brain, "serve", refuse)
    await worker.work()
    assert files(services.root) == before
    assert served(services.settings) == (services.settings.data_dir / "models" / "former.tar.gz").resolve()
    assert (await editors.read(store, draft.id)).state == "tried"
    async with store.read() as connection:
        assert await publications.everything(connection) == []


async def test_what_a_citizen_deletes_is_gone_here_too(services: Services) -> None:
    await add_miss(services.store, "can i keep hens")
    async with services.store.write() as tx:
        [one] = await misses.waiting(tx.connection)
        await erasing.erase(tx, one.conversation_id)
        assert await misses.waiting(tx.connection) == []


async def test_only_one_gateway_works_at_drafts(services: Services, brain: FakeBrain, finds: trial.Result) -> None:
    edie = await account(services.store, "edie")
    first, second = (Worker(services.store, services.settings, brain, services.root) for _ in range(2))
    assert await first._take_lease()
    draft = await write(services, edie)
    await second.work()
    assert (await editors.read(services.store, draft.id)).state == "trying"
    await first.work()
    assert (await editors.read(services.store, draft.id)).state == "tried"
    assert isinstance(services.store.ambient, Ambient)
    assert (await drafts_in(services.store, "tried")) == [draft.id]


async def drafts_in(store: Store, state: str) -> list[str]:
    async with store.read() as connection:
        return [one.id for one in await drafts.in_states(connection, state)]
