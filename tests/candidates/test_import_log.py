"""A workbook that cannot be read leaves in the log how its reader ended, and no cell."""

import pytest

from candidates import import_files
from tests.candidates.workbooks import zipped


@pytest.mark.parametrize("content", [zipped({"Quirinus": "Zylberstein"}), b"PK\x03\x04Zylberstein"])
def test_no_word_of_a_workbook_is_logged(content, caplog, monkeypatch):
    said = []
    run = import_files.subprocess.run

    def heard(*args, **options):
        try:
            return run(*args, **options)
        except import_files.subprocess.CalledProcessError as error:
            error.stderr += b"bad cell: Zylberstein"
            said.append(error.stderr)
            raise

    monkeypatch.setattr(import_files.subprocess, "run", heard)
    with pytest.raises(import_files.UnreadableError):
        list(import_files._workbook(content))
    assert said
    assert "workbook not read: CalledProcessError, exit code 1" in caplog.text
    assert "Zylberstein" not in caplog.text
