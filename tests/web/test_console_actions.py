from __future__ import annotations

import asyncio

import pytest

from bot.store import Store, cases
from bot.store.cases import Case
from bot.turn.context import Services
from tests.web.clerk import Clerk, Client, citizen_says, field, mode, open_case, said, sign_in

JSON = {"Accept": "application/json"}
HTMX = {"HX_Request": "true"}


async def current(services: Services, case: Case) -> Case:
    async with services.store.read() as connection:
        found = await cases.get(connection, case.id)
    assert found is not None
    return found


async def replies(services: Services, case: Case) -> list[str]:
    return [text for sender, text in await said(services, case) if sender == "staff"]


async def test_of_fifty_claims_at_once_one_wins_and_the_others_are_told_who(
    client: Client, store: Store, services: Services, case: Case
) -> None:
    clerks = [await sign_in(client, store, f"Clerk {n:02}") for n in range(50)]
    answers = await asyncio.gather(*(clerk.post(f"/console/cases/{case.id}/claim", **JSON) for clerk in clerks))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 49
    owner = (await current(services, case)).owner_name
    for clerk, answer in zip(clerks, answers, strict=True):
        body = await answer.json()
        if answer.status == 200:
            assert clerk.account.name == owner == body["case"]["owner"]
            assert (body["case"]["reference"], body["case"]["state"]) == ("C-1001", "claimed")
        else:
            message = f"C-1001: Claimed by {owner}."
            assert body == {"error": {"code": "claimed", "message": message, "owner": owner}}
    joined = [text for sender, text in await said(services, case) if "has joined" in text]
    assert len(joined) == 1


async def test_a_claim_without_a_script_leads_to_the_case(services: Services, ana: Clerk, case: Case) -> None:
    response = await ana.post(f"/console/cases/{case.id}/claim", {"from": "queue"})
    assert (response.status, response.headers["Location"]) == (303, f"/console/cases/{case.id}")
    assert await mode(services, case) == "human"


async def test_a_late_claim_without_a_script_gets_a_page_that_says_who_has_it(
    ana: Clerk, ben: Clerk, case: Case
) -> None:
    await ben.claim(case)
    response = await ana.post(f"/console/cases/{case.id}/claim")
    page = await response.text()
    assert response.status == 409
    assert "<html" in page
    assert '<div id="problem" class="problem" role="alert"><p>C-1001: Claimed by Ben Okoye.</p></div>' in page


async def test_a_claim_again_by_the_owner_changes_nothing(services: Services, ana: Clerk, case: Case) -> None:
    await ana.claim(case)
    before = await said(services, case)
    await ana.claim(case)
    assert await said(services, case) == before


async def test_with_htmx_a_claim_in_the_queue_opens_the_case_and_a_late_one_redraws_the_queue(
    ana: Clerk, ben: Clerk, case: Case
) -> None:
    address = f"/console/cases/{case.id}/claim"
    response = await ben.post(address, {"from": "queue"}, **HTMX)
    assert (response.status, response.headers["HX-Redirect"]) == (200, f"/console/cases/{case.id}")
    response = await ana.post(address, {"from": "queue"}, **HTMX)
    part = await response.text()
    assert response.status == 409
    assert "<html" not in part
    assert 'id="live" class="desk"' in part
    assert '<hx-partial hx-target="#problem" hx-swap="innerHTML"><p>C-1001: Claimed by Ben Okoye.</p>' in part


async def test_with_htmx_a_claim_in_the_case_shows_the_reply_box_in_place(ana: Clerk, case: Case) -> None:
    response = await ana.post(f"/console/cases/{case.id}/claim", {"from": "case"}, **HTMX)
    part = await response.text()
    assert response.status == 200
    assert "<html" not in part
    assert "<textarea" in part
    assert part.startswith("<title>(Reply due) C-1001 – Northmere staff</title>")
    assert '<hx-partial hx-target="#problem" hx-swap="innerHTML"></hx-partial>' in part


