"""What a session's number looks like in an address."""

from django.urls import register_converter


class SessionNumberConverter:
    regex = "[0-9]{6}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(SessionNumberConverter, "number")
