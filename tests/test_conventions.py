"""The rules of the house, read from the code itself. Each failure says the rule and the way out."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parent.parent
APPS = ("sessions_app", "candidates", "incidents")  # each may import those before it
PRODUCT = (*APPS, "pix_surveillance")
BANNED_NAMES = {"utils", "helpers", "common", "misc", "base", "manager", "core"}
LONGEST = {"product": 300, "tests": 500}

# Inside an app, from the purest to what people touch; a module may import its own layer and
# those before it. A module that no line names is a service.
LAYERS = (
    {"states", "timing", "identity", "rehearsal", "stages", "categories", "entries", "codes"}
    | {"frame_text", "languages"},
    {"models", "security_models", "display", "facts"}
    | {"former_reports", "memberships", "purge_models"},
    {"services"},
    {"views", "supervisor_views", "entry_views", "pv_views", "consumers", "api", "admin"}
    | {"reopening_views", "invitation_views"}
    | {"urls", "forms", "asgi"},
)
# Where what is asked from outside comes in: they decide nothing and write nothing.
EDGES = {"views", "supervisor_views", "consumers", "board", "display", "stages"}
EDGES |= {"entry_views", "pv_views", "reopening_views"}
WRITES = {"update", "save", "create", "delete", "bulk_create", "bulk_update"}
WRITES |= {"get_or_create", "update_or_create"}
# What people type or are sent to find something: only access.py looks it up.
OUTSIDE_KEYS = {"number", "number__in", "access_code", "supervisor_code"}
KEY_READERS = {"access", "admin", "import"}  # access.py, admin_….py, import_….py
# What a person runs in a terminal may write to it.
COMMANDS = {"management", "simulation"}


@cache
def modules() -> dict[Path, ast.Module]:
    """Every Python file of the product but its migrations, parsed."""
    paths = [path for app in PRODUCT for path in sorted((ROOT / app).rglob("*.py"))]
    paths = [path for path in [*paths, ROOT / "manage.py"] if path.parent.name != "migrations"]
    return {path: ast.parse(path.read_text()) for path in paths}


@cache
def every_file() -> list[Path]:
    """All that people write here: code, scripts, styles, pages, and the tests."""
    folders = [*PRODUCT, "static", "templates", "tests", "docs", "deploy", ".ci"]
    found = [path for name in folders for path in (ROOT / name).rglob("*") if path.is_file()]
    kinds = {".py", ".js", ".css", ".html", ".md", ".txt", ".sh"}
    return sorted(
        path for path in found if path.suffix in kinds and "__pycache__" not in path.parts
    )


def templates() -> list[Path]:
    return [path for path in every_file() if path.suffix == ".html" and "tests" not in path.parts]


def where(path: Path, line: int = 0) -> str:
    return f"{path.relative_to(ROOT)}:{line}" if line else str(path.relative_to(ROOT))


def layer(name: str) -> int:
    """Of a module `app.part.module`, which level; admin's own modules are at the edge too."""
    name = "admin" if name.startswith("admin") else name
    levels = [level for level, names in enumerate(LAYERS) if name in names]
    return levels[0] if levels else 2


