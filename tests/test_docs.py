"""What the README says is true."""

import re
import tomllib
from pathlib import Path

import click

from assistant.settings import Settings
from scheduler.__main__ import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_readme() -> None:
    assert [name.upper() for name in Settings.model_fields if f"`{name.upper()}`" not in README] == []


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert set(re.findall(r"(?:`|^    )make ([a-z]+)", README, re.MULTILINE)) <= targets


def test_every_command_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"aftercare ([a-z][a-z-]*)", README))

    assert named <= set(cli.list_commands(click.Context(cli)))


def test_every_file_that_the_readme_names_exists() -> None:
    named = re.findall(r"\]\(([^)#]+)\)", README) + re.findall(
        r"`((?:messages|assistant|scheduler|tests)/[^`]*)`", README
    )

    assert [name for name in named if "://" not in name and not (ROOT / name).exists()] == []


def test_every_version_in_pyproject_is_pinned() -> None:
    pinned = {
        line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]

    names = [re.split(r"[\[<>=]", line)[0].lower() for line in wanted]
    assert [name for name in names if name not in pinned] == []
