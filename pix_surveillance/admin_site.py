"""Django's admin under our name."""

from django.contrib import admin
from django.contrib.admin import apps


class AdminSite(admin.AdminSite):
    site_header = site_title = "Pix Surveillance · administration"
    index_title = "Préparer les sessions"


class AdminConfig(apps.AdminConfig):
    default_site = "pix_surveillance.admin_site.AdminSite"
