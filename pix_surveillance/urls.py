"""The site map."""

from allauth.account.decorators import reauthentication_required, secure_admin_login
from allauth.usersessions.views import list_usersessions
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path

from pix_surveillance import language
from sessions_app import organisation_login

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)
# Who ends the other logins of an account shows that it is theirs.
own_logins = reauthentication_required(allow_get=True, app="allauth.account")(list_usersessions)
own_logins = login_required(own_logins)

urlpatterns = [
    path("", include("pix_surveillance.room_urls")),
    path("langue/", language.choose, name="language"),
    path("compte/", include("allauth.account.urls")),
    path("compte/double-authentification/", include("allauth.mfa.urls")),
    path("compte/avec/<provider_id>/", organisation_login.leave, name="openid_connect_login"),
    path(
        "compte/avec/<provider_id>/retour/",
        organisation_login.come_back,
        name="openid_connect_callback",
    ),
    path("compte/connexions/", own_logins, name="usersessions_list"),
    path("admin/", admin.site.urls),
]

handler400 = "sessions_app.refusals.bad_request"
handler403 = "sessions_app.refusals.permission_denied"
handler404 = "sessions_app.refusals.page_not_found"
handler429 = "sessions_app.refusals.too_often"  # allauth's limits
handler500 = "sessions_app.refusals.server_error"
