"""The worked example of docs/write-a-policy.md is a policy that can be read."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from bot.policy.read import ROOT, load

HERE = Path(__file__).parent
HEAD = """\
policy: compost-bin
version: "2026.1"
service: {id: 1, name: Example}
effective_from: 2026-04-01
selects_on: decision_date
mode: decide
authority: {cite: rules, delegated_to: Head of Service, approved: 2026-02-11}
"""


def test_the_worked_example_can_be_read(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT.parent / "docs" / "write-a-policy.md").read_text(), re.DOTALL)
    folder = tmp_path / "policies"
    shutil.copytree(HERE / "broken" / "sound", folder)
    (folder / "compost-bin").mkdir()
    (folder / "compost-bin" / "2026.1.yaml").write_text(HEAD + "\n".join(blocks[:4]))
    library = load(folder)
    assert [str(one) for one in library.problems] == []
    assert [one.id for one in library.policy("compost-bin").latest.requirements] == ["CB-1", "CB-2", "CB-3"]
