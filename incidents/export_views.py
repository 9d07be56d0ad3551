"""The exports of a session, as files to keep."""

from functools import wraps

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.views.decorators.http import require_GET

from sessions_app import access
from sessions_app.board import snapshot
from sessions_app.spreadsheets import as_csv, as_xlsx

from . import session_export

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"csv": (as_csv, "text/csv; charset=utf-8"), "xlsx": (as_xlsx, XLSX)}


def export(view):
    """A file of a room for who has an account; kept on their disk, by no cache."""

    @wraps(view)
    def answered(request: HttpRequest, number: str, **kwargs) -> HttpResponse:
        session = access.supervised_session(request.user, number)
        name, response = view(session, **kwargs)
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    return access.account_required(require_GET(answered))


@export
def table(session, *, what, kind: str):
    """`what` makes the table of a session, `kind` is one of KINDS."""
    write, content_type = KINDS[kind]
    with snapshot(), translation.override("fr"):  # a paper of the centre, as the PV
        content = write(what(session))
    return f"{what.__name__}-{session.number}.{kind}", HttpResponse(content, content_type)


@export
def session_json(session):
    options = {"ensure_ascii": False, "indent": 1}
    response = JsonResponse(session_export.session_data(session), json_dumps_params=options)
    return f"session-{session.number}.json", response