async def test_a_reply_reaches_the_citizen(services: Services, ana: Clerk, case: Case) -> None:
    await ana.claim(case)
    response = await ana.post(f"/console/cases/{case.id}/reply", {"text": "  Hello.\r\nWhich street?  "})
    assert (response.status, response.headers["Location"]) == (303, f"/console/cases/{case.id}")
    assert (await said(services, case))[-1] == ("staff", "Hello.\nWhich street?")


async def test_a_reply_as_json(ana: Clerk, case: Case) -> None:
    await ana.claim(case)
    response = await ana.post(f"/console/cases/{case.id}/reply", {"text": "Hello."}, **JSON)
    message = (await response.json())["message"]
    assert (message["sender"], message["name"], message["text"]) == ("staff", "Ana", "Hello.")
    assert ana.account.id not in str(message)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Your reply is empty."),
        (" \n\t ", "Your reply is empty."),
        ("x" * 2001, "2,001"),
        ("a\x00b", "U+0000"),
        ("a\u202eb", "U+202E"),
    ],
)
async def test_a_reply_that_cannot_be_sent_is_shown_again(
    services: Services, ana: Clerk, case: Case, text: str, says: str
) -> None:
    await ana.claim(case)
    address = f"/console/cases/{case.id}/reply"
    response = await ana.post(address, {"text": text})
    page = await response.text()
    assert response.status == 422
    assert says in page
    assert text.strip() in page.partition("<textarea")[2]
    response = await ana.post(address, {"text": text}, **HTMX)
    part = await response.text()
    assert response.status == 422
    assert says in part
    assert "hx-morph-skip></textarea>" in part  # what is typed stays in the browser
    assert not await replies(services, case)


async def test_two_thousand_characters_can_be_sent(services: Services, ana: Clerk, case: Case) -> None:
    await ana.claim(case)
    await ana.reply(case, "x" * 2000)
    assert await replies(services, case) == ["x" * 2000]


async def test_a_reply_that_is_sent_twice_is_stored_once(services: Services, ana: Clerk, case: Case) -> None:
    await ana.claim(case)
    address = f"/console/cases/{case.id}"
    form = {"text": "Hello.", "reply_id": field(await ana.page(address), "reply_id")}
    answers = await asyncio.gather(*(ana.post(f"{address}/reply", form) for _ in range(10)))
    assert {answer.status for answer in answers} == {303}
    assert await replies(services, case) == ["Hello."]


async def test_the_same_words_may_be_said_again_from_a_new_page(services: Services, ana: Clerk, case: Case) -> None:
    await ana.claim(case)
    address = f"/console/cases/{case.id}"
    for _ in range(2):
        await ana.post(f"{address}/reply", {"text": "OK.", "reply_id": field(await ana.page(address), "reply_id")})
    assert await replies(services, case) == ["OK.", "OK."]


async def test_drawing_the_page_again_does_not_make_a_second_send_a_new_reply(
    services: Services, ana: Clerk, case: Case
) -> None:
    await ana.claim(case)
    first = field(await ana.page(f"/console/cases/{case.id}"), "reply_id")
    await citizen_says(services, case, "Anyone there?")
    assert field(await ana.page(f"/console/cases/{case.id}"), "reply_id") == first


async def test_another_text_from_an_old_page_is_kept_and_not_sent(services: Services, ana: Clerk, case: Case) -> None:
    await ana.claim(case)
    address = f"/console/cases/{case.id}"
    form = {"text": "First.", "reply_id": field(await ana.page(address), "reply_id")}
    await ana.post(f"{address}/reply", form)
    response = await ana.post(f"{address}/reply", {**form, "text": "Second."})
    page = await response.text()
    assert response.status == 409
    assert "Another reply was sent" in page
    assert ">Second.</textarea>" in page
    again = {"text": "Second.", "reply_id": field(page, "reply_id")}
    assert (await ana.post(f"{address}/reply", again)).status == 303
    assert await replies(services, case) == ["First.", "Second."]


