"""Validate a document against policies/policy.schema.json, with messages that a non-programmer can act on."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped,unused-ignore]

from bot.policy.yamlfile import Document

SCHEMA = Path(__file__).resolve().parent.parent.parent / "policies" / "policy.schema.json"
_TYPES = {"boolean": "true or false", "string": "text", "number": "a number", "integer": "a whole number",
          "array": "a list", "object": "a group of names and values", "null": "null"}  # fmt: skip


@cache
def _validator(part: str) -> Any:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": schema["$defs"]})


def validate(document: Document, part: str) -> bool:
    """Add a problem for each way in which the document breaks ``part`` of the schema. True when it breaks none."""
    errors = list(_validator(part).iter_errors(document.data))
    for error in errors:
        path, message, fix = _explain(error)
        document.error(path, "schema", message, fix)
    return not errors


def _explain(error: Any) -> tuple[tuple[str | int, ...], str, str]:
    path = tuple(error.absolute_path)
    where = str(path[-1]) if path else "the file"
    about = (
        f" It is: {text}"
        if (text := error.schema.get("description") if isinstance(error.schema, dict) else None)
        else ""
    )
    expected: Any = error.validator_value
    match error.validator:
        case "required":
            missing = next(name for name in expected if name not in error.instance)
            return path, f"'{missing}' is missing from '{where}'.", f"Add {missing}."
        case "additionalProperties":
            known, patterns = error.schema.get("properties", {}), error.schema.get("patternProperties", {})
            extra = next(k for k in error.instance if k not in known and not any(re.search(p, k) for p in patterns))
            allowed = ", ".join(known) or " or ".join(patterns)
            return (*path, extra), f"'{extra}' is not a name that can stand in '{where}'.", f"Allowed: {allowed}."
        case "type":
            kinds = [expected] if isinstance(expected, str) else expected
            wanted = " or ".join(_TYPES[kind] for kind in kinds)
            fix = "Put it in quotation marks." if kinds == ["string"] else f"Write {wanted}."
            return path, f"'{where}' must be {wanted}, not {error.instance!r}.", fix + about
        case "enum":
            return path, f"'{where}' cannot be {error.instance!r}.", f"Choose one of: {', '.join(expected)}.{about}"
        case "pattern":
            return (
                path,
                f"'{where}' is not written in the right form: {error.instance!r}.",
                about.strip() or "Look at the schema.",
            )
        case "minItems" | "minLength" | "minProperties":
            return path, f"'{where}' is empty or too short.", "Add what belongs there." + about
        case "maxLength":
            return path, f"'{where}' is longer than {expected} characters.", "Split it."
        case "anyOf":
            return (
                path,
                f"'{where}' has none of the forms that it may have.",
                "Give it a link or a phone number." + about,
            )
        case _:
            return path, f"'{where}' is not right: {error.message}.", about.strip() or "Look at the schema."
