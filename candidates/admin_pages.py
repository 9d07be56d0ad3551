"""The list of a session in pages: each shows, and saves, its own lines and no other."""

from dataclasses import dataclass

from django.http import HttpRequest

# A browser sends some eight fields a line, and Django reads at most a thousand.
LINES = 100
PARAMETER = "candidates"


@dataclass(frozen=True)
class Page:
    """`number` counts from 1; `first` and `last` are lines of a list of `total`, from 1 too."""

    number: int
    total: int

    @property
    def first(self) -> int:
        return (self.number - 1) * LINES + 1

    @property
    def last(self) -> int:
        return min(self.number * LINES, self.total)

    @property
    def lines(self) -> slice:
        return slice(self.first - 1, self.number * LINES)


def pages_of(total: int) -> list[Page]:
    """At least one."""
    return [Page(number, total) for number in range(1, max(1, -(-total // LINES)) + 1)]


def asked(request: HttpRequest, total: int) -> Page:
    """The page of the address, or the nearest that there is: lists grow shorter."""
    pages = pages_of(total)
    return pages[min(number_in(request.GET.get(PARAMETER, "")), len(pages)) - 1]


def number_in(text: str) -> int:
    """A page's number as an address or a button tells it; 1 for anything else."""
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
