"""Which site the admin is. On its own: it is read before any model is."""

from django.contrib.admin import apps


class AdminConfig(apps.AdminConfig):
    default_site = "pix_surveillance.admin_site.AdminSite"
