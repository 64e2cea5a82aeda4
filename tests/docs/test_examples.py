"""The example scripts run as their first lines say."""

import json
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


BATCH = """\
crm-excel.csv: 22 added, 8 unprocessed
everything-wrong.csv: 8 added, 22 unprocessed
google-contacts.csv: 23 added, 7 unprocessed
outlook.csv: 18 added, 6 unprocessed
ticketing-attendees.csv: 19 added, 13 unprocessed
"""


def run(script: Path, folder: Path, *arguments: str, status: int = 0) -> str:
    """Give what *script* prints when it runs in *folder*, in a process of its own, and ends with *status*."""
    said = subprocess.run(
        [sys.executable, "-W", "error", str(script), *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (said.returncode, said.stderr) == (status, "")
    return said.stdout


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.name)
class TestExamples:
    def test_an_example_does_nothing_when_it_is_imported(self, script: Path) -> None:
        assert 'if __name__ == "__main__":' in script.read_text(encoding="utf-8")

    def test_its_first_lines_say_how_it_is_run(self, script: Path) -> None:
        assert f"\n    python {script.relative_to(ROOT)}" in script.read_text(encoding="utf-8")


class TestWhoIsWho:
    script = ROOT / "examples" / "who_is_who.py"

    def test_it_says_who_is_who_and_why(self, tmp_path: Path) -> None:
        assert run(self.script, tmp_path) == WHO_IS_WHO

    def test_the_second_run_changes_nothing(self, tmp_path: Path) -> None:
        run(self.script, tmp_path)
        again = run(self.script, tmp_path)
        assert "20 unchanged" in again
        assert again.count("(seen before)") == 2


class TestBatchImport:
    script = ROOT / "examples" / "batch_import.py"
    places = ("reports", "contacts.db")

    def inbox(self, folder: Path, **files: str | bytes) -> str:
        inbox = folder / "inbox"
        inbox.mkdir(exist_ok=True)
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (inbox / f"{name}.csv").write_bytes(data)
        return inbox.name

    def test_every_list_of_the_folder_is_imported(self, tmp_path: Path) -> None:
        lists = str(ROOT / "examples" / "lists")
        assert run(self.script, tmp_path, lists, *self.places, status=1) == BATCH

    def test_the_rows_that_wait_stand_in_a_file_and_the_counts_in_a_summary(self, tmp_path: Path) -> None:
        inbox = self.inbox(tmp_path, some="E-Mail\nada@example.org\nida(at)example.org\n")
        run(self.script, tmp_path, inbox, *self.places, status=1)
        waiting = (tmp_path / "reports" / "some.unprocessed.csv").read_text("utf-8")
        assert "ida(at)example.org" in waiting
        assert "ada@example.org\n" not in waiting
        (entry,) = json.loads((tmp_path / "reports" / "summary.json").read_text("utf-8"))
        assert (entry["file"], entry["outcomes"]["added"], entry["outcomes"]["unprocessed"]) == ("some.csv", 1, 1)

    def test_when_all_is_well_the_status_is_zero_and_no_report_is_left(self, tmp_path: Path) -> None:
        """Not even that of the run before, when something was wrong."""
        inbox = self.inbox(tmp_path, some="E-Mail\nida(at)example.org\n")
        run(self.script, tmp_path, inbox, *self.places, status=1)
        self.inbox(tmp_path, some="E-Mail\nida@example.org\n")
        assert run(self.script, tmp_path, inbox, *self.places) == "some.csv: 1 added\n"
        assert [each.name for each in (tmp_path / "reports").iterdir()] == ["summary.json"]

    def test_a_file_that_cannot_be_read_does_not_stop_the_others(self, tmp_path: Path) -> None:
        inbox = self.inbox(tmp_path, a="Name\nAda\n", b="E-Mail\nada@example.org\n")
        said = run(self.script, tmp_path, inbox, *self.places, status=2).splitlines()
        assert said[0].startswith("a.csv: header at line 1: ")
        assert said[1] == "b.csv: 1 added"
        first, _ = json.loads((tmp_path / "reports" / "summary.json").read_text("utf-8"))
        assert first["problem"].startswith("header")

    def test_a_list_that_is_no_utf_8_is_iso_8859_1(self, tmp_path: Path) -> None:
        inbox = self.inbox(tmp_path, some="E-Mail;Ort\nada@example.org;Köln\n".encode("iso-8859-1"))
        assert run(self.script, tmp_path, inbox, *self.places) == "some.csv: 1 added\n"

    def test_a_second_run_doubles_nothing(self, tmp_path: Path) -> None:
        inbox = self.inbox(tmp_path, some="E-Mail\nada@example.org\n")
        run(self.script, tmp_path, inbox, *self.places)
        assert run(self.script, tmp_path, inbox, *self.places) == "some.csv: 1 unchanged\n"
