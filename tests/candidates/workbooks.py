"""Writes small XLSX and ODS files by hand, good and hostile: what a test needs and no more."""

import io
import zipfile
from datetime import date, time
from xml.sax.saxutils import escape

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
XLSX_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{RELATIONS}">'
        f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>"
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Aide" sheetId="2" state="hidden" r:id="r2"/>'
        '<sheet name="Liste" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{RELATIONS}">'
        f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>'
        "</Relationships>"
    ),
    # Cell styles: 0 plain, 1 a date, 2 an hour, 3 a percentage.
    "xl/styles.xml": (
        f'<styleSheet xmlns="{SHEET}"><cellXfs count="4"><xf numFmtId="0"/>'
        '<xf numFmtId="14"/><xf numFmtId="20"/><xf numFmtId="9"/></cellXfs></styleSheet>'
    ),
    "xl/worksheets/sheet2.xml": f'<worksheet xmlns="{SHEET}"><sheetData/></worksheet>',
}


def zipped(parts: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def xlsx_of(sheet_data: str) -> bytes:
    sheet = f'<worksheet xmlns="{SHEET}"><sheetData>{sheet_data}</sheetData></worksheet>'
    return zipped({**XLSX_PARTS, "xl/worksheets/sheet1.xml": sheet})


def xlsx_cell(value: object) -> str:
    if isinstance(value, date):
        return f'<c s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, time):
        return f'<c s="2"><v>{(value.hour * 60 + value.minute) / 1440}</v></c>'
    if isinstance(value, float):
        return f'<c s="3"><v>{value}</v></c>'
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def xlsx(rows: list[list[object]]) -> bytes:
    return xlsx_of("".join(f"<row>{''.join(map(xlsx_cell, row))}</row>" for row in rows))


def ods_of(table_rows: str) -> bytes:
    oasis = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{oasis}:office:1.0" '
        f'xmlns:table="{oasis}:table:1.0" xmlns:text="{oasis}:text:1.0">'
        f'<office:body><office:spreadsheet><table:table table:name="Liste">{table_rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{oasis}:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    return zipped({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


def ods_cell(value: object) -> str:
    if isinstance(value, date):
        held = f'office:value-type="date" office:date-value="{value}"'
    elif isinstance(value, time):
        held = f'office:value-type="time" office:time-value="PT{value:%HH%MM%SS}"'
    elif isinstance(value, float):
        held = f'office:value-type="percentage" office:value="{value}"'
    else:
        held = 'office:value-type="string"'
    shown = escape(value) if isinstance(value, str) else ""
    return f"<table:table-cell {held}><text:p>{shown}</text:p></table:table-cell>"


def ods(rows: list[list[object]]) -> bytes:
    filled = "".join(
        f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows
    )
    # As real ones end: empty cells down to the last row of the sheet.
    return ods_of(
        filled + '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
