"""Comments on tasks, and what is attached to them: kept, told in the history, and never shown by a browser."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace

import generic_camunda_client as camunda
import pycamunda.task
import pytest
import requests

from engine import commands, queries
from engine.people import SYSTEM
from tests.rest.conftest import PASSWORD
from tests.rest.test_tasks import anns_client, at, facts, review  # noqa: F401  # fixtures
from tests.runtime.diagrams import DIVIDES

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def archive(*names):
    """A ZIP archive with files of these names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as writing:
        for name in names:
            writing.writestr(name, "x")
    return made.getvalue()


def attach(caller, task_id, content, *, name="note.dat", claimed=None, expect=200, **fields):
    """Attach a file as a browser does; return the answer's JSON."""
    part = (io.BytesIO(content), name) if claimed is None else (io.BytesIO(content), name, claimed)
    answer = caller("POST", f"/engine-rest/task/{task_id}/attachment/create", data={"content": part, **fields})
    assert answer.status_code == expect, answer.get_data(as_text=True)
    return answer.get_json()


class TestComments:
    """What people say about a task."""

    def test_clients_write_and_read_comments(self, house, review, server, anns_client):  # noqa: F811
        made = camunda.TaskCommentApi(anns_client).create_comment(review, comment_dto=camunda.CommentDto(message=" Pump is hot 🔥\n"))
        assert (made.user_id, made.message, made.task_id, made.time) == ("Ann", "Pump is hot 🔥", review, house.clock.now())
        assert made.links[0].href == f"{server}/engine-rest/task/{review}/comment/{made.id}"
        asked = pycamunda.task.CommentGetList(f"{server}/engine-rest", review)
        asked.auth = ("Bob", PASSWORD)
        assert [(each.id_, each.message) for each in asked()] == [(made.id, "Pump is hot 🔥")]
        assert camunda.TaskCommentApi(anns_client).get_comment(review, made.id).message == "Pump is hot 🔥"
        assert facts(house, review) == [("task.commented", "Ann", {"comment": made.id, "message": "Pump is hot 🔥"})]

    def test_comments_come_in_order_and_are_read_when_the_task_has_ended_but_no_more_are_written(self, ann, review):  # noqa: F811
        for message in ("first", "second", "third"):
            ann.post(f"/engine-rest/task/{review}/comment/create", {"message": message})
        ann.post(f"/engine-rest/task/{review}/complete", expect=204)
        assert [each["message"] for each in ann.get(f"/engine-rest/task/{review}/comment")] == ["first", "second", "third"]
        ann.post(f"/engine-rest/task/{review}/comment/create", {"message": "late"}, expect=409)

    def test_a_suspended_task_can_be_talked_about(self, house, ann, review):  # noqa: F811
        commands.suspend(house, queries.task(house, review, actor=SYSTEM).instance_id, actor=SYSTEM)
        ann.post(f"/engine-rest/task/{review}/comment/create", {"message": "why?"})

    def test_a_comment_of_another_task_is_not_found(self, house, ann, review):  # noqa: F811
        commands.start(house, "two_steps", actor=SYSTEM)
        (other,) = [each["id"] for each in ann.get("/engine-rest/task") if each["id"] != review]
        made = ann.post(f"/engine-rest/task/{other}/comment/create", {"message": "here"})
        ann.get(f"/engine-rest/task/{review}/comment/{made['id']}", expect=404)

    @pytest.mark.parametrize("message", ["", " \n", "x" * 10_001, "a\x00b", "\ud800", None, 5])
    def test_a_comment_that_says_nothing_or_cannot_be_kept_is_refused(self, ann, review, message):  # noqa: F811
        ann.post(f"/engine-rest/task/{review}/comment/create", {"message": message}, expect=400)
        assert ann.get(f"/engine-rest/task/{review}/comment") == []

    def test_a_task_that_is_done_anew_after_a_failure_keeps_what_was_said(self, house, deploy, ann, olga):
        deploy(DIVIDES)
        commands.start(house, "divides", variables={"people": 1}, actor=SYSTEM)
        ask = at(house, "ask")
        ann.post(f"/engine-rest/task/{ask}/comment/create", {"message": "noted"})
        ann.post(f"/engine-rest/task/{ask}/bpmnError", {"errorCode": "lost"}, expect=204)
        (failure,) = queries.failures(house, actor=SYSTEM).items
        commands.retry(house, failure.id, actor=SYSTEM)
        assert at(house, "ask") == ask
        assert [each["message"] for each in ann.get(f"/engine-rest/task/{ask}/comment")] == ["noted"]


