"""The documents of a session as PDF, each written at the moment when it is asked for."""

from django.http import HttpRequest

from sessions_app import access
from sessions_app.documents import page

from . import documents, papers


@page
def attendance_pdf(request: HttpRequest, number: str):
    session = access.supervised_session(request.user, number)
    return f"emargement-{number}", papers.attendance_pdf([session])


@page
def room_pdf(request: HttpRequest, number: str):
    session = access.supervised_session(request.user, number)
    return f"salle-{number}", papers.room_pdf(session)


@page
def report_pdf(request: HttpRequest, number: str):
    session = access.supervised_session(request.user, number)
    return f"pv-{number}", documents.report_pdf(session)


@page
def fraud_pdf(request: HttpRequest, number: str):
    session = access.supervised_session(request.user, number)
    return f"pv-fraude-{number}", documents.fraud_pdf(session)
