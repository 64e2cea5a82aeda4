"""The example scripts run as their first lines say."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

WHO_IS_WHO = """\
crm-excel.csv: 30 rows
   20 added
   10 unprocessed
        1 duplicate_in_file
        2 invalid_email
        3 invalid_value
        4 missing_identifier
TX-EXAM-0001
  booker      Jutta Bergmann: email_match (AS-1b)
              city kept (SY-4)
  attendee 1  Jutta Bergmann: same_booking (AS-10)
  attendee 2  Jutta Bergmann: same_booking (AS-10)
              first_name other_person (SY-12)
  attendee 3  nobody: no_email (AS-1a)
TX-EXAM-0002
  booker      vertretung@koessler-metallbau.example: no_match (AS-3a, AS-1c)
              email filled (SY-2)
  attendee 1  nobody: invalid_email (AS-1e)
"""


def run(script: Path, folder: Path) -> str:
    """Give what *script* prints when it runs in *folder*, in a process of its own."""
    said = subprocess.run(
        [sys.executable, "-W", "error", str(script)], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )
    assert (said.returncode, said.stderr) == (0, "")
    return said.stdout


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.name)
class TestExamples:
    def test_an_example_runs_by_itself(self, script: Path, tmp_path: Path) -> None:
        assert run(script, tmp_path)

    def test_an_example_does_nothing_when_it_is_imported(self, script: Path) -> None:
        assert 'if __name__ == "__main__":' in script.read_text(encoding="utf-8")


class TestWhoIsWho:
    script = ROOT / "examples" / "who_is_who.py"

    def test_it_says_who_is_who_and_why(self, tmp_path: Path) -> None:
        assert run(self.script, tmp_path) == WHO_IS_WHO

    def test_the_second_run_changes_nothing(self, tmp_path: Path) -> None:
        run(self.script, tmp_path)
        again = run(self.script, tmp_path)
        assert "20 unchanged" in again
        assert again.count("(seen before)") == 2
