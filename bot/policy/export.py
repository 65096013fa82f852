"""Decision records for others to analyse: the same data with everything masked that tells of special-category or
personal facts, by the sensitivity that the policy's file gave each fact."""

from __future__ import annotations

import copy
from typing import Any

from bot.policy.record import Record

MASK = "masked"
_FOLLOWING = ("failed", "what_would_change", "next_version", "steps", "alternatives", "corrections")
_SENSITIVE = ("special_category", "personal")


def masked(record: Record) -> Record:
    """The record as it may leave: values masked, and under ``masked`` the path of each place, in order.

    Masked are the values of sensitive facts and all that was worked out from them, wherever they stand; with a
    special-category fact also how each requirement came out that reads one, and what follows from that (what would
    change it, steps, alternatives, corrections), since that would tell the fact; the receipt code and the checksums;
    and the text as soon as it tells something masked. What staff wrote for a departure is always masked.
    """
    made, paths = copy.deepcopy(record), []
    hidden = {level: _reached(record, level) for level in _SENSITIVE}
    every, special = hidden["special_category"] | hidden["personal"], hidden["special_category"]

    def mask(holder: dict[str, Any], key: str, path: str) -> None:
        holder[key] = MASK
        paths.append(path)

    for group in ("facts", "derived"):
        for one in made[group]:
            if one["id"] in every:
                mask(one, "value", f"{group}.{one['id']}.value")
    for one in made["trace"]:
        for name in one["reads"]:
            if name in every:
                mask(one["reads"], name, f"trace.{one['requirement']}.reads.{name}")
        if special & one["reads"].keys():
            for key in ("status", "truth"):
                mask(one, key, f"trace.{one['requirement']}.{key}")
    if every and made["values"]:  # a table may have been read by a sensitive fact; the record does not say by which
        for one in made["values"]:
            mask(one, "value", f"values.{one['id']}.value")
    for key in _FOLLOWING if special else ():  # also when empty: that would tell as much
        mask(made, key, key)
    ways = [] if special else [*made["what_would_change"], *([made["next_version"]] if made["next_version"] else [])]
    for place, way in enumerate(ways):
        for change in way["changes"]:
            if change["fact"] in every:
                for key in ("now", "value", "low", "high"):
                    mask(change, key, f"ways.{place}.{change['fact']}.{key}")
    for key in ("sha256", "previous"):  # who knows the rest of a record could find a yes or no by its checksum
        mask(made, key, key)
    if "receipt" in made:
        mask(made, "receipt", "receipt")
    if departure := made.get("departure"):
        mask(departure, "from_sha256", "departure.from_sha256")
        mask(departure, "reason", "departure.reason")
        mask(departure, "kept_at", "departure.kept_at")
        mask(departure["staff"], "name", "departure.staff.name")
        if special:
            mask(departure, "waived", "departure.waived")
    if every or "departure" in made:
        mask(made, "text", "text")
    elif code := record.get("receipt"):
        made["text"] = made["text"].replace(code, MASK)
    return {**made, "masked": sorted(set(paths))}


def _reached(record: Record, level: str) -> set[str]:
    """The facts of that sensitivity and all that were worked out from them."""
    found = {one["id"] for one in record["facts"] if one["sensitive"] == level}
    for one in record["derived"]:
        if found & set(one["of"]):
            found.add(one["id"])
    return found
