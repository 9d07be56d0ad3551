"""`manage.py purge`: delete what has passed its retention, now rather than this night."""

import json
from collections import Counter

from django.core.management.base import BaseCommand

from sessions_app import clock, purge


class Command(BaseCommand):
    help = "Supprime ce dont la durée de conservation est passée."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="compter sans supprimer")
        parser.add_argument("--json", action="store_true", help="une ligne JSON")

    def handle(self, *, dry_run, **options):
        now = clock.now()
        if dry_run:
            counts = purge.due(now)
        else:
            counts = Counter()
            for label, count in purge.steps(now):
                counts[label] += count
            purge.told(counts)
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": dry_run, "rows": dict(counts)}))
            return
        for label, count in sorted(counts.items()):
            self.stdout.write(f"{label}\u00a0: {count}")
        verb = "à supprimer" if dry_run else "supprimées"
        self.stdout.write(f"Lignes {verb}\u00a0: {counts.total()}.")
