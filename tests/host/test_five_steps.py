"""The README's five steps, pasted as they stand into a shop of another kind, which is then shopped in."""

import difflib
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.host.readme import steps

pytestmark = pytest.mark.sql

HERE = Path(__file__).parent
PLUGIN = HERE.parents[1] / "recommendations"
MOST_LINES = 40
POSTGRES = os.environ.get("TEST_POSTGRES_URL")

END = None
PLACES = {
    "settings.py, at the end": ("bookshop/settings.py", END),
    "settings.py, on SQLite alone": None if POSTGRES else ("bookshop/settings.py", END),
    "products/catalogue.py, a new file": ("products/catalogue.py", END),
    "urls.py, at the end": ("bookshop/urls.py", END),
    "the checkout view, with its imports": ("orders/views.py", "from orders.models import"),
    "the checkout view, where the order": ("orders/views.py", "OrderLine.objects.bulk_create("),
    "base.html, in the head": ("templates/base.html", "<meta charset"),
    "product.html, below the product": ("templates/product.html", '<p class="views">'),
    "cart.html, below the cart": ("templates/cart.html", "<a href=\"{% url 'checkout' %}\">"),
    "any page, for whoever looks at it": ("templates/yours.html", "<h1>"),
    "settings.py, with Celery": ("bookshop/settings.py", END),
    "templates/recommendations/card.html, a new file": ("templates/recommendations/card.html", END),
}
"""Where each block goes: at a file's end, or below the line that begins so and indented as it is; None: nowhere."""
ASYNCHRONOUS_PAGE = "templates/hours.html"


class Shop:
    """A copy of the bookshop's project, with the plugin importable as if installed, and databases of its own."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder / "project"
        shutil.copytree(HERE / "project", self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("history.py", "shopping.py"):
            shutil.copy(HERE / name, self.folder)
        installed = folder / "installed"
        installed.mkdir()
        (installed / "recommendations").symlink_to(PLUGIN)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))},
            "DJANGO_SETTINGS_MODULE": "bookshop.settings",
            "PYTHONPATH": str(installed),
            "PYTHONDONTWRITEBYTECODE": "1",
            **({"DATABASE_URL": database_url} if database_url else {}),
        }

    def run(self, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 (our own interpreter)
            [sys.executable, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout[-8000:]}\n{done.stderr[-4000:]}"
        return done.stdout + done.stderr

    def paste(self, lines: tuple[str, ...], name: str, anchor: str | None) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        text = path.read_text().splitlines() if path.exists() else []
        if anchor is END:
            text += lines
        else:
            (at,) = (number for number, line in enumerate(text) if line.strip().startswith(anchor))
            indent = text[at][: len(text[at]) - len(text[at].lstrip())]
            text[at + 1 : at + 1] = [indent + line for line in lines]
        path.write_text("\n".join(text) + "\n")

    def changes(self) -> list[str]:
        """Every line that differs from the shop as it was, with its + or -, without blank ones."""
        found = []
        for path in sorted(self.folder.rglob("*")):
            if path.suffix in (".py", ".html") and path.name not in ("history.py", "shopping.py"):
                before = HERE / "project" / path.relative_to(self.folder)
                lines = before.read_text().splitlines() if before.exists() else []
                found += [
                    line for line in difflib.ndiff(lines, path.read_text().splitlines()) if line[:2] in ("+ ", "- ")
                ]
        return [line for line in found if line[2:].strip()]


@pytest.fixture(scope="module")
def database_url():
    """A database of the shop's own on the tests' PostgreSQL server; empty where the shop is on SQLite."""
    if not POSTGRES:
        yield ""
        return
    name = f"bookshop_{uuid4().hex}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield f"{POSTGRES.rpartition('/')[0]}/{name}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def shop(tmp_path_factory, database_url):
    """The bookshop with a history, after the steps."""
    shop = Shop(tmp_path_factory.mktemp("host"), database_url)
    shop.run("history.py")
    blocks = steps()
    for block in blocks:
        place = None if block.language == "sh" else place_of(block.label)
        if place is not None:
            shop.paste(block.lines, *place)
    for command in (line for block in blocks if block.language == "sh" for line in block.lines):
        program, *arguments = shlex.split(command)
        if program == "python":
            shop.run(*arguments)
    return shop


def place_of(label):
    (found,) = (PLACES[start] for start in PLACES if label.startswith(start))
    return found


def test_every_place_of_the_table_is_one_of_the_readme_s():
    labels = [block.label for block in steps() if block.language != "sh"]
    assert len(labels) == len(PLACES)
    for label in labels:
        place_of(label)


def test_the_steps_add_at_most_forty_lines_and_change_none(shop):
    changes = shop.changes()
    assert [line for line in changes if line.startswith("-")] == []
    assert len(changes) <= MOST_LINES, "\n".join(changes)


def test_the_project_is_in_order_after_the_steps(shop):
    shop.run("manage.py", "check", "--fail-level", "WARNING")
    shop.run("manage.py", "makemigrations", "--check", "--dry-run")


def test_whoever_shops_there_is_served_and_counted(shop):
    (anywhere,) = (block for block in steps() if block.label.startswith("any page"))
    shop.paste(anywhere.lines, ASYNCHRONOUS_PAGE, END)
    shop.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", ".", "shopping.py")