def imports(path: Path, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every module of ours that a file imports, dotted, those inside functions included."""
    package = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) - node.level]) if node.level else ""
            module = ".".join(filter(None, [start, node.module or ""]))
            for alias in node.names:
                yield f"{module}.{alias.name}", node.lineno


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(node: ast.expr) -> str:
    """`a.b.c` of such an expression; the last name for anything more complicated."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return ""


def names_in(node: ast.expr) -> list[str]:
    """Every name of a chain of calls such as `Candidate.objects.filter(…).update`."""
    return [getattr(each, "id", getattr(each, "attr", "")) for each in ast.walk(node)]


def texts(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every string of a file but its docstrings, which may explain anything."""
    spoken = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in spoken
        ):
            yield node.value, node.lineno


def is_module(path: Path, app: str, *names: str) -> bool:
    return path in {ROOT / app / f"{name}.py" for name in names}


# Who knows whom


def test_imports_go_one_way():
    wrong = []
    for path, tree in modules().items():
        app = path.relative_to(ROOT).parts[0]
        if app not in APPS:
            continue
        later = (*APPS[APPS.index(app) + 1 :], "pix_surveillance", "tests")
        wrong += [
            f"{where(path, line)} imports {name}"
            for name, line in imports(path, tree)
            if name.split(".")[0] in later
        ]
    assert wrong == [], (
        "Imports go incidents → candidates → sessions_app, inside functions too. To reach a later "
        f"app, use a reverse relation, a template, or let it register itself: {wrong}"
    )


def test_inside_an_app_rules_know_no_pages():
    wrong = []
    for path, tree in modules().items():
        app = path.relative_to(ROOT).parts[0]
        if app not in APPS or path.parent != ROOT / app:
            continue
        for name, line in imports(path, tree):
            known, *rest = name.split(".")
            is_ours = known in APPS and rest and (ROOT / known / f"{rest[0]}.py").exists()
            if is_ours and layer(rest[0]) > layer(path.stem):
                wrong.append(f"{where(path, line)} imports {name}")
    assert wrong == [], (
        "Pure tables ← models ← services ← views, consumers, api, admin, forms: a module imports "
        f"its own layer and those before it, never one after: {wrong}"
    )


# One door for each thing


def test_only_the_journal_writes_events():
    wrong = [
        where(path, call.lineno)
        for path, tree in modules().items()
        if not is_module(path, "sessions_app", "journal")
        for call in calls(tree)
        if name_of(call.func) == "SessionEvent"
        or (
            getattr(call.func, "attr", "") in WRITES
            and {"SessionEvent", "events"} & set(names_in(call.func))
        )
    ]
    assert wrong == [], f"Call journal.record(): it alone writes events, with version: {wrong}"


def test_only_the_journal_announces():
    wrong = [
        f"{where(path, node.lineno)} {name_of(node)}"
        for path, tree in modules().items()
        if not is_module(path, "sessions_app", "journal", "live")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and name_of(node) in {"live.hear", "hub.hear"}
    ]
    wrong += [
        where(path, line)
        for path, tree in modules().items()
        if not is_module(path, "sessions_app", "journal")
        for text, line in texts(tree)
        if "pg_notify" in text.lower()
    ]
    assert wrong == [], f"journal.record() announces, with the commit; nobody else: {wrong}"


def test_only_journal_and_hub_speak_listen_and_notify():
    wrong = [
        where(path, line)
        for path, tree in modules().items()
        if not is_module(path, "sessions_app", "journal", "live")
        for text, line in texts(tree)
        if re.match(r"\s*(UN)?(LISTEN|NOTIFY)\b", text)
    ]
    assert wrong == [], f"LISTEN is in live.py (once a process), NOTIFY in journal.py: {wrong}"


def test_only_access_finds_by_a_key_from_outside():
    wrong = []
    for path, tree in modules().items():
        if path.stem.split("_")[0] in KEY_READERS or COMMANDS & set(path.parts):
            continue
        asked = {id(node.value) for node in ast.walk(tree) if getattr(node, "attr", "") == "exists"}
        wrong += [
            f"{where(path, call.lineno)} {keyword.arg}="
            for call in calls(tree)
            if isinstance(call.func, ast.Attribute)
            and call.func.attr in {"get", "filter", "exclude"}
            for keyword in call.keywords
            if keyword.arg in OUTSIDE_KEYS and id(call) not in asked
        ]
    assert wrong == [], (
        "What comes from outside becomes an object in access.py only, which checks the right to "
        f"it at the same place: {wrong}"
    )


def test_views_and_consumers_ask_access_for_their_objects():
    wrong = [
        f"{where(path, call.lineno)} .{call.func.attr}({keyword.arg}=…)"
        for path, tree in modules().items()
        if path.stem in EDGES - {"board"} or path.stem == "api"
        for call in calls(tree)
        if getattr(call.func, "attr", "") in {"get", "filter", "in_bulk"}
        if "objects" in names_in(call.func)
        for keyword in call.keywords
        if keyword.arg in {"pk", "id", "pk__in", "id__in"}
    ]
    assert wrong == [], f"Fetch through access.py, which refuses what is not theirs: {wrong}"


def test_pages_write_nothing():
    wrong = [
        f"{where(path, call.lineno)} .{call.func.attr}()"
        for path, tree in modules().items()
        if path.stem in EDGES
        for call in calls(tree)
        if isinstance(call.func, ast.Attribute) and call.func.attr in WRITES
    ]
    assert wrong == [], f"Only services write: call one, and let it lock and record: {wrong}"


def test_the_state_of_a_candidate_is_written_through_a_move():
    """`state=` and its companions are given to `turns.move`, which records the event."""
    columns = {"state", "authorized_until", "asks_resume_at", "away_since", "ended_at", "seat"}
    wrong = []
    for path, tree in modules().items():
        if path.parent != ROOT / "candidates" or path.stem in {"turns", "models"}:
            continue
        wrong += [
            f"{where(path, call.lineno)} {', '.join(sorted(written))}"
            for call in calls(tree)
            if getattr(call.func, "attr", "") in WRITES
            if {"Candidate", "candidates"} & set(names_in(call.func))
            if (written := columns & {keyword.arg for keyword in call.keywords})
        ]
    assert wrong == [], f"Move a candidate with turns.move(): row and event together: {wrong}"


def test_no_model_signals():
    wrong = [
        f"{where(path, line)} imports {name}"
        for path, tree in modules().items()
        for name, line in imports(path, tree)
        if name.startswith("django.db.models.signals") or name == "django.dispatch.receiver"
    ]
    assert wrong == [], f"What happens must be read in the service that does it: {wrong}"


# What reaches the browser


def test_no_text_is_declared_safe_in_code():
    unsafe = {"mark_safe", "SafeString", "SafeText", "html_safe"}
    wrong = [
        f"{where(path, node.lineno)} {name}"
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if (name := getattr(node, "attr", getattr(node, "id", getattr(node, "name", ""))))
        in unsafe | {"__html__"}
    ]
    wrong += [
        f"{where(path, call.lineno)} {name_of(call.func)}"
        for path, tree in modules().items()
        for call in calls(tree)
        if name_of(call.func).split(".")[-1] in {"format_html", "format_html_join"}
        if not all(isinstance(each, ast.Constant) for each in call.args[:1])
    ]
    assert wrong == [], (
        "Let templates escape. format_html() takes a literal pattern and the values beside it, "
        f"never an f-string: {wrong}"
    )


FORBIDDEN_IN_PAGES = {
    r"\|\s*safe(seq)?\b": "the filter `safe` lets names run as code",
    r"\{%\s*autoescape\s+off": "a page always escapes",
    r"<script\b(?![^>]*application/json)[^>]*>(?!\s*</script>)": "scripts are files in static/js",
    r"<style\b": "styles are files in static/css: the policy refuses others",
    r"""\sstyle\s*=""": "styles are files in static/css: the policy refuses others",
    r"""\son[a-z]+\s*=\s*["'{]""": "handlers are in static/js: the policy refuses others",
    r"""\shx-on\b""": "handlers are in static/js: the policy refuses others",
    r"javascript:": "a link is an address",
    r"""(src|href)\s*=\s*["'](https?:)?//""": "nothing comes from another site",
}


@pytest.mark.parametrize(("pattern", "reason"), FORBIDDEN_IN_PAGES.items())
def test_no_page_holds(pattern, reason):
    wrong = []
    for path in templates():
        text = re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", path.read_text())
        found = re.finditer(pattern, text, re.IGNORECASE)
        wrong += [where(path, text.count("\n", 0, match.start()) + 1) for match in found]
    assert wrong == [], f"{reason}: {wrong}"


@pytest.mark.parametrize("path", templates(), ids=where)
def test_every_page_parses(path):
    folder = next(parent for parent in path.parents if parent.name == "templates")
    get_template(str(path.relative_to(folder)))


# What keeps files readable


def test_no_file_is_too_long():
    wrong = {}
    for path in every_file():
        if path.suffix not in {".py", ".js", ".css", ".html"}:
            continue
        is_long = {"tests", "migrations"} & set(path.parts)
        lines, limit = path.read_text().count("\n"), LONGEST["tests" if is_long else "product"]
        if lines > limit:
            wrong[where(path)] = lines
    assert wrong == {}, f"Aim at 40 to 150 lines a file; split by what it speaks of: {wrong}"


def test_names_of_modules_say_what_is_inside():
    wrong = [
        where(path)
        for path in every_file()
        if path.suffix in {".py", ".js"}
        and {path.stem, *path.relative_to(ROOT).parent.parts} & BANNED_NAMES
    ]
    assert wrong == [], f"A drawer of that name fills with anything; name what it does: {wrong}"


def test_nothing_is_left_to_do_in_the_code():
    marks = "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"])
    wrong = [
        where(path, number)
        for path in every_file()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(rf"\b({marks})\b", line)
    ]
    assert wrong == [], f"Do it, or open an issue and leave the code clean: {wrong}"


def test_nothing_is_printed():
    wrong = [
        where(path, call.lineno)
        for path, tree in modules().items()
        if not COMMANDS & set(path.parts)
        for call in calls(tree)
        if name_of(call.func) in {"print", "pprint", "breakpoint"}
    ]
    assert wrong == [], f"Log with identifiers only, through logging; names never: {wrong}"


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("name", ["skip", "skipif", "xfail", "importorskip"])
def test_no_test_is_put_aside(name):
    wrong = [
        where(path, node.lineno)
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == name
        if name_of(node).startswith("pytest.")
    ]
    assert wrong == [], f"A test that does not run proves nothing; repair it or delete it: {wrong}"
