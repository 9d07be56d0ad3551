"""Nothing that is answered to a browser we know stays in a cache, of its own or on the way.

Whoever comes with a login or a seat may get their name, or that of others, on any page, a refusal
included. A view that has said something else about caching (the service worker) is left alone.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers


class PrivatePagesMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_known = request.COOKIES.keys() - {settings.CSRF_COOKIE_NAME} or response.cookies
        if is_known and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response
