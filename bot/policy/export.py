"""Decision records for others to analyse: the same data with everything masked that tells of special-category or
personal facts, by the sensitivity that the policy's file gave each fact."""

from __future__ import annotations

import copy
from typing import Any

from bot.policy.record import Record

MASK = "masked"
_FOLLOWING = (
    "failed", "not_known", "what_would_change", "next_version", "steps", "alternatives", "corrections",
)  # fmt: skip
SENSITIVE = ("special_category", "personal")
#: What staff wrote for a departure or chose for it; the ground and the evidence tell of a person's life.
_OF_DEPARTURE = ("from_sha256", "ground", "reason", "evidence", "kept_at")


def masked(record: Record) -> Record:
    """The record as it may leave: values masked, and under ``masked`` the path of each place, in order.

    Masked are the values of sensitive facts and all that was worked out from them, wherever they stand; how each
    requirement came out that reads one, and what follows from that (what would change it, steps, alternatives,
    corrections, what was not asked; in advise mode also whether the advice is against it), since a yes or a no can be
    told from it; the receipt code and the checksums; and the text as soon as it tells something masked. Of a departure
    the ground, the evidence, what staff wrote and who they are is always masked.

    Two records that differ in one sensitive fact alone and have the same outcome come out the same.
    """
    made, paths = copy.deepcopy(record), []
    every = sensitive_in(record)

    def mask(holder: dict[str, Any], key: str, path: str) -> None:
        holder[key] = MASK
        paths.append(path)

    for group in ("facts", "derived"):
        for one in made[group]:
            if one["id"] in every:
                mask(one, "value", f"{group}.{one['id']}.value")
    for one in made["trace"]:
        if every & one["reads"].keys():
            for name in sorted(every & one["reads"].keys()):
                mask(one["reads"], name, f"trace.{one['requirement']}.reads.{name}")
            for key in ("status", "truth"):
                mask(one, key, f"trace.{one['requirement']}.{key}")
    if every:
        for one in made["values"]:  # a table may have been read by a sensitive fact; the record does not say by which
            mask(one, "value", f"values.{one['id']}.value")
        for key in _FOLLOWING:  # also when empty: that would tell as much
            mask(made, key, key)
        if made["mode"] == "advise":  # elsewhere the outcome itself says so
            mask(made, "against", "against")
            mask(made, "reviews", "reviews")
        if made["selected"]["basis"] in every:
            mask(made["selected"], "on", "selected.on")
    for key in ("sha256", "previous"):  # who knows the rest of a record could find a yes or no by its checksum
        mask(made, key, key)
    if "receipt" in made:
        mask(made, "receipt", "receipt")
    if departure := made.get("departure"):
        for key in _OF_DEPARTURE:
            mask(departure, key, f"departure.{key}")
        for key in ("id", "name"):
            mask(departure["staff"], key, f"departure.staff.{key}")
        if every:
            mask(departure, "waived", "departure.waived")
    if every or "departure" in made:
        mask(made, "text", "text")
    elif code := record.get("receipt"):
        made["text"] = made["text"].replace(code, MASK)
    return {**made, "masked": sorted(set(paths))}


def sensitive_in(record: Record) -> set[str]:
    """The sensitive facts and all that were worked out from them."""
    found = {one["id"] for one in record["facts"] if one["sensitive"] in SENSITIVE}
    for one in record["derived"]:
        if found & set(one["of"]):
            found.add(one["id"])
    return found
