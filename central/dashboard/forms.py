"""Forms of pages are small: nobody may fill central's memory or its temporary folder through one."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from central.this_connection import close_after_answer

MOST_BYTES = 64 * 1024
FILE_FORMS = re.compile(r"/administration/[a-z]+/file")
MOST_BYTES_WITH_FILE = 2 * 1024 * 1024
"""A file of 1 MiB, and once more as text when it is confirmed. So much is read into memory, never into a folder."""


class SmallFormsMiddleware:
    """Refuses large bodies of pages before anything reads them; the API has limits of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.headers.get("Content-Length", "")
        most = MOST_BYTES_WITH_FILE if FILE_FORMS.fullmatch(request.path_info) else MOST_BYTES
        if request.path_info.startswith("/api/") or not length.isdecimal() or int(length) <= most:
            return self.get_response(request)
        close_after_answer()
        return HttpResponse("This form is too large; nothing was done.\n", status=413, content_type="text/plain")
