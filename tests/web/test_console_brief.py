"""The brief of a decision: what staff see of it, what is masked, and departing from it in the console."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import update

from bot.desk import claims, handoff, veil
from bot.policy.ask import question
from bot.store import Store, applications, conversations, decisions, links, messages, openings, staff
from bot.store.cases import Case
from bot.store.conversations import Conversation
from bot.store.decisions import Decision
from bot.store.messages import Draft, Sender
from bot.store.tables import cases as table
from bot.turn.context import Services
from bot.web.console import matters
from tests.fakes import StillAmbient
from tests.web.clerk import Clerk, said
from tests.web.decided import BINS, PERMIT, decided_case
from tests.web.test_console_actions import HTMX, JSON
from tests.web.test_console_history import joined_chat
from tests.web.test_console_pages import text_of

FORM = {
    "ground": "medical_need",
    "reason": "Your letter shows that you need this van for your wheelchair every day.",
    "evidence": "letter",
    "kept_at": "Parking file 2026/118",
}


async def give_post(store: Store, clerk: Clerk, *posts: str) -> None:
    async with store.write() as tx:
        await staff.set_posts(tx, clerk.account.id, posts)


async def page_of(clerk: Clerk, case: Case) -> str:
    return await clerk.page(f"/console/cases/{case.id}")


async def records(store: Store) -> list[Decision]:
    async with store.read() as connection:
        return [row async for row in decisions.chain(connection)]


async def test_the_brief_says_what_was_decided_from_what_and_why(services: Services, ana: Clerk) -> None:
    case, row = await decided_case(services)
    assert row
    text = text_of(await page_of(ana, case))
    for words in (
        "Resident parking permit: No",
        "We cannot give you a resident parking permit for this vehicle.",
        f"{row.reference}, 23 November 2026, version 2026.1 of the rules.",
        "Height : The vehicle is 2.4 m high. The limit is 2.25 m.",
        "The height of the vehicle: 2.4 m from the citizen at 10:00, message 10",
        "Whether your home is in a parking zone: Yes from the citizen at 10:00, message 2",
        "What would change it",
        "If you ask for a vehicle that is no higher than 2.25 m, the answer would be yes",
        "Every rule, and how it came out",
        "Home in a zone (RP-1): Met. must in_zone",
        "Height (RP-5): Not met. must vehicle_height <= max_height",
        "Our review team",
    ):
        assert words in text, words
    assert "Masked" not in text
    assert "open-facts" not in text


async def test_health_facts_are_masked_until_whoever_has_the_case_opens_them(
    services: Services, store: Store, ana: Clerk, ben: Clerk
) -> None:
    case, _row = await decided_case(services, "assisted-bins", BINS)
    waiting = await page_of(ana, case)
    assert "Whoever has claimed the case can open them." in waiting
    assert "Open the masked facts" not in waiting
    await ana.claim(case)
    page = await page_of(ana, case)
    text = text_of(page)
    assert text.count(": Masked from the citizen") == 2
    assert "How far the bins are" in text or "distance" in text
    [special] = await records(store)
    hidden = json.loads(special.record)
    words = services.policies.policy("assisted-bins").words["en"].text
    for name in ("cannot_move", "able_adult"):
        assert words["facts"][name]["if_true"].rstrip(".").casefold() not in text.casefold()
    for trace in hidden["trace"]:
        if set(trace["reads"]) & {"cannot_move", "able_adult"}:
            assert f"({trace['requirement']}): Masked." in text
    assert text.count("Citizen 10:00 Masked") == 2
    assert text.count("Citizen 10:00 I say") == 3
    async with store.read() as connection:
        assert await openings.of_case(connection, case.id) == []
    assert (await ana.post(f"/console/cases/{case.id}/open-facts")).status == 303
    text = text_of(await page_of(ana, case))
    assert "Masked from" not in text
    assert text.count("Citizen 10:00 I say") == 5
    assert "Masked facts were opened by: Ana Reid at 10:00." in text
    async with store.read() as connection:
        [opened] = await openings.of_case(connection, case.id)
    assert (opened.staff_id, sorted(opened.facts)) == (ana.account.id, ["able_adult", "cannot_move"])
    other = text_of(await page_of(ben, case))
    assert other.count(": Masked from the citizen") == 2
    assert "opened by: Ana Reid" in other


async def test_the_queue_masks_what_the_page_masks(services: Services, store: Store, ana: Clerk, ben: Clerk) -> None:
    case, _row = await decided_case(services, "assisted-bins", BINS)
    own = services.policies.policy("assisted-bins").words["en"].text["facts"]["cannot_move"]
    async with store.write() as tx:
        conversation = await conversations.lock(tx, case.conversation_id)
        await messages.append(tx, conversation, Sender.STAFF, Draft(str(own["question"]), name="Ana"))
        await messages.append(tx, conversation, Sender.CITIZEN, Draft("My hip is broken"))
        brief = {**case.brief, "asked": ["My hip is broken"]}
        await tx.connection.execute(update(table).where(table.c.id == case.id).values(brief=brief))
    waiting = text_of(await ben.page("/console"))
    assert "hip" not in waiting
    assert "Masked" in waiting
    await ana.claim(case)
    mine = text_of(await ana.page("/console"))
    assert "Reply due" in mine
    assert "hip" not in mine
    await ana.post(f"/console/cases/{case.id}/open-facts")
    assert "My hip is broken" in text_of(await ana.page("/console"))
    assert "hip" not in text_of(await ben.page("/console"))


async def test_only_whoever_has_the_case_opens_its_facts(services: Services, store: Store, ana: Clerk) -> None:
    case, _row = await decided_case(services, "assisted-bins", BINS)
    response = await ana.post(f"/console/cases/{case.id}/open-facts", **JSON)
    assert response.status == 409
    assert (await response.json())["error"]["code"] == "not_claimed"
    async with store.read() as connection:
        assert await openings.of_case(connection, case.id) == []
    await ana.claim(case)
    for _ in range(2):
        assert (await ana.post(f"/console/cases/{case.id}/open-facts", **JSON)).status == 200
    async with store.read() as connection:
        assert len(await openings.of_case(connection, case.id)) == 1


async def test_a_half_filled_request_shows_its_facts_and_the_open_question(services: Services, ana: Clerk) -> None:
    facts = {name: BINS[name] for name in ("in_northmere", "cannot_move")}
    case, _ = await decided_case(services, "assisted-bins", facts, decide=False)
    text = text_of(await page_of(ana, case))
    assert "Not decided yet" in text
    assert "The open question was: " in text
    assert text.count(": Masked from the citizen at 10:00") == 1
    assert text.count("Citizen 10:00 Masked") == 1
    assert "Depart from this decision" not in text


async def test_a_half_filled_request_has_one_veil(
    services: Services, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, _ = await decided_case(services, "assisted-bins", BINS, decide=False)
    made = []
    for_application = veil.veil_for_application

    def count(told: Any, library: Any) -> veil.Veil | None:
        made.append(told)
        return for_application(told, library)

    monkeypatch.setattr(veil, "veil_for_application", count)
    async with store.read() as connection:
        said_there = await messages.of_conversation(connection, case.conversation_id)
    shown = await matters.veiled(store, case, None, services.policies, said_there)
    assert [one.text for one in shown].count("Masked") == 2
    assert len(made) == 1


async def test_a_departure_in_the_console(services: Services, store: Store, ana: Clerk) -> None:
    case, row = await decided_case(services)
    assert row
    await give_post(store, ana, "parking_team_leader")
    await ana.claim(case)
    page = await page_of(ana, case)
    assert f'name="reference" value="{row.reference}"' in page
    assert '<option value="medical_need">Medical need</option>' in page
    response = await ana.post(f"/console/cases/{case.id}/depart", {**FORM, "reference": row.reference})
    assert (response.status, response.headers["Location"]) == (303, f"/console/cases/{case.id}")
    first, second = await records(store)
    assert (first.id, second.departs_from) == (row.id, row.id)
    sender, notice = (await said(services, case))[-1]
    assert sender == "staff"
    assert notice == json.loads(second.record)["text"]
    text = text_of(await page_of(ana, case))
    assert f"Departed from: see {second.reference} . By Ana Reid, parking team leader. Medical need." in text
    assert "Evidence: Letter (Parking file 2026/118)." in text
    assert "depart-form" not in await page_of(ana, case)
    again = await ana.post(f"/console/cases/{case.id}/depart", {**FORM, "reference": row.reference}, **JSON)
    assert again.status == 409
    assert second.reference in (await again.json())["error"]["message"]


@pytest.mark.parametrize(
    ("change", "status", "code", "says"),
    [
        ({"ground": "because"}, 422, "ground", "Choose one of the grounds"),
        ({"reason": "Too short."}, 422, "reason", "too short"),
        ({"reason": "Your letter shows it! We therefore let you have it after all."}, 422, "reason", "exclamation"),
        ({"evidence": "a feeling"}, 422, "evidence", "only evidence that the policy allows"),
        ({"kept_at": ""}, 422, "evidence", "where the evidence is kept"),
        ({"reference": "N-0000-0000"}, 409, "unknown", "no such decision in this case"),
    ],
)
async def test_what_the_policy_does_not_allow_is_refused_and_what_was_typed_stays(
    services: Services, store: Store, ana: Clerk, change: dict[str, str], status: int, code: str, says: str
) -> None:
    case, row = await decided_case(services)
    assert row
    await give_post(store, ana, "parking_team_leader")
    await ana.claim(case)
    form = {**FORM, "reference": row.reference, **change}
    address = f"/console/cases/{case.id}/depart"
    response = await ana.post(address, form, **JSON)
    assert (response.status, (await response.json())["error"]["code"]) == (status, code)
    plain = await ana.post(address, form)
    page = await plain.text()
    assert plain.status == status
    assert says in text_of(page.split('id="problem"')[1].split("</div>")[0])
    assert form["reason"] in text_of(page) or form["reason"] in page
    part = await ana.post(address, form, **HTMX)
    assert "<html" not in (text := await part.text())
    assert '<hx-partial hx-target="#problem"' in text
    assert len(await records(store)) == 1


async def test_without_the_post_there_is_no_form_but_the_reason_why(
    services: Services, store: Store, ana: Clerk
) -> None:
    case, row = await decided_case(services)
    assert row
    await ana.claim(case)
    page = await page_of(ana, case)
    assert "depart-form" not in page
    assert "Only this post may depart from the decision: Parking team leader." in text_of(page)
    response = await ana.post(f"/console/cases/{case.id}/depart", {**FORM, "reference": row.reference}, **JSON)
    assert (response.status, (await response.json())["error"]["code"]) == (409, "post")
    assert len(await records(store)) == 1


async def test_a_rule_that_nobody_may_leave_out_is_named(services: Services, store: Store, ana: Clerk) -> None:
    case, _row = await decided_case(services, facts={**PERMIT, "car_free_home": True})
    await give_post(store, ana, "parking_team_leader")
    await ana.claim(case)
    assert "The rule 'Car-free homes' (RP-2) cannot be left out" in text_of(await page_of(ana, case))


async def test_only_whoever_has_the_case_departs(services: Services, store: Store, ana: Clerk, ben: Clerk) -> None:
    case, row = await decided_case(services)
    assert row
    await give_post(store, ana, "parking_team_leader")
    await give_post(store, ben, "parking_team_leader")
    await ana.claim(case)
    assert "Depart from this decision" not in await page_of(ben, case)
    response = await ben.post(f"/console/cases/{case.id}/depart", {**FORM, "reference": row.reference}, **JSON)
    assert (response.status, (await response.json())["error"]["code"]) == (409, "claimed")
    assert len(await records(store)) == 1


@pytest.mark.parametrize("policy", ["assisted-bins", "council-tax-hardship", "park-request"])
async def test_every_kind_of_policy_has_a_brief(services: Services, ana: Clerk, policy: str) -> None:
    golden: Any = services.policies.policy(policy).golden
    wanted = [test["facts"] for test in golden if test["expect"]["outcome"] in ("refuse", "refer")]
    case, row = await decided_case(services, policy, dict(wanted[0]))
    assert row
    text = text_of(await page_of(ana, case))
    assert row.reference in text
    assert "Every rule, and how it came out" in text


async def test_a_decision_that_was_proved_by_its_code_points_to_no_message_and_masks_none_of_this_chat(
    services: Services, store: Store, ana: Clerk
) -> None:
    _first, row = await decided_case(services, "assisted-bins", BINS)
    assert row
    async with store.write() as tx:
        chat = await conversations.create(tx, channel="website", token="elsewhere")
        for number in range(2 * len(BINS) + 1):  # as many as the messages that supplied the facts
            await messages.append(tx, chat, Sender.CITIZEN, Draft(f"Said here {number}"))
        record = {"record": json.loads(row.record)}
        case = await handoff.open_case(tx, chat, "review", services.council, services.zone, record)
    assert case.brief["asked"] == [f"Said here {number}" for number in range(2 * len(BINS) + 1)][-3:]
    page = await page_of(ana, case)
    text = text_of(page)
    assert text.count(": Masked from the citizen") == 2, "the facts themselves stay masked"
    assert "Citizen 10:00 Masked" not in text
    assert text.count("Citizen 10:00 Said here") == 2 * len(BINS) + 1
    assert 'href="#m-' not in page


SCHOOL: dict[str, Any] = {"extra_needs": True, "distance": "3.5"}


@pytest.mark.parametrize(("policy", "facts"), [("school-transport", SCHOOL), ("assisted-bins", BINS)])
@pytest.mark.parametrize("about_first", [False, True])
async def test_opening_a_cases_facts_opens_none_of_the_chats_other_requests(
    services: Services, store: Store, ana: Clerk, ambient: StillAmbient, policy: str, facts: dict[str, Any],
    about_first: bool,
) -> None:  # fmt: skip
    first, row = await decided_case(services, "assisted-bins", BINS)
    assert row
    told = "You cannot move the bins yourself."
    async with store.write() as tx:
        await messages.append(tx, await conversations.lock(tx, first.conversation_id), Sender.SYSTEM, Draft(told))
    await ana.claim(first)
    await claims.close(store, first.id, ana.account)
    ambient.wait(60)
    chat = await conversation_of(store, first)
    case, _none = await decided_case(services, policy, facts, decide=False, chat=chat)
    if about_first:
        await ana.claim(case)
        await claims.close(store, case.id, ana.account)
        async with store.write() as tx:
            chat = await conversations.lock(tx, first.conversation_id)
            about = {"record": json.loads(row.record)}
            case = await handoff.open_case(tx, chat, "review", services.council, services.zone, about)
    await ana.claim(case)
    special = 1 if policy == "school-transport" else 2
    then, now = "10:00", "10:01"
    text = text_of(await page_of(ana, case))
    assert [text.count(f"Citizen {at} Masked") for at in (then, now)] == [2, special]
    await ana.post(f"/console/cases/{case.id}/open-facts")
    text = text_of(await page_of(ana, case))
    assert [text.count(f"Citizen {at} Masked") for at in (then, now)] == ([0, special] if about_first else [2, 0])
    assert (told in text[text.index("Citizen 10:00") :]) is about_first


@pytest.mark.parametrize("opened", [False, True])
async def test_what_we_said_of_a_decision_that_was_proved_in_the_chat_stays_masked_beside_a_request_of_the_chat(
    services: Services, store: Store, ana: Clerk, opened: bool
) -> None:
    _first, row = await decided_case(services, "assisted-bins", BINS)
    assert row
    async with store.write() as tx:
        chat = await conversations.create(tx, channel="website", token="elsewhere")
        await messages.append(tx, chat, Sender.BOT, Draft(f"{row.reference}: the answer is no."), fence=0)
        await messages.append(tx, chat, Sender.BOT, Draft("Because:\nYou cannot move the bins yourself."), fence=0)
    case, _none = await decided_case(services, "school-transport", SCHOOL, decide=False, chat=chat)
    await ana.claim(case)
    if opened:
        await ana.post(f"/console/cases/{case.id}/open-facts")
    text = text_of(await page_of(ana, case))
    assert "Because: Masked" in text
    assert ("Citizen 10:00 Masked" in text) is not opened


async def test_a_joined_chat_tells_nothing_of_a_decision_that_was_proved_there(
    services: Services, store: Store, ana: Clerk
) -> None:
    _first, row = await decided_case(services, "assisted-bins", BINS)
    assert row
    case, _row = await decided_case(services, chat=await new_chat(store))
    other = await joined_chat(store, case)
    async with store.write() as tx:
        await messages.append(tx, other, Sender.BOT, Draft(f"{row.reference}: the answer is no."), fence=0)
        await messages.append(tx, other, Sender.BOT, Draft("Because:\nYou cannot move the bins yourself."), fence=0)
    assert "Because: Masked" in text_of(await page_of(ana, case))


@pytest.mark.parametrize("policy", ["resident-permit", "assisted-bins"])
async def test_the_answers_to_a_cancelled_request_stay_masked_though_their_values_are_forgotten(
    services: Services, store: Store, ana: Clerk, ambient: StillAmbient, policy: str
) -> None:
    chat = await new_chat(store)
    async with store.write() as tx:
        for name, words in (("cannot_move", "Yes, my hip is broken"), ("distance", "They are 5 m away")):
            asked = question(services.policies.policy("assisted-bins").words["en"], name)
            await messages.append(tx, chat, Sender.BOT, Draft(asked), fence=0)
            await messages.append(tx, chat, Sender.CITIZEN, Draft(words))
        mended = await messages.append(tx, chat, Sender.CITIZEN, Draft("I was wrong, it is my knee"))
        told = {"cannot_move": True, "distance": 5}
        await applications.keep(
            tx, chat, policy="assisted-bins", values=told, question=None, last_fact=None, misses=0,
            seq=mended.seq, at=tx.now,
        )  # fmt: skip
        await applications.cancel(tx, chat.id)
    async with store.read() as connection:
        assert await applications.all_of(connection, chat.id) == []
        [kept] = await applications.all_of(connection, chat.id, cancelled=True)
    assert kept.facts == {name: {"seq": mended.seq} for name in told}
    ambient.wait(60)
    case, _row = await decided_case(services, policy, BINS if policy == "assisted-bins" else PERMIT, chat=chat)
    await ana.claim(case)
    for _ in range(2):  # opening the case's own facts opens none of these
        page = await page_of(ana, case)
        assert not {"hip", "knee"} & set(page.split())
        assert text_of(page).count("Citizen 10:00 Masked") == 2
        assert "They are 5 m away" in page
        await ana.post(f"/console/cases/{case.id}/open-facts")
    other, _row = await decided_case(services, chat=await new_chat(store))
    async with store.write() as tx:
        joined = [await conversations.lock(tx, each.conversation_id) for each in (other, case)]
        await links.join(tx, *joined)
    page = await page_of(ana, other)
    assert not {"hip", "knee"} & set(page.split())
    assert "They are 5 m away" in page


@pytest.mark.parametrize("about_proved", [False, True])
async def test_of_two_decisions_of_one_policy_in_a_chat_only_that_of_the_case_is_opened(
    services: Services, store: Store, ana: Clerk, ambient: StillAmbient, about_proved: bool
) -> None:
    _first, elsewhere = await decided_case(services, "assisted-bins", BINS)
    made_here, here = await decided_case(services, "assisted-bins", BINS)
    assert elsewhere
    assert here
    await ana.claim(made_here)
    await claims.close(store, made_here.id, ana.account)
    ambient.wait(60)
    chat = await conversation_of(store, made_here)
    told = "You cannot move the bins yourself."
    proof = f"{elsewhere.reference} {json.loads(elsewhere.record)['receipt']}"
    async with store.write() as tx:
        chat = await conversations.lock(tx, chat.id)
        for sender, text in (
            (Sender.BOT, f"Of the one here. {told}"),
            (Sender.CITIZEN, proof),
            (Sender.BOT, f"{elsewhere.reference}: the answer is no."),
            (Sender.BOT, f"Of the one elsewhere. {told}"),
            (Sender.CITIZEN, f"And {here.reference}, why?"),
            (Sender.BOT, f"Again of the one here. {told}"),
            (Sender.CITIZEN, "And the other?"),
            (Sender.BOT, f"Again of the one elsewhere. {told}"),
            (Sender.BOT, f"{here.reference} and {elsewhere.reference}. Of both. {told}"),
        ):
            await messages.append(tx, chat, sender, Draft(text), fence=chat.epoch if sender is Sender.BOT else None)
        about = {"record": json.loads((elsewhere if about_proved else here).record)}
        case = await handoff.open_case(tx, chat, "review", services.council, services.zone, about)
    await ana.claim(case)
    assert "Of the one" not in await page_of(ana, case)
    await ana.post(f"/console/cases/{case.id}/open-facts")
    text = text_of(await page_of(ana, case))
    shown = [f"{which} {told}" in text for which in ("Of the one here.", "Again of the one here.")]
    shown += [f"{which} {told}" in text for which in ("Of the one elsewhere.", "Again of the one elsewhere.")]
    assert shown == ([False] * 2 + [True] * 2 if about_proved else [True] * 2 + [False] * 2)
    assert "Of both." not in text
    assert text.count("Citizen 10:00 Masked") == (2 if about_proved else 0)


async def _decided_and_closed(services: Services, ana: Clerk) -> tuple[Case, Decision]:
    case, row = await decided_case(services, "assisted-bins", BINS)
    assert row
    await ana.claim(case)
    await claims.close(services.store, case.id, ana.account)
    return case, row


async def test_after_a_cancelled_request_a_chat_speaks_of_its_decision_again(
    services: Services, store: Store, ana: Clerk, ambient: StillAmbient
) -> None:
    first, row = await _decided_and_closed(services, ana)
    told = "You cannot move the bins yourself."
    values = {"cannot_move": True}
    for words, open_now in (("Of the decision.", False), ("Of the request.", True), ("Of the decision again.", False)):
        ambient.wait(60)
        async with store.write() as tx:
            chat = await conversations.lock(tx, first.conversation_id)
            if open_now:
                await applications.keep(
                    tx, chat, policy="assisted-bins", values=values, question=None, last_fact=None, misses=0,
                    seq=1, at=tx.now,
                )  # fmt: skip
            else:
                await applications.cancel(tx, chat.id)
            await messages.append(tx, chat, Sender.BOT, Draft(f"{words} {told}"), fence=chat.epoch)
    async with store.write() as tx:
        about = {"record": json.loads(row.record)}
        case = await handoff.open_case(tx, chat, "review", services.council, services.zone, about)
    await ana.claim(case)
    await ana.post(f"/console/cases/{case.id}/open-facts")
    text = text_of(await page_of(ana, case))
    assert f"Of the decision. {told}" in text
    assert f"Of the decision again. {told}" in text
    assert "Of the request." not in text


async def test_the_message_that_began_another_request_of_one_policy_stays_masked(
    services: Services, store: Store, ana: Clerk, ambient: StillAmbient
) -> None:
    first, row = await _decided_and_closed(services, ana)
    async with store.write() as tx:
        chat = await conversations.lock(tx, first.conversation_id)
        began = await messages.append(tx, chat, Sender.CITIZEN, Draft("My mum cannot move hers, her hip is broken"))
    ambient.wait(1)
    async with store.write() as tx:
        await applications.keep(
            tx, chat, policy="assisted-bins", values={"cannot_move": True}, question=None, last_fact=None, misses=0,
            seq=began.seq, at=began.created_at,
        )  # fmt: skip
        await applications.cancel(tx, chat.id)
        about = {"record": json.loads(row.record)}
        case = await handoff.open_case(tx, chat, "review", services.council, services.zone, about)
    await ana.claim(case)
    for _ in range(2):  # opening the decision's facts opens none of that request
        assert "hip" not in await page_of(ana, case)
        await ana.post(f"/console/cases/{case.id}/open-facts")


async def test_what_supplied_a_fact_stays_masked_though_the_citizen_changed_it_before_the_case(
    services: Services, store: Store, ana: Clerk
) -> None:
    chat = await new_chat(store)
    kept: dict[str, Any] = {"policy": "assisted-bins", "question": "distance", "last_fact": None, "misses": 0}
    async with store.write() as tx:
        for number, words in enumerate(
            ("I cannot move the bins, my hip is broken", "I can", "No, my knee is not well")
        ):
            told = await messages.append(tx, chat, Sender.CITIZEN, Draft(words))
            values = {"cannot_move": number != 1}
            await applications.keep(tx, chat, values=values, seq=told.seq, at=tx.now, **kept)
            await applications.keep(tx, chat, values=values, seq=99, at=tx.now, **kept)  # nothing has changed
        half = await applications.open_of(tx.connection, chat.id)
        assert half
        assert half.facts["cannot_move"] | {"at": ""} == {"value": True, "seq": 3, "at": "", "before": [1, 2]}
        about = {"application": {name: getattr(half, name) for name in ("id", "policy", "facts", "question")}}
        await applications.cancel(tx, chat.id)
        case = await handoff.open_case(tx, chat, "asked", services.council, services.zone, about)
    await ana.claim(case)
    assert not {"hip", "knee"} & set((await page_of(ana, case)).split())


@pytest.mark.parametrize("end", ["open", "cancelled", "given again"])
async def test_what_supplied_a_fact_stays_masked_though_the_request_has_dropped_it(
    services: Services, store: Store, ana: Clerk, end: str
) -> None:
    chat = await new_chat(store)
    kept: dict[str, Any] = {"policy": "assisted-bins", "question": "distance", "last_fact": None, "misses": 0}
    async with store.write() as tx:
        for words, values in (
            ("I cannot move the bins, my hip is broken", {"in_northmere": True, "cannot_move": True}),
            ("I live elsewhere", {"in_northmere": False}),
        ):
            told = await messages.append(tx, chat, Sender.CITIZEN, Draft(words))
            await applications.keep(tx, chat, values=values, seq=told.seq, at=tx.now, **kept)
        half = await applications.open_of(tx.connection, chat.id)
        assert half
        assert half.values == {"in_northmere": False}
        assert half.facts["cannot_move"] == {"seq": 1}
        if end == "given again":
            again = {"in_northmere": False, "cannot_move": False}
            await applications.keep(tx, chat, values=again, seq=2, at=tx.now, **kept)
            half = await applications.open_of(tx.connection, chat.id)
            assert half
            assert half.facts["cannot_move"]["before"] == [1]
        about = {"application": {name: getattr(half, name) for name in ("id", "policy", "facts", "question")}}
        if end == "cancelled":
            await applications.cancel(tx, chat.id)
        case = await handoff.open_case(tx, chat, "asked", services.council, services.zone, about)
    await ana.claim(case)
    page = await page_of(ana, case)
    assert "hip" not in page.split()
    assert ("I live elsewhere" in page) is (end != "given again")


async def test_what_a_brief_knows_stays_masked_though_the_citizen_changed_it_since(
    services: Services, store: Store, ana: Clerk
) -> None:
    chat = await new_chat(store)
    kept: dict[str, Any] = {"policy": "assisted-bins", "question": "distance", "last_fact": None, "misses": 0}
    async with store.write() as tx:
        told = await messages.append(tx, chat, Sender.CITIZEN, Draft("I cannot move the bins, my hip is broken"))
        await applications.keep(tx, chat, values={"cannot_move": True}, seq=told.seq, at=tx.now, **kept)
        half = await applications.open_of(tx.connection, chat.id)
        assert half
        about = {"application": {name: getattr(half, name) for name in ("id", "policy", "facts", "question")}}
        case = await handoff.open_case(tx, chat, "asked", services.council, services.zone, about)
        changed = await messages.append(tx, chat, Sender.CITIZEN, Draft("I can, my knee is well again"))
        await applications.keep(tx, chat, values={"cannot_move": False}, seq=changed.seq, at=tx.now, **kept)
    await ana.claim(case)
    assert not {"hip", "knee"} & set((await page_of(ana, case)).split())


async def new_chat(store: Store) -> Conversation:
    async with store.write() as tx:
        return await conversations.create(tx, channel="website", token="elsewhere")


async def conversation_of(store: Store, case: Case) -> Conversation:
    async with store.read() as connection:
        found = await conversations.get(connection, case.conversation_id)
    assert found
    return found
