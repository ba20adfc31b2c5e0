"""The element templates over HTTP and by the command."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from watchbill.cli import main

PATH = "/element-templates.json"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_topics_of_the_engine_are_told_to_the_staff(ann, house, language):
    told = ann.get(PATH, lang=language)
    assert [each["id"] for each in told] == [f"watchbill.{topic}" for topic in sorted(house.handlers.topics())]


def test_others_are_told_nothing(eve, calls, ann):
    eve.get(PATH, expect=403)
    assert calls(None).get(PATH, expect=401)["status"] == 401
    assert "lang" in ann.get(PATH, lang="fr", expect=400)["detail"]


def test_the_command_writes_them_too():
    written = CliRunner().invoke(main, ["templates", "--lang", "zh_CN"])
    assert (written.exit_code, written.stderr) == (0, "")
    names = {each["id"]: each["name"] for each in json.loads(written.stdout)}
    assert names["watchbill.sla_clock.pause"] == "SLA 时钟：暂停"
