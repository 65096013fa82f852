"""What is wrong with a policy file: where, what, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One finding of the load checks. ``level`` is ``error`` (the policy is refused) or ``warning`` (look at it)."""

    file: str
    line: int
    level: str
    code: str
    message: str
    fix: str

    def __str__(self) -> str:
        """One line as compilers write it, so that editors can jump to it."""
        return f"{self.file}:{self.line}: {self.level}: {self.message} {self.fix} [{self.code}]"


class PolicyError(ValueError):
    """Policies cannot be used. ``problems`` says every reason; the message lists the errors, one a line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(one) for one in problems if one.level == "error"))
