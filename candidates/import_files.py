"""From the bytes of an uploaded list to its rows of cells, whatever the kind of file."""

import codecs
import csv
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .import_columns import Cell, as_text

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 5_000  # beside the header
MAX_COLUMNS = 60
TIMEOUT_SECONDS = 10
ZIP_START = b"PK\x03\x04"
OLE_START = b"\xd0\xcf\x11\xe0"  # old .xls, and any workbook with a password
ROOT = Path(__file__).resolve().parent.parent

# The number of the line in the file, from 1, and its cells.
Row = tuple[int, list[Cell]]

logger = logging.getLogger(__name__)

TOO_LARGE = _("Ce fichier dépasse 5 Mo : répartissez les sessions en plusieurs fichiers.")
EMPTY = _("Ce fichier est vide.")
TOO_MANY_ROWS = _(
    "Ce fichier dépasse 5 000 lignes : répartissez les sessions en plusieurs fichiers."
)
TOO_MANY_COLUMNS = _("Cette ligne dépasse 60 colonnes : partez du modèle de liste.")
NOT_TEXT = _("Ce fichier n’est pas un texte lisible : enregistrez-le au format CSV, XLSX ou ODS.")
QUOTES = _("Les guillemets sont mal fermés à partir de cette ligne, ou une cellule est démesurée.")
NOT_A_WORKBOOK = _(
    "Ce fichier n’est pas un classeur XLSX ou ODS sans mot de passe : "
    "enregistrez-le au format CSV, XLSX ou ODS."
)
UNREADABLE_WORKBOOK = _(
    "Ce classeur est abîmé ou trop volumineux pour être lu : "
    "enregistrez la feuille au format CSV, puis recommencez."
)


class UnreadableError(ValueError):
    """The file as a whole cannot be read: a code and one sentence."""

    def __init__(self, code: str, sentence: str | Promise, line: int = 0) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.line = line


def read_rows(content: bytes, filename: str) -> list[Row]:
    """The rows that hold something, header first. Raises `UnreadableError`."""
    if len(content) > MAX_BYTES:
        raise UnreadableError("FILE_TOO_LARGE", TOO_LARGE)
    if not content.strip():
        raise UnreadableError("FILE_EMPTY", EMPTY)
    rows = _checked(_workbook(content) if _is_workbook(content, filename) else _csv(content))
    if not rows:
        raise UnreadableError("FILE_EMPTY", EMPTY)
    return rows


def _is_workbook(content: bytes, filename: str) -> bool:
    if content.startswith(ZIP_START):
        return True
    named_so = Path(filename).suffix.lower() in (".xlsx", ".xlsm", ".xls", ".ods")
    if named_so or content.startswith(OLE_START):
        raise UnreadableError("NOT_A_WORKBOOK", NOT_A_WORKBOOK)
    return False


def _checked(rows: Iterator[Row]) -> list[Row]:
    """Without empty rows and trailing empty cells, within the limits."""
    kept: list[Row] = []
    for line, cells in rows:
        while cells and not as_text(cells[-1]).strip():
            cells.pop()
        if len(cells) > MAX_COLUMNS:
            raise UnreadableError("TOO_MANY_COLUMNS", TOO_MANY_COLUMNS, line)
        if cells:
            kept.append((line, cells))
        if len(kept) > MAX_ROWS + 1:
            raise UnreadableError("TOO_MANY_ROWS", TOO_MANY_ROWS)
    return kept


def _csv(content: bytes) -> Iterator[Row]:
    text = _decoded(content)
    first_line = text.lstrip().partition("\n")[0]
    separator = max(";,\t", key=first_line.count)
    # Strict: a quote left open must not swallow the candidates that follow.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, list(cells)
            line = reader.line_num + 1
    except csv.Error:
        raise UnreadableError("QUOTES_INVALID", QUOTES, line) from None


def _decoded(content: bytes) -> str:
    """UTF-16 begins with its mark, as Excel's “Unicode text” does; the others hold no NUL."""
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if is_wide else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableError("ENCODING_UNKNOWN", NOT_TEXT)


def _workbook(content: bytes) -> Iterator[Row]:
    """Rows of the first visible sheet, read in a process of its own (see `sheet_reader`)."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "candidates.sheet_reader"],
            input=content,
            capture_output=True,
            check=True,
            cwd=ROOT,
            # Neither the secret key nor the database's address goes near a hostile file.
            env={name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
            timeout=TIMEOUT_SECONDS,
        )
    except (subprocess.SubprocessError, OSError) as error:
        # Never what the reader said: it may quote a cell.
        kind, code = type(error).__name__, getattr(error, "returncode", None)
        logger.warning("workbook not read: %s, exit code %s", kind, code)
        raise UnreadableError("WORKBOOK_UNREADABLE", UNREADABLE_WORKBOOK) from None
    yield from json.loads(done.stdout)