async def test_only_the_owner_can_reply_hand_back_or_close(
    services: Services, ana: Clerk, ben: Clerk, case: Case
) -> None:
    await ben.claim(case)
    before = await said(services, case)
    for action in ("reply", "hand-back", "close"):
        response = await ana.post(f"/console/cases/{case.id}/{action}", {"text": "Hello."}, **JSON)
        assert response.status == 409
        assert (await response.json())["error"]["owner"] == "Ben Okoye"
    response = await ana.post(f"/console/cases/{case.id}/reply", {"text": "Hello."})
    assert response.status == 409
    assert "Claimed by Ben Okoye" in await response.text()
    assert await said(services, case) == before
    assert await mode(services, case) == "human"


async def test_nobody_can_reply_to_a_case_that_waits(services: Services, ana: Clerk, case: Case) -> None:
    response = await ana.post(f"/console/cases/{case.id}/reply", {"text": "Hello."}, **JSON)
    assert response.status == 409
    assert (await response.json())["error"]["code"] == "not_claimed"
    assert not await replies(services, case)


@pytest.mark.parametrize(("action", "tells"), [("hand-back", "handed you back"), ("close", "has closed this chat")])
async def test_handing_back_and_closing_give_the_citizen_back_to_the_assistant(
    services: Services, ana: Clerk, case: Case, action: str, tells: str
) -> None:
    await ana.claim(case)
    response = await ana.post(f"/console/cases/{case.id}/{action}")
    assert (response.status, response.headers["Location"]) == (303, f"/console?done={action}&case=1001")
    assert await mode(services, case) == "bot"
    sender, text = (await said(services, case))[-1]
    assert sender == "system"
    assert tells in text
    assert "C-1001 is" in await ana.page(response.headers["Location"])
    response = await ana.post(f"/console/cases/{case.id}/reply", {"text": "Wait."}, **JSON)
    assert response.status == 409
    assert (await response.json())["error"]["code"] == "closed"
    response = await ana.post(f"/console/cases/{case.id}/claim", **JSON)
    assert response.status == 409
    assert (await response.json())["error"]["code"] == "closed"


async def test_with_htmx_the_end_of_a_case_leads_to_the_queue(ana: Clerk, case: Case) -> None:
    await ana.claim(case)
    response = await ana.post(f"/console/cases/{case.id}/close", **HTMX)
    assert response.headers["HX-Redirect"] == "/console?done=close&case=1001"


async def test_a_citizen_who_left_meanwhile(client: Client, services: Services, ana: Clerk, case: Case) -> None:
    await ana.claim(case)
    address = f"/v1/conversations/{case.conversation_id}"
    assert (await client.delete(address, headers={"Authorization": "Bearer secret"})).status == 204
    response = await ana.post(f"/console/cases/{case.id}/reply", {"text": "Are you there?"})
    page = await response.text()
    assert response.status == 409
    assert "The citizen ended the chat" in page


async def test_two_cases_of_two_clerks_do_not_touch_each_other(services: Services, ana: Clerk, ben: Clerk) -> None:
    first, second = await open_case(services, "One"), await open_case(services, "Two")
    await ana.claim(first)
    await ben.claim(second)
    await asyncio.gather(
        *(ana.reply(first, f"a{n}") for n in range(10)), *(ben.reply(second, f"b{n}") for n in range(10))
    )
    assert sorted(await replies(services, first)) == sorted(f"a{n}" for n in range(10))
    assert sorted(await replies(services, second)) == sorted(f"b{n}" for n in range(10))


@pytest.mark.parametrize("action", ["claim", "reply", "hand-back", "close"])
async def test_an_unknown_case(ana: Clerk, action: str) -> None:
    response = await ana.post(f"/console/cases/none/{action}", {"text": "Hello."}, **JSON)
    assert response.status == 404
    assert (await response.json())["error"]["message"] == "There is no such case."
    assert (await ana.post(f"/console/cases/%00/{action}", {"text": "Hello."}, **JSON)).status == 404


@pytest.mark.parametrize("data", [{"text": "Hello.", "reply_id": "x" * 41}])
async def test_a_form_that_is_none_of_ours(ana: Clerk, case: Case, data: dict[str, str]) -> None:
    await ana.claim(case)
    response = await ana.post(f"/console/cases/{case.id}/reply", data, **JSON)
    assert response.status == 400
