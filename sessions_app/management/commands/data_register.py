"""`manage.py data_register`: the register of personal data, in Markdown."""

from django.core.management.base import BaseCommand

from sessions_app import data_page


class Command(BaseCommand):
    help = "Écrit le registre des données, tel que le tient docs/data.md."

    def handle(self, **options):
        self.stdout.write(data_page.written(), ending="")
