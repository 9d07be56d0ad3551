"""Logging in with the account of one's organisation: who is believed, and what is said if not."""

import secrets

from allauth.account.internal.decorators import login_not_required
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from requests import RequestException

from .organisation_provider import Exchange

PROVIDER = "organisation"
NOT_CONFIRMED = _("Votre organisation n’a pas confirmé votre identité. Réessayez.")
NOT_VERIFIED = _("Votre organisation ne garantit pas votre adresse e-mail.")
OUT_OF_REACH = _(
    "Le service de connexion de votre organisation ne répond pas. Réessayez plus tard."
)
CANCELLED = _("La connexion avec votre organisation a été abandonnée.")


class OrganisationAdapter(DefaultSocialAccountAdapter):
    """allauth's decisions, from the settings alone: no provider is kept in the database."""

    def list_apps(self, request, provider=None, client_id=None) -> list[SocialApp]:
        known = settings.OIDC
        if not known or provider not in {None, PROVIDER, "openid_connect"}:
            return []
        if client_id not in {None, "", known["client_id"]}:
            return []
        app = SocialApp(
            provider="openid_connect",
            provider_id=PROVIDER,
            name=known["name"],
            client_id=known["client_id"],
            secret=known["client_secret"],
            settings={
                "server_url": known["url"],
                "scope": known["scopes"],
                "oauth_pkce_enabled": True,
            },
        )
        return [app]

    def get_requests_session(self):
        """Asks the provider, and nobody that it sends to."""
        session = super().get_requests_session()
        session.max_redirects = 0  # one is an answer that is none
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin) -> None:
        """Before anybody is logged in, created or matched: this browser's login, a sure address."""
        expected = sociallogin.state.get("nonce") or ""
        if not expected or not secrets.compare_digest(expected, sociallogin.nonce):
            raise ImmediateHttpResponse(_refusal(request, NOT_CONFIRMED))
        if not any(address.verified for address in sociallogin.email_addresses):
            raise ImmediateHttpResponse(_refusal(request, NOT_VERIFIED))

    def populate_user(self, request: HttpRequest, sociallogin, data: dict):
        user = super().populate_user(request, sociallogin, data)
        parts = (data.get("first_name") or "", data.get("last_name") or "")
        user.name = (" ".join(filter(None, parts)) or data.get("name") or "")[:80]
        return user

    def on_authentication_error(self, request, provider, error=None, **kwargs) -> None:
        if error == AuthError.CANCELLED:
            messages.info(request, CANCELLED)
            raise ImmediateHttpResponse(redirect("account_login"))
        raise ImmediateHttpResponse(_refusal(request, NOT_CONFIRMED))


def _refusal(request: HttpRequest, sentence: str, status: int = 401) -> HttpResponse:
    page = "account/organisation_refused.html"
    return render(request, page, {"sentence": sentence}, status=status)


def _visit(view, request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        return view.adapter_view(Exchange(request, provider_id))(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except OAuth2Error:
        return _refusal(request, NOT_CONFIRMED)
    except (RequestException, KeyError, TypeError, ValueError):
        # No answer of the provider's server, or one that is none: nothing was done.
        return _refusal(request, OUT_OF_REACH, status=502)


@login_not_required
def leave(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Goes to the organisation's page, and remembers which browser left."""
    return _visit(OAuth2LoginView, request, provider_id)


@login_not_required
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back with a code: exchanged, verified, then logged in, second factor included."""
    return _visit(OAuth2CallbackView, request, provider_id)
