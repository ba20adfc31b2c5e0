"""The words that people read of topics: names and help in each language, from a file beside the handlers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from engine.errors import Invalid

FILE = "texts.toml"
LANGUAGES = ("zh_CN", "en")
Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Texts:
    """Names and help of topics, fields and values: each entry maps a language to a name, and `help` a language to a sentence."""

    topics: Mapping[str, Said] = field(default_factory=dict)
    fields: Mapping[str, Said] = field(default_factory=dict)
    values: Mapping[str, Said] = field(default_factory=dict)

    def of_field(self, topic: str, name: str) -> Said:
        """Return what is said of a topic's field: under the topic, else under the field's own name."""
        return self.fields.get(f"{topic}.{name}") or self.fields.get(name) or {}


def read_texts(package: str) -> Texts:
    """Return the texts of a package of handlers, none when it has no such file. Raises Invalid for a file that cannot be read."""
    found = files(package).joinpath(FILE)
    if not found.is_file():
        return Texts()
    try:
        return Texts(**tomllib.loads(found.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise Invalid(f"the texts of {package} in {FILE} cannot be read: {error}") from error
