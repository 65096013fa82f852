"""``python -m bot ask``: answer questions as the first message of a new conversation, for editors and for measuring.

The questions go through the same screening, understanding and knowledge as on the website. Nothing is stored.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from bot.ambient import Ambient
from bot.settings import Settings
from bot.supervise import checks
from bot.supervise.console import Console
from bot.supervise.model import ensure_model
from bot.supervise.process import Failure
from bot.supervise.programs import BRAIN_PYTHON, programs
from bot.supervise.supervisor import Stop, supervise
from bot.text import phrases
from bot.text.clean import BadText, clean
from bot.text.crisis import danger
from bot.text.personal_data import mask
from bot.turn import replies
from bot.turn.brain import BrainFailure, RasaBrain

#: Questions asked at once. Rasa answers one after the other; more than a few only wait.
_AT_ONCE = 4

#: Stands for what the gateway says once a case is stored.
HANDED_OVER = "I pass your chat to our staff."

#: Best first: what a turn is counted as, when it said several things.
_RANK = ("policy", "answer", "service", "handoff", "clarify", "non_answer", "small_talk")


def main(settings: Settings, arguments: argparse.Namespace) -> int:
    """Answer ``arguments.question`` or each line of ``arguments.file``; 1 when a question got no answer at all."""
    if (arguments.question is None) == (arguments.file is None):
        raise Failure("Give one question, or --file with a file that has one question a line.")
    if arguments.file:
        try:
            lines = Path(arguments.file).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise Failure(f"{arguments.file} cannot be read: {error}.") from error
        questions = [line.strip() for line in lines if line.strip()]
    else:
        questions = [arguments.question]
    return asyncio.run(_run(settings, questions, as_json=arguments.json))


async def _run(settings: Settings, questions: list[str], *, as_json: bool) -> int:
    failed = 0
    async with a_brain(settings) as brain:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(question: str) -> dict[str, Any]:
            async with gate:
                return await answer(brain, question)

        tasks = [asyncio.create_task(one(question)) for question in questions]
        for task in tasks:
            found = await task
            failed += found["kind"] is None
            print(json.dumps(told(found), ensure_ascii=False) if as_json else shown(found), flush=True)
            if found["kind"] is None and not await brain.ready():
                for other in tasks:
                    other.cancel()
                raise Failure("Rasa does not answer any more. Look into its log in the data folder, and try again.")
    if failed:
        print(f"{failed} of {len(questions)} questions got no answer, because Rasa failed.", file=sys.stderr)
    return 1 if failed else 0


async def answer(brain: RasaBrain, question: str) -> dict[str, Any]:
    """One question answered: question, kind, id, area, areas, confidence, text, and the titles of the buttons.

    ``kind`` is None, and ``text`` says why, when Rasa failed: a failure is never counted as an answer.
    """
    empty: dict[str, Any] = {"id": "", "area": None, "areas": [], "confidence": None}
    try:
        text = clean(question)
    except BadText as error:
        return {"question": question, "kind": "non_answer", **empty, "id": error.code, "text": str(error)}
    found = danger(text)
    numbers = {"question": question, "kind": "non_answer", **empty, "id": "crisis"}
    if found and found.plain:
        return {**numbers, "text": phrases.crisis(found.kind)}
    token = Ambient().new_id()
    suspected = {"danger": found.kind.value} if found else None
    try:
        turn = await brain.ask(f"ask:{token}", token, {"text": mask(text)[0]}, suspected)
        said = replies.read(turn.replies)
    except BrainFailure as failure:
        if found:
            return {**numbers, "text": phrases.crisis(found.kind)}
        return {"question": question, "kind": None, **empty, "text": f"no answer: {failure.reason}"}
    if not said:  # an action may say nothing on purpose
        return {"question": question, "kind": "small_talk", **empty, "text": ""}
    first = [phrases.IF_IN_DANGER] if turn.perhaps_danger and not replies.of_crisis(said) else []
    best = min(said, key=lambda reply: _RANK.index(reply.kind))
    return {
        "question": question,
        "kind": best.kind,
        "id": best.id,
        "area": best.area,
        "areas": best.areas,
        "confidence": best.confidence if best.confidence is not None else turn.intent.get("confidence"),
        "text": "\n\n".join([*first, *(reply.draft.text for reply in said if reply.draft.text)]) or HANDED_OVER,
        "buttons": [one["title"] for reply in said for one in reply.draft.body.get("buttons", ())],
    }


@asynccontextmanager
async def a_brain(settings: Settings) -> AsyncIterator[RasaBrain]:
    """The Rasa that runs with these settings, or else one of our own for as long as it is needed.

    Raises:
        Failure: there is no environment for Rasa, or it does not start.
    """
    checks.check_environment(BRAIN_PYTHON)
    checks.make_folder(settings.data_dir)
    async with aiohttp.ClientSession() as http:
        running = _client(http, settings)
        if await running.ready():
            yield running
            return
        own = replace(settings, brain_port=_free_port(), actions_port=_free_port())
        console = Console(sys.stderr)
        stop, up = Stop(console, asyncio.get_running_loop().time), asyncio.Event()
        model = await ensure_model(own, console, stop.hurry)

        async def ready() -> None:
            up.set()

        two = [program for program in programs(own, model) if program.name != "gateway"]
        logs = own.data_dir / "logs" / "ask"
        keeping = asyncio.create_task(supervise(two, stop, logs=logs, console=console, when_ready=ready))
        waiting = asyncio.create_task(up.wait())
        try:
            await asyncio.wait({keeping, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if keeping.done():
                await keeping
            yield _client(http, own)
        finally:
            waiting.cancel()
            keeping.cancel()
            await asyncio.gather(keeping, waiting, return_exceptions=True)


def _client(http: aiohttp.ClientSession, settings: Settings) -> RasaBrain:
    url = f"http://127.0.0.1:{settings.brain_port}/webhooks/saywhy"
    return RasaBrain(http, url, settings.secret("brain"), deadline=20)


def told(found: dict[str, Any]) -> dict[str, Any]:
    """What ``--json`` prints: all but the buttons, which are for the eye."""
    return {name: value for name, value in found.items() if name != "buttons"}


def shown(found: dict[str, Any]) -> str:
    """What is printed for the eye: the question, what it was understood as, the text, and the buttons in brackets."""
    confidence = f" {found['confidence']:.2f}" if found["confidence"] is not None else ""
    areas = f" ({', '.join(found['areas'])})" if found["areas"] else ""
    titles = found.get("buttons") or ()
    buttons = f"  {' '.join(f'[{title}]' for title in titles)}\n" if titles else ""
    first = f"{found['question']}\n  {found['kind'] or 'failed'} {found['id']}{confidence}{areas}\n"
    return f"{first}  {found['text']}\n{buttons}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
