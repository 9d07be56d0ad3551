"""What everybody may read: what is known of people, who answers for the site, who can use it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    context = {"operator": settings.OPERATOR, "days": settings.RETENTION_DAYS}
    return render(request, "notices/privacy.html", context)


@require_GET
def legal(request: HttpRequest) -> HttpResponse:
    return render(request, "notices/legal.html", {"operator": settings.OPERATOR})


@require_GET
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "notices/accessibility.html", {"operator": settings.OPERATOR})
