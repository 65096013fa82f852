"""Departing from a decision: which rules staff may leave unapplied, on which grounds, and what then comes out.

Only what a policy's file allows: a post, a ground and evidence from its lists, and only rules that are waivable. The
decision itself is never changed; the departure is a new one, made from the same facts and rules.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.policy.ask import open_facts
from bot.policy.blocks import upper_first
from bot.policy.decide import Decision, conclude
from bot.policy.model import Words
from bot.text import plain

LEAST_REASON = 40
MOST_REASON = 600
MOST_WHERE = 200
_AGAINST = ("refuse", "refer")


class NotAllowed(PermissionError):
    """The departure is not possible. ``code`` names the cause; the message tells staff why and what would do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Grounds:
    """What a member of staff gives: ground and evidence from the policy's lists, a reason that the citizen reads, and
    where the evidence is kept, which only staff read."""

    ground: str
    reason: str
    evidence: tuple[str, ...]
    kept_at: str


def in_words(name: str) -> str:
    """A post or a kind of evidence as people read it."""
    return upper_first(name.replace("_", " "))


def waived(decision: Decision) -> tuple[str, ...]:
    """The requirements that a departure would have to leave unapplied: every one that stands against the citizen."""
    return tuple(one.requirement.id for one in decision.with_status("failed", *_AGAINST))


def without(decision: Decision, names: Collection[str]) -> Decision:
    """The decision with those failed requirements left unapplied. A member of staff decides it, so a yes is a yes."""
    results = tuple(
        replace(one, status="waived") if one.status == "failed" and one.requirement.id in names else one
        for one in decision.results
    )
    by_staff = replace(decision.version, decided_by="rules")
    outcome = conclude([(one.status, one.on_fail) for one in results], by_staff)
    return replace(decision, results=results, outcome=outcome)


def may_depart(decision: Decision, posts: Collection[str], words: Words) -> str:
    """The post by which somebody with ``posts`` may depart from the decision.

    Raises:
        NotAllowed: the policy, its rules, the facts or the posts do not allow it.
    """
    allowed, names = decision.version.discretion, waived(decision)
    if allowed is None:
        raise NotAllowed("policy", "The rules of this policy leave no room to depart from them.")
    if not names:
        raise NotAllowed("nothing", "Nothing speaks against the citizen here, so there is nothing to depart from.")
    post = next((one for one in allowed.who if one in posts), None)
    if post is None:
        who = " or ".join(in_words(one) for one in allowed.who)
        raise NotAllowed("post", f"Only this post may depart from the decision: {who}. Your account does not hold it.")
    for name in names:
        requirement = decision.version.requirement(name)
        if not requirement.waivable:
            title = words.text["requirements"][name]["name"]
            raise NotAllowed("rule", f"The rule '{title}' ({name}) cannot be left out by anybody at this desk.")
    after = without(decision, names)
    if after.outcome == "need_info":
        labels = "; ".join(str(words.text["facts"][name]["label"]) for name in open_facts(after))
        raise NotAllowed("facts", f"Without those rules these facts are still needed: {labels}. Ask the citizen first.")
    return post


def check_grounds(decision: Decision, given: Grounds, language: str) -> None:
    """See whether the ground, the reason and the evidence are what the policy's file asks for.

    Raises:
        NotAllowed: one is not. The message says which.
    """
    allowed = decision.version.discretion
    assert allowed is not None
    if given.ground not in allowed.grounds:
        raise NotAllowed("ground", "Choose one of the grounds that the policy allows.")
    if len(given.reason) < LEAST_REASON:
        raise NotAllowed(
            "reason", f"The reason is too short. Write {LEAST_REASON} letters or more: the citizen reads it."
        )
    if len(given.reason) > MOST_REASON:
        raise NotAllowed("reason", f"The reason is too long. Write at most {MOST_REASON} letters.")
    if faults := plain.lint(given.reason, language):
        raise NotAllowed("reason", f"The citizen reads the reason. Write it more plainly: {' '.join(faults)}")
    if allowed.evidence and not given.evidence:
        raise NotAllowed("evidence", "Choose the evidence that you have seen.")
    if not set(given.evidence) <= set(allowed.evidence):
        raise NotAllowed("evidence", "Choose only evidence that the policy allows.")
    if given.evidence and not 3 <= len(given.kept_at) <= MOST_WHERE:
        raise NotAllowed("evidence", f"Say where the evidence is kept: 3 to {MOST_WHERE} letters.")


def entry(
    decision: Decision, original: Mapping[str, Any], given: Grounds, post: str, staff: Mapping[str, str]
) -> dict[str, Any]:
    """What the new record says of the departure. ``original`` is the record departed from."""
    assert decision.version.discretion is not None
    names: Sequence[str] = waived(decision)
    return {
        "from": original["reference"],
        "from_sha256": original["sha256"],
        "from_day": original["today"],
        "waived": list(names),
        "power": decision.version.discretion.power,
        "post": post,
        "staff": dict(staff),
        "ground": given.ground,
        "reason": given.reason,
        "evidence": list(given.evidence),
        "kept_at": given.kept_at,
    }
