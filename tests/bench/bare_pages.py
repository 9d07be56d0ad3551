"""The frames of the bare server: pieces of bytes prepared once, put together with a number or two.

As large as those of the product, and with the same fields, in the text of JSON all along.
"""

import json
from functools import cache

from candidates.rehearsal import COUNT, QUESTIONS

# What takes the place of a question in a row while it is prepared.
HOLE = "#0#"
SAY = b'},"counters":{"not_started":0,"in_progress":%d,"finished":0,"needs_me":0,'
SAY += b'"seen":%d,"expected":%d},"say":[]}'

ROW = """<li class="row" id="row-{pk}" data-candidate="{pk}" data-state="in_progress" \
data-flags="" data-row-version="0" data-order="{order}" data-question="#0#">\
<input class='pick' type='checkbox' name='candidate' value='{pk}' form='group' \
aria-label='Choisir {name}'>\
<span class='sign'><svg class='icon' aria-hidden='true'>\
<use href='/static/icons/icons.svg#in_progress'/></svg></span>\
<p class='who'><strong>{birth_name}</strong> {first_name}</p>\
<div class='sub'><p class='state'>en cours</p><p class='facts'>\
<span class='progress'><abbr title='question'>Q</abbr>&nbsp;\
<span class='at'>#0#</span>/{count}</span></p></div>\
<p class='time'><span class='end' title='Heure de fin'>{hour}</span> \
<span class='left' data-ends-at='{ends_at}'></span></p>\
<form class='do' action='/surveillance/{number}/candidats/{pk}/' data-sheet>\
<button class='icon-button' data-key='more' aria-label='Toutes les actions : {name}'></button>\
</form></li>"""

QUESTION = """<p class="count" id="question-count">Question {number} sur {count}</p>
<form method="post" action="/candidat/repondre/" hx-post="/candidat/repondre/" \
hx-target="#stage" class="question" id="question-form" novalidate>
  <input type="hidden" name="question" value="{number}">
  <fieldset aria-describedby="question-count"><legend><h1 tabindex="-1">{text}</h1></legend>
  {options}
  </fieldset>
  <button class="primary">Valider et continuer</button>
</form>
<form method="post" action="/candidat/signaler/" class="report"><button>Signaler un problème\
</button></form>
"""
OPTION = (
    '<label class="option"><input type="radio" name="answer" value="{}"> <span>{}</span></label>'
)
DONE = '<h1 tabindex="-1">Vous avez répondu à toutes les questions.</h1>'


class Row:
    """The row of one candidate, who is at any question."""

    def __init__(self, number: str, pk: int, birth_name: str, first_name: str, order: str, ends_at):
        html = ROW.format(
            pk=pk,
            number=number,
            order=order,
            name=f"{birth_name} {first_name}",
            birth_name=birth_name.upper(),
            first_name=first_name,
            count=COUNT,
            hour=f"{ends_at:%H:%M}",
            ends_at=ends_at.isoformat(),
        )
        self.ends_at = ends_at.isoformat().encode()
        self._before, self._between, self._after = _text(html).split(HOLE.encode())
        self._key = b'"%d":"' % pk

    def at(self, question: int) -> bytes:
        """`"<id>": "<li …>"`, a member of the object `rows`."""
        return self._key + self.html(question) + b'"'

    def html(self, question: int) -> bytes:
        number = b"%d" % question
        return b"".join((self._before, number, self._between, number, self._after))


def hello(epoch: bytes, version: int, now: bytes) -> bytes:
    return b'{"type":"hello","epoch":"%b","v":%d,"now":"%b"}' % (epoch, version, now)


def beat(epoch: bytes, version: int, now: bytes) -> bytes:
    return b'{"type":"hb","epoch":"%b","v":%d,"now":"%b"}' % (epoch, version, now)


def board(epoch: bytes, version: int, rows: list[bytes]) -> bytes:
    """`rows`: the `html` of each."""
    attributes = _text('<div id="board" data-epoch="{}" data-version="{}"><ul class="rows">')
    head = attributes.replace(b"{}", epoch, 1).replace(b"{}", b"%d" % version, 1)
    frame = b'{"type":"board","epoch":"%b","v":%d,"html":"' % (epoch, version)
    return b"".join((frame, head, *rows, _text("</ul></div>"), b'"}'))


def rows(epoch: bytes, since: int, version: int, members: list[bytes], expected: int) -> bytes:
    """`members`: `Row.at` of those who have changed."""
    head = b'{"type":"rows","epoch":"%b","from":%d,"v":%d,"rows":{'
    tail = SAY % (expected, expected, expected)
    return head % (epoch, since, version) + b",".join(members) + tail


def seat(
    epoch: bytes, version: int, now: bytes, row: Row, question: int, answered: bytes = b"null"
) -> bytes:
    return (
        b'{"type":"seat","epoch":"%b","v":%d,"now":"%b","stage":"question",'
        b'"ends_at":"%b","paused_at":null,"deadline":null,"answered":%b,"html":"%b"}'
    ) % (epoch, version, now, row.ends_at, answered, question_html(question))


def refused(question: int, status: int, message: str) -> bytes:
    told = {"type": "refused", "question": question, "status": status, "message": message}
    return json.dumps(told, ensure_ascii=False).encode()


@cache
def question_html(number: int) -> bytes:
    if number > COUNT:
        return _text(DONE)
    question = QUESTIONS[number - 1]
    options = "\n  ".join(OPTION.format(each.value, each.label) for each in question.options)
    return _text(QUESTION.format(number=number, count=COUNT, text=question.text, options=options))


def _text(html: str) -> bytes:
    """The inside of a JSON string."""
    return json.dumps(html, ensure_ascii=False)[1:-1].encode()
