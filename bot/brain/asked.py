"""What the gateway asks of Rasa: read, checked and made harmless."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Collection, Dict, List, Optional

from rasa.shared.core.constants import DEFAULT_INTENTS

MAX_TEXT = 4000  # characters
MAX_ID = 200  # characters

_NAME = re.compile(rf"^[!-~]{{1,{MAX_ID}}}\Z")
_LEADING = re.compile(r"^[\s/]+")
_PAYLOAD = re.compile(r"^/(?P<intent>[A-Za-z0-9_]+)(?P<key>/[A-Za-z0-9_-]+)?(?P<entities>\{.*\})?$", re.DOTALL)


class BadRequest(ValueError):
    """The request cannot be used. The message is the reason, for the gateway's log."""


@dataclass(frozen=True)
class TurnRequest:
    """One turn to run. ``parse_data`` is there for a command only; a text is for the model to understand."""

    conversation: str
    message_id: str
    text: str
    parse_data: Optional[Dict[str, Any]]
    metadata: Optional[Dict[str, Any]]


def read_request(body: bytes, intents: Collection[str]) -> TurnRequest:
    """Read the body of ``POST /turn``; ``intents`` are those of the domain.

    Raises:
        BadRequest: the body is not as agreed.
    """
    data = _json(body)
    if not isinstance(data, dict):
        raise BadRequest("The body is not a JSON object.")
    if unknown := data.keys() - {"conversation", "message_id", "text", "payload", "metadata"}:
        raise BadRequest(f"Not a field: {', '.join(sorted(unknown))}.")
    if ("text" in data) == ("payload" in data):
        raise BadRequest("Give exactly one of text and payload.")
    metadata = data.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise BadRequest("metadata is not an object.")
    conversation, message_id = _name(data, "conversation"), _name(data, "message_id")
    if "text" in data:
        return TurnRequest(conversation, message_id, _plain_text(data["text"]), None, metadata)
    payload = data["payload"]
    return TurnRequest(conversation, message_id, payload, command(payload, intents), metadata)


def read_conversation(body: bytes) -> str:
    """Read the body of ``POST /forget``: the name of a conversation.

    Raises:
        BadRequest: the body is not as agreed.
    """
    data = _json(body)
    if not isinstance(data, dict) or data.keys() != {"conversation"}:
        raise BadRequest("Give the conversation and nothing else.")
    return _name(data, "conversation")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None


def _name(data: Dict[str, Any], field: str) -> str:
    value = data.get(field)
    if not isinstance(value, str) or not _NAME.match(value):
        raise BadRequest(f"{field} is not a name of 1 to {MAX_ID} visible ASCII characters.")
    return value


def _plain_text(text: Any) -> str:
    """The text without what would make it a command: Rasa obeys any text that begins with a slash."""
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
        raise BadRequest(f"text is not a text of 1 to {MAX_TEXT} characters.")
    storable = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
    # Nothing but slashes is still a message, though one that nobody can understand.
    return _LEADING.sub("", storable) or "?"


def command(payload: Any, intents: Collection[str]) -> Dict[str, Any]:
    """The meaning of ``/intent``, ``/intent/topic`` or ``/intent{"entity": "value"}``, as the model would give it.

    Raises:
        BadRequest: it is none of these, or names an intent that cannot be asked for.
    """
    match = _PAYLOAD.match(payload) if isinstance(payload, str) and len(payload) <= MAX_TEXT else None
    if match is None:
        raise BadRequest("payload is not of the form /intent.")
    intent = match["intent"]
    # /restart and its like would wipe the tracker, and with it the memory of the turns that ran.
    if intent not in intents or intent in DEFAULT_INTENTS:
        raise BadRequest("payload names an intent that cannot be asked for.")
    understood = {"name": intent, "confidence": 1.0}
    return {
        "text": payload,
        "intent": understood,
        "intent_ranking": [understood],
        "entities": _entities(match["entities"]),
        "topics": [{"name": intent + (match["key"] or ""), "confidence": 1.0}],
    }


def _entities(text: Optional[str]) -> List[Dict[str, Any]]:
    try:
        values = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        raise BadRequest("payload has entities that are not JSON.") from None
    return [{"entity": name, "value": value, "start": 0, "end": 0} for name, value in values.items()]
