"""What a process loads before it serves sockets: a killed one is to be back at once."""

import subprocess
import sys

# Loaded with the first page, by whoever serves pages.
FOR_PAGES = ["allauth.account.views", "candidates.admin", "jwt", "requests", "sessions_app.admin"]
# Loaded by whoever asks for a sheet or a kit.
FOR_PAPERS = ["qrcode", "xlsxwriter"]
STARTED = f"""
import sys
import pix_surveillance.asgi
from django.urls import reverse, set_urlconf
from pix_surveillance.lifecycle import ROOM_URLS

set_urlconf(ROOM_URLS)
reverse("sheet", args=["101001", 1])  # as the first frame with an address
print(*sorted(set({[*FOR_PAGES, *FOR_PAPERS, "twisted"]}) & set(sys.modules)))
set_urlconf(None)
reverse("account_login")
print(*sorted(set({[*FOR_PAGES, "twisted"]}) & set(sys.modules)))
"""


def test_sockets_wait_for_nothing_that_only_pages_need():
    command = [sys.executable, "-c", STARTED]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    for_sockets, for_pages = (line.split() for line in answer.stdout.splitlines())
    assert for_sockets == []
    assert for_pages == FOR_PAGES
