"""The other programs of ``bench.telegram``: a stand-in for Rasa, stock handlers, and a gateway without a limit.

python -m bench.telegram_parts rasa PORT
python -m bench.telegram_parts gateway
python -m bench.telegram_parts stock PORT TOKEN BASE_URL RASA_URL CONCURRENT
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import aiohttp
from aiohttp import web
from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters

THINKS = 0.02


async def turn(request: web.Request) -> web.Response:
    """Our channel."""
    body = await request.json()
    await asyncio.sleep(THINKS)
    replies = [{"text": f"You said: {body.get('text', body.get('payload'))}"}]
    return web.json_response({"status": "ok", "replies": replies, "intent": {}, "slots": {}})


async def rest(request: web.Request) -> web.Response:
    """Rasa's REST channel."""
    body = await request.json()
    await asyncio.sleep(THINKS)
    return web.json_response([{"recipient_id": body["sender"], "text": f"You said: {body['message']}"}])


async def hello(_: web.Request) -> web.Response:
    """It runs."""
    return web.Response(text="ok")


def rasa(port: int) -> None:
    """Play Rasa."""
    app = web.Application()
    app.router.add_get("/", hello)
    app.router.add_get("/webhooks/saywhy/ready", hello)
    app.router.add_post("/webhooks/saywhy/turn", turn)
    app.router.add_post("/webhooks/rest/webhook", rest)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


async def stock(port: int, token: str, base_url: str, rasa_url: str, concurrent: int) -> None:
    """Stock handlers behind a webhook, until stopped."""
    async with aiohttp.ClientSession() as http:

        async def answer(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
            assert update.effective_chat
            assert update.effective_message
            body = {"sender": str(update.effective_chat.id), "message": update.effective_message.text}
            async with http.post(f"{rasa_url}/webhooks/rest/webhook", json=body) as response:
                for reply in await response.json():
                    text = reply.get("text") or json.dumps(reply.get("custom"))  # our actions say it in 'custom'
                    await update.effective_message.reply_text(text[:4000])

        builder = Application.builder().token(token).base_url(base_url).updater(None)
        bot = builder.concurrent_updates(concurrent if concurrent > 1 else False).build()
        bot.add_handler(MessageHandler(filters.TEXT, answer))

        async def receive(request: web.Request) -> web.Response:
            await bot.update_queue.put(Update.de_json(await request.json(), bot.bot))
            return web.Response()

        app = web.Application()
        app.router.add_get("/", hello)
        app.router.add_post("/telegram", receive)
        runner = web.AppRunner(app, access_log=None)
        async with bot:
            await bot.start()
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port).start()
            await asyncio.Event().wait()


def gateway() -> int:
    """Our gateway, but it sends as fast as it can: what is left is its own time, without the wait for a place."""
    from bot.__main__ import main
    from bot.channels.telegram import pace

    pace.MOST_IN_WINDOW = 1_000_000
    return main(["gateway"])


def main(words: list[str]) -> Any:
    """Run one of them."""
    if words[0] == "gateway":
        return gateway()
    if words[0] == "rasa":
        return rasa(int(words[1]))
    return asyncio.run(stock(int(words[1]), words[2], words[3], words[4], int(words[5])))


if __name__ == "__main__":
    main(sys.argv[1:])
