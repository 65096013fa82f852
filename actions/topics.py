"""What the understanding made of a message: topics, best first, and the areas that they fall into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from rasa_sdk import Tracker

from bot.knowledge import directory
from bot.knowledge.answers import Answer, Library
from bot.knowledge.directory import Service
from bot.policy.blocks import upper_first
from bot.policy.model import Library as Policies
from bot.policy.model import Policy
from bot.policy.read import load_or_fail

#: The written answers, shared by all actions of this process and read before the first question comes.
library = Library()
library.look()

#: The language of every text here.
LANGUAGE = "en"


@cache
def policies() -> Policies:
    """The policies, shared by all actions of this process.

    Raises:
        bot.policy.problem.PolicyError: one has an error.
    """
    return load_or_fail()


@dataclass(frozen=True)
class Topic:
    """A written answer, a policy or a service that may be the right one. ``confidence`` runs from 0 to 1."""

    name: str
    confidence: float
    title: str
    area: str | None
    answer: Answer | None = None
    policy: Policy | None = None
    service: Service | None = None


def topics(tracker: Tracker) -> list[Topic]:
    """The answers, policies and services that the message may be about, best first."""
    written, found = library.look(), []
    for topic in tracker.latest_message.get("topics") or []:
        name, confidence = str(topic["name"]), round(float(topic["confidence"]), 4)
        intent, _, key = name.partition("/")
        answer = written.get(key) if intent == "answer" else None
        policy = policies().policies.get(key) if intent == "policy" else None
        if answer:
            found.append(Topic(name, confidence, answer.title, answer.area, answer=answer))
        elif policy:
            title = f"{upper_first(str(policy.words[LANGUAGE].text['title']))}: check my case"
            found.append(Topic(name, confidence, title, area_of(policy), policy=policy))
        elif intent == "service" and key.isdecimal() and (service := directory.load().get(int(key))):
            if one := _about_service(service, tracker, written):
                found.append(Topic(f"answer/{one.id}", confidence, one.title, one.area, answer=one))
            else:
                found.append(Topic(name, confidence, service.name, service.area, service=service))
    best: dict[str, Topic] = {}
    for each in found:  # best first, so the first of a name is the one to keep
        best.setdefault(each.name, each)
    return list(best.values())


def _about_service(service: Service, tracker: Tracker, written: Mapping[str, Answer]) -> Answer | None:
    """Of the answers that are written about a service, the likeliest, or else the first. None when there are none."""
    ranked = [str(topic["name"]).partition("/")[2] for topic in tracker.latest_message.get("topics") or []]
    about_it = [one for one in written.values() if one.service_id == service.id]
    return min(
        about_it, key=lambda one: (ranked.index(one.id) if one.id in ranked else len(ranked), one.id), default=None
    )


def area_of(policy: Policy) -> str | None:
    """The area of a policy: that of its service. None when the directory does not have it."""
    service = directory.load().get(policy.latest.service[0])
    return service.area if service else None


def policy_for(answer: Answer) -> Policy | None:
    """The policy that decides requests about the thing that the answer explains: the one of the same name."""
    return policies().policies.get(answer.id)


def about(found: list[Topic]) -> dict[str, Any]:
    """What a reply tells of the understanding: the best area, the three best, the confidence."""
    areas = list(dict.fromkeys(topic.area for topic in found if topic.area))[:3]
    return {
        "area": areas[0] if areas else None,
        "areas": areas,
        "confidence": found[0].confidence if found else 0.0,
    }
