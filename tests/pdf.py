"""A PDF as a test reads it: its words, its tags, and where each sign stands."""

import re
from io import BytesIO

import pypdfium2
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject


class Pdf:
    def __init__(self, content: bytes):
        assert content.startswith(b"%PDF-")
        self.content = content
        self.reader = PdfReader(BytesIO(content))
        self.shown = pypdfium2.PdfDocument(content)
        self.root = self.reader.trailer["/Root"]

    @property
    def text(self) -> str:
        return " ".join(self.page_text(number) for number in range(len(self.shown)))

    def page_text(self, number: int) -> str:
        """Its words, one space between them."""
        return " ".join(self.shown[number].get_textpage().get_text_bounded().split())

    @property
    def letters(self) -> str:
        """The text without any space: where lines break does not matter."""
        return unspaced(self.text)

    def tags(self, node=None) -> list[DictionaryObject]:
        """Every element of the structure, in reading order."""
        node = self.root["/StructTreeRoot"] if node is None else node
        children = node.get("/K", [])
        children = children.get_object() if isinstance(children, IndirectObject) else children
        found = []
        for child in children if isinstance(children, list) else [children]:
            child = child.get_object() if isinstance(child, IndirectObject) else child
            if isinstance(child, DictionaryObject) and "/S" in child:
                found += [child, *self.tags(child)]
        return found

    def tagged(self, name: str) -> list[DictionaryObject]:
        return [tag for tag in self.tags() if tag["/S"] == f"/{name}"]

    def boxes(self, number: int) -> list[tuple[float, float, float, float]]:
        """Of each sign of a page that shows something: left, bottom, right, top, in points."""
        text = self.shown[number].get_textpage()
        signs = text.get_text_range()
        found = [
            text.get_charbox(at) for at in range(text.count_chars()) if signs[at : at + 1].strip()
        ]
        return [box for box in found if box[2] > box[0] and box[3] > box[1]]

    def lines(self, number: int) -> list[tuple[float, float, float, float]]:
        """The boxes of what is written in one go, on one line."""
        text = self.shown[number].get_textpage()
        return [text.get_rect(at) for at in range(text.count_rects())]


def unspaced(text: str) -> str:
    """Without spaces, and without hyphens, which are not read as such at the end of a line."""
    return re.sub(r"[-\s\u200b\u00ad\ufffe\x02]+", "", text)


def scope_of(header: DictionaryObject) -> str:
    attributes = header["/A"]
    attributes = attributes if isinstance(attributes, list) else [attributes]
    scopes = [each.get_object().get("/Scope") for each in attributes]
    return next(scope for scope in scopes if scope)


def check_accessible(content: bytes, title: str) -> Pdf:
    """As PDF/UA-1 asks: tags, title, language; each header cell says what it is the head of."""
    pdf = Pdf(content)
    assert pdf.root["/MarkInfo"]["/Marked"]
    assert pdf.root["/Lang"].startswith("fr")
    assert pdf.root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf.reader.metadata.title == title
    metadata = pdf.root["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfuaid:part(=\"1\"|>1<)", metadata)
    assert all(scope_of(header) == "/Column" for header in pdf.tagged("TH"))
    assert all(figure.get("/Alt") for figure in pdf.tagged("Figure"))
    return pdf


def check_nothing_is_cut(pdf: Pdf, margin: float = 17) -> None:
    """Every sign stands where a printer prints (6 mm), and no line is written over another."""
    for number in range(len(pdf.shown)):
        width, height = pdf.shown[number].get_size()
        for left, bottom, right, top in pdf.boxes(number):
            assert margin <= left < right <= width - margin
            assert margin <= bottom < top <= height - margin
        lines = pdf.lines(number)
        for at, one in enumerate(lines):
            assert not [other for other in lines[at + 1 :] if _overlap(one, other)], one


def _overlap(one, other) -> bool:
    """By more than what neighbouring letters touch each other."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[1], other[1])
    return across > 1.5 and up > 0.45 * min(one[3] - one[1], other[3] - other[1])
