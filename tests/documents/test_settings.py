"""docs/operating.md tells exactly the settings that there are, with their defaults, and its examples can be used."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from engine.errors import Invalid
from tests.documents.pages import blocks, rows, section, text_of
from watchbill.secret import secret_key
from watchbill.settings import Settings, default_home, load_settings

TEXT = text_of("docs/operating.md")
OF_HOME = ("home", "database_url", "secret_key")
TOLD = {name.strip("`"): (default, what) for name, default, what in rows(section(TEXT, "Settings"))}


def shown(default: Any) -> str:
    """Return a default as the table writes it."""
    return "none" if default is None else f"`{default}`"


def test_every_setting_is_told_in_order() -> None:
    assert list(TOLD) == list(Settings.model_fields)


@pytest.mark.parametrize("name", [name for name, field in Settings.model_fields.items() if name not in OF_HOME])
def test_each_default_is_the_one_that_is_told(name: str) -> None:
    assert TOLD[name][0] == shown(Settings.model_fields[name].default)


def test_the_defaults_that_lie_in_the_home_are_the_ones_that_are_told(tmp_path: Path) -> None:
    assert [Settings.model_fields[name].default for name in OF_HOME] == [PydanticUndefined, "", ""]
    told = TOLD["home"][0].split("`")[1]
    assert str(default_home({"HOME": str(tmp_path)})) == told.replace("~", str(tmp_path))
    assert Settings(home=tmp_path).url == f"sqlite:///{tmp_path / TOLD['database_url'][0].split('`')[1]}"
    key = secret_key(Settings(home=tmp_path))
    assert (tmp_path / TOLD["secret_key"][0].split("`")[1]).read_bytes() == key


def test_the_example_of_a_file_is_read(tmp_path: Path) -> None:
    (block,) = blocks(TEXT, "toml")
    (tmp_path / "watchbill.toml").write_text(block[1], encoding="utf-8")
    settings = load_settings({"WATCHBILL_HOME": str(tmp_path)})
    assert settings.model_dump(include=set(tomllib.loads(block[1]))) == tomllib.loads(block[1])
    assert load_settings({"WATCHBILL_HOME": str(tmp_path), "WATCHBILL_PORT": "8099"}).port == 8099


def test_an_unknown_setting_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "watchbill.toml").write_text("prot = 8080\n", encoding="utf-8")
    with pytest.raises(Invalid, match="prot"):
        load_settings({"WATCHBILL_HOME": str(tmp_path)})
