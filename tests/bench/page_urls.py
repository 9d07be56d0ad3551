"""The product's pages, and beside them a page of bytes that are already there.

    /page-nue/<number>/    what the folder BARE_PAGES holds under that number

It goes through the same server, middleware and view call as any page: what Django itself costs.
"""

import os
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

import sessions_app.converters  # noqa: F401


@cache
def _bytes(number: str) -> bytes:
    return (Path(os.environ["BARE_PAGES"]) / number).read_bytes()


def bare_page(request: HttpRequest, number: str) -> HttpResponse:
    return HttpResponse(_bytes(number))


urlpatterns = [
    path("page-nue/<number:number>/", bare_page),
    path("", include("pix_surveillance.urls")),
]
