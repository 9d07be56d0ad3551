"""The site map."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from pix_surveillance import language
from sessions_app import organisation_login

admin.site.login = secure_admin_login(admin.site.login)

urlpatterns = [
    path("", include("sessions_app.urls")),
    path("", include("candidates.urls")),
    path("", include("incidents.urls")),
    path("langue/", language.choose, name="language"),
    path("compte/", include("allauth.account.urls")),
    path("compte/double-authentification/", include("allauth.mfa.urls")),
    path("compte/avec/<provider_id>/", organisation_login.leave, name="openid_connect_login"),
    path(
        "compte/avec/<provider_id>/retour/",
        organisation_login.come_back,
        name="openid_connect_callback",
    ),
    path("compte/connexions/", include("allauth.usersessions.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "sessions_app.refusals.bad_request"
handler404 = "sessions_app.refusals.page_not_found"
handler500 = "sessions_app.refusals.server_error"
