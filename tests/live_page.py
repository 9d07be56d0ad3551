"""The board as a browser holds it: a page, and the frames applied to it."""

import re

from bs4 import BeautifulSoup, Tag

from sessions_app.one_board import ONE_COLUMN

BY_THE_CLOCK = {"hb", "here"}  # frames that may come at any place among the others


class LivePage:
    def __init__(self, html: str):
        self._take(BeautifulSoup(html, "html.parser").select_one("#board"))

    def _take(self, board: Tag) -> None:
        self.board = board
        self.epoch = board["data-epoch"]
        self.version = int(board["data-version"])

    def apply(self, frame: dict) -> None:
        """The rules of the protocol: whole boards replace, rows apply only without a gap."""
        if frame["type"] == "board":
            self._take(BeautifulSoup(frame["html"], "html.parser").select_one("#board"))
        elif frame["type"] == "rows" and frame["from"] <= self.version < frame["v"]:
            for html in frame["rows"].values():
                self._place(BeautifulSoup(html, "html.parser").li)
            for name, value in frame["counters"].items():
                node = self.board.select_one(f"[data-counter={name}]")
                if node is not None:
                    node.string = str(value)
            self.version = frame["v"]
            self.board["data-version"] = str(self.version)
            self._show_fullness()

    def _show_fullness(self) -> None:
        """What styles hang on, as static/js/supervision.js tells it."""
        is_empty = self.board.select_one("[data-counter=needs_me]").string == "0"
        self.board.select_one(".needs-me")["data-empty"] = "yes" if is_empty else "no"
        waiting = self.board.select("#needs-me > .row")
        self.board["data-many"] = "yes" if len(waiting) > ONE_COLUMN else "no"

    def _place(self, row: Tag) -> None:
        old = self.board.find(id=row["id"])
        if old is not None:
            old.decompose()
        there = self.board.find(id="needs-me" if row.has_attr("data-needs-me") else "room")
        after = [
            each for each in there.find_all("li", recursive=False) if _order(each) > _order(row)
        ]
        if after:
            after[0].insert_before(row)
        else:
            there.append(row)

    def row(self, candidate) -> Tag:
        return self.board.find(id=f"row-{candidate.pk}")

    def shown(self) -> str:
        """What a person sees, in order; two boards with the same text are the same board."""
        return re.sub(r"\s+", " ", re.sub(r">\s+|\s+<", lambda m: m[0].strip(), str(self.board)))


def _order(row: Tag) -> tuple:
    return (row.get("data-needs-me", ""), row["data-order"], int(row["data-candidate"]))
