"""Two more ways into Rasa, for the gateway alone: grouping questions by meaning, and taking up another model.

``POST /webhooks/saywhy/groups`` with ``{"texts": [...]}`` answers ``{"status": "ok", "groups": [[0, 2], [1]],
"topics": [[...], ...]}``: the places of the texts, those of noise in no group, and the likeliest topics of each.
``POST /webhooks/saywhy/model`` with ``{"model": FILE}`` loads the model beside the one that serves, which goes on until
the new one is there.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from rasa.core.agent import Agent
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.brain import groups, reading
from bot.brain.groups import Read

MOST = 500  # texts
LONGEST = 1000  # characters of a text
SUFFIX = ".tar.gz"
_KEPT = 2000  # texts that are remembered with what was understood
_SHOWN = 3  # topics of a text that are told

logger = logging.getLogger(__name__)


class Editing:
    """The work behind the two routes. What was understood of a text is remembered while the model stays."""

    def __init__(self) -> None:
        """Nothing is remembered yet."""
        self._known: OrderedDict[Tuple[str, str], Read] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def group(self, agent: Agent, texts: Sequence[str]) -> Dict[str, Any]:
        """The answer's body."""
        with self._one_at_a_time:
            model = str(agent.model_id)
            missing = [text for text in dict.fromkeys(texts) if (model, text) not in self._known]
            for text, one in zip(missing, reading.read(agent, missing), strict=True):
                self._known[(model, text)] = one
            found = [self._known[(model, text)] for text in texts]
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        topics = [list(each.topics)[:_SHOWN] for each in found]
        return {"status": "ok", "groups": groups.group(found), "topics": topics}

    def load(self, agent: Agent, model: Path) -> None:
        """Load the model; turns that run meanwhile are answered by the former one.

        Raises:
            RasaException, OSError: it cannot be loaded. The former one stays.
        """
        with self._one_at_a_time:
            if agent.processor is None or Path(agent.processor.model_path) != model:
                agent.load_model(str(model))


def add_routes(routes: Blueprint, is_trusted: Callable[[Request], bool], editing: Optional[Editing] = None) -> None:
    """Add both to the channel's routes."""
    work = editing or Editing()

    def refuse(request: Request) -> Optional[HTTPResponse]:
        if not is_trusted(request):
            return response.json({"status": "unauthorised"}, 401)
        agent = getattr(request.app.ctx, "agent", None)
        if agent is None or not agent.is_ready():
            return response.json({"status": "failed", "reason": "not_ready"}, 503)
        return None

    @routes.post("/groups")
    async def group(request: Request) -> HTTPResponse:
        if refused := refuse(request):
            return refused
        texts = _texts(request.json)
        if texts is None:
            return _bad("'texts' must be a list of texts")
        loop = asyncio.get_running_loop()
        return response.json(await loop.run_in_executor(None, work.group, request.app.ctx.agent, texts))

    @routes.post("/model")
    async def model(request: Request) -> HTTPResponse:
        if refused := refuse(request):
            return refused
        path = Path(str((request.json or {}).get("model")))
        if not path.is_absolute() or not path.name.endswith(SUFFIX) or not path.is_file():
            return _bad("'model' must be the whole path of a model")
        try:
            await asyncio.get_running_loop().run_in_executor(None, work.load, request.app.ctx.agent, path)
        except (RasaException, OSError) as error:
            logger.error("The model %s cannot be used: %s.", path.name, type(error).__name__)
            return response.json({"status": "failed", "reason": "model"}, 503)
        logger.info("Serving the model %s.", path.name)
        return response.json({"status": "ok", "model": path.name})


def _texts(body: Any) -> Optional[List[str]]:
    texts = body.get("texts") if isinstance(body, dict) else None
    if not isinstance(texts, list) or len(texts) > MOST:
        return None
    return texts if all(isinstance(text, str) and 0 < len(text) <= LONGEST for text in texts) else None


def _bad(reason: str) -> HTTPResponse:
    return response.json({"status": "bad_request", "reason": reason}, 400)
