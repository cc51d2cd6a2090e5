"""What an assistant may do, and what only an instructor may: each operation and each form is in one list."""

import re

import pytest
from flask import Flask

from backmark.grader.model.records import Scope
from backmark.grader.model.terms import Policy
from backmark.grader.store.store import Store
from tests.web.asking import Asker
from tests.web.visitor import HOME, Visitor

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - guards nothing

UDL = f"{HOME}/assignments/udl-7.2"
#: By the API, beside what `submit` and `read` may.
ASSISTANT = {
    *(
        "list_extensions",
        "give_extensions",
        "put_extension",
        "remove_extension",
        "list_overrides",
        "put_override",
        "remove_override",
    ),
    *("list_outages", "read_course_marks", "read_course_roster", "read_source", "read_kit"),
    *("list_publications", "read_publication", "list_scores", "read_roster_reading", "list_audit", "list_staff"),
    *("list_regrades", "read_regrade", "read_report", "read_comparison"),
    *("add_note", "remove_note", "list_questions", "answer_question"),
}
INSTRUCTOR = {
    *("put_policy", "remove_policy", "add_outage", "remove_outage", "publish", "forget_student", "export_course"),
    *("put_course_roster", "put_roster_entry", "remove_roster_entry", "make_link", "end_links", "end_student_links"),
    *("ask_for_regrade", "apply_regrade", "roll_back_regrade", "cancel_regrade", "resume_regrade"),
    *(
        "send_scores",
        "request_roster_reading",
        "retry_submission",
        "ask_class",
        "retry_submissions",
        "delete_submission",
    ),
    *("create_notification", "list_notifications", "read_notification", "rotate_notification", "test_notification"),
    *("remove_notification", "list_deliveries"),
    *("change_course", "invite", "list_invitations", "withdraw_invitation", "remove_staff"),
}
ADMINISTRATOR = {"create_course", "delete_course", "create_token", "list_tokens", "revoke_token"}
IN_COURSE = "/courses/<course>"
#: The one form of administrators.
DELETION = f"{IN_COURSE}/delete"
#: Forms that an assistant sends; every other one of a course's is an instructor's.
ASSISTANT_FORMS = {
    *("extend_section", "extend_by_table", "remove_extension"),
    *("add_note", "remove_note", "answer_question"),
    *("give_override", "give_extension", "copy_mark", "fill_table", "cancel_submission"),
}


@pytest.fixture
def assistant(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store, "course", Scope.ASSIST)


def by_scope(app: Flask) -> dict[str, set[str]]:
    """The operations of the API by the scope that its document says they need."""
    paths = app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    operations: dict[str, set[str]] = {}
    for operation in (each for path in paths.values() for each in path.values()):
        match = re.search(r"Needs the scope `(\w+)`", operation["description"])
        operations.setdefault(match[1] if match else "", set()).add(operation["operationId"])
    return operations


def test_each_operation_is_for_one_role(app: Flask) -> None:
    operations = by_scope(app)
    assert operations["assist"] == ASSISTANT
    assert operations["staff"] == INSTRUCTOR
    assert operations["admin"] >= ADMINISTRATOR
    assert operations["operate"] == {"read_metrics"}


def test_an_assistant_may_do_what_a_portal_may_and_an_instructor_what_an_assistant_may(
    store: Store,
) -> None:
    tokens = [store.tokens.create("x", "course", {scope})[0] for scope in (Scope.READ, Scope.ASSIST, Scope.STAFF)]
    assert [token.allows(Scope.READ) for token in tokens] == [True, True, True]
    assert [token.allows(Scope.SUBMIT) for token in tokens] == [False, True, True]
    assert [token.allows(Scope.ASSIST) for token in tokens] == [False, True, True]
    assert [token.allows(Scope.STAFF) for token in tokens] == [False, False, True]
    assert not any(token.allows(scope) for scope in (Scope.AUTHOR, Scope.OPERATE, Scope.ADMIN) for token in tokens)


def test_an_assistant_grades_by_the_api_and_sets_no_policy(app: Flask, store: Store) -> None:
    asker = Asker.with_token(app, store, "course", Scope.ASSIST)
    place = "/courses/course/assignments/udl-7.2"
    body = {"share": 0.5, "reason": "seen"}
    assert asker.ask("PUT", f"{place}/overrides/ada", json=body).status_code == 200
    assert asker.ask("PUT", f"{place}/extensions/ada", json={"attempts": 2, "reason": "ill"}).status_code == 200
    refused = asker.ask("PUT", f"{place}/policy", json={"late": 10})
    assert (refused.status_code, refused.get_json()["type"]) == (403, "/problems/forbidden")
    assert asker.post("/courses/course/invitations", json={}).status_code == 403
    assert asker.ask("PATCH", "/courses/course", json={"title": "Mine"}).status_code == 403


def test_each_form_of_a_page_refuses_assistants_but_for_those_by_which_they_grade(
    app: Flask, store: Store, assistant: Visitor
) -> None:
    forms = [
        rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.rule.startswith(f"{IN_COURSE}/") and rule.rule != DELETION
    ]
    refused = set()
    for rule in forms:
        path = rule.rule.replace("<course>", "course").replace("<assignment>", "udl-7.2").replace("<student>", "ada")
        answer = assistant.post(re.sub(r"<\w+>", "x", path))
        if answer.status_code == 403:
            assert "Only instructors may do this" in answer.text
            refused.add(rule.endpoint.rpartition(".")[2])
    assert {rule.endpoint.rpartition(".")[2] for rule in forms} - refused == ASSISTANT_FORMS
    assert len(refused) > 15
    assert store.courses.audit("course").items == ()


def test_an_assistant_sees_the_pages_without_the_forms_of_instructors(
    app: Flask, store: Store, assistant: Visitor
) -> None:
    store.courses.set_policy("course", "udl-7.2", Policy(late=10), "prof")
    instructor = Visitor(app, store)
    for path, words in (
        (HOME, "Publish an assignment"),
        (UDL, "Make a link"),
        (f"{UDL}/policy", "Save the policy"),
        (f"{HOME}/roster", "Replace the roster"),
        (f"{HOME}/log", "Export the course"),
        (f"{HOME}/settings", "Make an invitation"),
    ):
        assert words in instructor.get(path)
        assert words not in assistant.get(path)
    assistant.get(f"{HOME}/publish", 403)
    assistant.get(f"{UDL}/regrade", 403)
    assistant.get(f"{HOME}/export", 403)
    assistant.get(f"{UDL}/marks")
