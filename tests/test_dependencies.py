"""What is installed is what was locked, with its hashes, and no older than its last known hole."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from django.utils.version import get_version_tuple

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {"django": (5, 2, 17), "daphne": (4, 2, 2), "django-allauth": (65, 19, 4)}


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_no_older_than_its_last_known_hole(name, floor):
    assert get_version_tuple(version(name)) >= floor
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (line,) = [line for line in asked if line.split("[")[0].split(">")[0] == name]
    assert f">={'.'.join(map(str, floor))}" in line


def test_every_package_is_locked_with_its_hashes():
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    files = {each["name"]: [*each.get("wheels", []), each.get("sdist")] for each in locked}
    del files["pix-surveillance"]
    assert len(files) > 50
    for name, all_files in files.items():
        assert all_files != [None], name
        assert all(file["hash"].startswith("sha256:") for file in all_files if file), name