class TestFiles:
    """Files are known by their content."""

    def test_a_client_attaches_reads_and_removes_a_file(self, house, review, anns_client, tmp_path):  # noqa: F811
        api = camunda.TaskAttachmentApi(anns_client)
        (tmp_path / "burnt pump.png").write_bytes(PNG)
        made = api.add_attachment(
            review,
            attachment_name="burnt pump.png",
            attachment_description="as found",
            attachment_type="image/png",
            content=str(tmp_path / "burnt pump.png"),
        )
        assert (made.name, made.description, made.type, made.url) == ("burnt pump.png", "as found", "image/png", None)
        assert [each.id for each in api.get_attachments(review)] == [made.id]
        assert api.get_attachment(review, made.id).create_time == house.clock.now()
        (digest,) = [data["hash"] for kind, _, data in facts(house, review) if kind == "task.attached"]
        assert digest == hashlib.sha256(PNG).hexdigest()

    def test_a_file_is_answered_to_be_saved_and_never_to_be_shown(self, ann, review):  # noqa: F811
        made = attach(ann, review, b"<script>alert(1)</script>", name="泵 图.html", claimed="text/html")
        assert made["type"] == "text/plain"
        answer = ann("GET", f"/engine-rest/task/{review}/attachment/{made['id']}/data")
        assert answer.data == b"<script>alert(1)</script>"
        assert answer.mimetype == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == "attachment; filename=\"_ _.html\"; filename*=UTF-8''%E6%B3%B5%20%E5%9B%BE.html"

    def test_a_file_with_a_chinese_name_goes_over_the_wire(self, house, ann, review, server):  # noqa: F811
        made = attach(ann, review, PNG, name="泵.png")
        url = f"{server}/engine-rest/task/{review}/attachment/{made['id']}/data"
        answer = requests.get(url, auth=("Ann", PASSWORD), timeout=30)
        assert (answer.status_code, answer.content) == (200, PNG)

    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (PNG, "image/png"),
            (b"\xff\xd8\xff\xe0abc", "image/jpeg"),
            (b"GIF89a...", "image/gif"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            (b"%PDF-1.7\n", "application/pdf"),
            (b"\x1f\x8b\x08", "application/gzip"),
            (archive("readme.txt"), "application/zip"),
            (
                archive("[Content_Types].xml", "word/document.xml"),
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            (archive("[Content_Types].xml", "xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ("泵已坏\n".encode(), "text/plain"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text/plain"),
            (b"\x00\x01\x02\xff", "application/octet-stream"),
        ],
    )
    def test_the_type_of_a_file_is_what_its_content_is(self, ann, review, content, kind):  # noqa: F811
        assert attach(ann, review, content, claimed="application/octet-stream")["type"] == kind

    def test_a_file_that_claims_to_be_another_and_a_program_are_refused(self, ann, review):  # noqa: F811
        assert "content is application/pdf" in attach(ann, review, b"%PDF-1.7", claimed="image/png", expect=400)["message"]
        fields = {"attachment-type": "application/pdf"}
        assert "content is image/png" in attach(ann, review, PNG, claimed="image/png", expect=400, **fields)["message"]
        for program in (b"MZ\x90", b"\x7fELF\x02", b"#!/bin/sh\n"):
            assert "is a program" in attach(ann, review, program, expect=400)["message"]
        assert ann.get(f"/engine-rest/task/{review}/attachment") == []

    def test_a_file_that_is_too_large_or_empty_is_refused(self, house, ann, review):  # noqa: F811
        house.settings = replace(house.settings, max_attachment_bytes=100)
        attach(ann, review, b"x" * 100)
        assert "101 bytes" in attach(ann, review, b"x" * 101, expect=400)["message"]
        attach(ann, review, b"", expect=400)

    @pytest.mark.parametrize(
        ("name", "kept"),
        [("../../etc/passwd", "passwd"), ("C:\\temp\\plan.txt", "plan.txt"), ("plan.txt", "plan.txt")],
    )
    def test_a_name_loses_its_path(self, ann, review, name, kept):  # noqa: F811
        assert attach(ann, review, b"x", **{"attachment-name": name})["name"] == kept

    @pytest.mark.parametrize("name", ["a\r\nSet-Cookie: x", "x" * 256, "plan\u202efdp.exe", "a\x00b", "/", "  "])
    def test_a_name_that_could_deceive_is_refused(self, ann, review, name):  # noqa: F811
        attach(ann, review, b"x", expect=400, **{"attachment-name": name})

    def test_a_file_is_removed_by_who_has_the_task_and_the_history_keeps_that_it_was_there(self, house, calls, ann, review):  # noqa: F811
        made = attach(ann, review, PNG)
        path = f"/engine-rest/task/{review}/attachment/{made['id']}"
        calls("Bob").delete(path, expect=403)
        ann.post(f"/engine-rest/task/{review}/claim", {"userId": "Ann"}, expect=204)
        ann.delete(path)
        ann.get(path, expect=404)
        ann.get(f"{path}/data", expect=404)
        ann.delete(path, expect=404)
        assert facts(house, review)[-1] == ("task.attachment_removed", "Ann", {"attachment": made["id"], "name": "note.dat"})

    def test_a_file_is_read_when_the_task_has_ended_but_no_more_are_attached(self, ann, review):  # noqa: F811
        made = attach(ann, review, b"before")
        ann.post(f"/engine-rest/task/{review}/complete", expect=204)
        assert ann("GET", f"/engine-rest/task/{review}/attachment/{made['id']}/data").data == b"before"
        attach(ann, review, b"after", expect=409)

    def test_a_file_of_another_task_is_not_found(self, house, ann, review):  # noqa: F811
        commands.start(house, "two_steps", actor=SYSTEM)
        (other,) = [each["id"] for each in ann.get("/engine-rest/task") if each["id"] != review]
        made = attach(ann, other, b"x")
        ann.get(f"/engine-rest/task/{review}/attachment/{made['id']}", expect=404)
        ann.get(f"/engine-rest/task/{review}/attachment/{made['id']}/data", expect=404)


class TestAddresses:
    """What lies elsewhere is attached by its address."""

    def test_an_address_is_kept_and_has_no_content_here(self, ann, review):  # noqa: F811
        path = f"/engine-rest/task/{review}/attachment"
        made = ann("POST", f"{path}/create", data={"url": "https://wiki.example/pump"}).get_json()
        assert (made["name"], made["type"], made["url"]) == ("wiki.example", None, "https://wiki.example/pump")
        said = ann.get(f"{path}/{made['id']}/data", expect=404)
        assert "https://wiki.example/pump" in said["message"]

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "wiki", "http://", "http://[", "https://x/\r\n", ""])
    def test_what_is_no_address_of_the_web_is_refused(self, ann, review, url):  # noqa: F811
        assert ann("POST", f"/engine-rest/task/{review}/attachment/create", data={"url": url}).status_code == 400

    def test_one_thing_is_attached_at_a_time(self, ann, review):  # noqa: F811
        path = f"/engine-rest/task/{review}/attachment/create"
        both = {"url": "https://wiki.example/", "content": (io.BytesIO(b"x"), "x.txt")}
        two = {"content": (io.BytesIO(b"x"), "x.txt"), "more": (io.BytesIO(b"y"), "y.txt")}
        for data in (both, two, {"attachment-name": "x"}, {"colour": "red", "url": "https://wiki.example/"}):
            assert ann("POST", path, data=data).status_code == 400
        assert ann("POST", path, json={"url": "https://wiki.example/"}).status_code == 400
