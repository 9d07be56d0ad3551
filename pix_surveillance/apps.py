"""Which site the admin is. On its own: it is read before any model is."""

from django.contrib.admin import apps


class AdminConfig(apps.SimpleAdminConfig):
    """Its pages are loaded with the site map: a process that serves sockets needs neither."""

    default_site = "pix_surveillance.admin_site.AdminSite"
