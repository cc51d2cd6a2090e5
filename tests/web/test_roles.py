"""What an assistant may do, and what only an instructor may: each operation and each form is in one list."""

import json
import re
from collections.abc import Mapping

import pytest
from flask import Flask

from backmark.grader.model.assignment import CONTRACT
from backmark.grader.model.publications import KitFiles, RevisionRecord
from backmark.grader.model.records import Scope
from backmark.grader.model.terms import Policy
from backmark.grader.store.publications import NewPublication
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
    *(
        "list_outages",
        "read_course_marks",
        "read_course_gradebook",
        "read_code_groups",
        "read_course_roster",
        "read_source",
        "read_kit",
    ),
    *("list_publications", "read_publication", "list_scores", "read_roster_reading", "list_audit", "list_staff"),
    *("list_regrades", "read_regrade", "read_report", "read_comparison"),
    *("add_note", "remove_note", "list_questions", "answer_question"),
}
INSTRUCTOR = {
    *("put_policy", "remove_policy", "add_outage", "remove_outage", "publish", "forget_student"),
    *("export_course", "export_code"),
    *("put_course_roster", "put_roster_entry", "remove_roster_entry", "make_link", "end_links", "end_student_links"),
    *("ask_for_regrade", "apply_regrade", "roll_back_regrade", "cancel_regrade", "resume_regrade"),
    *(
        "send_scores",
        "try_columns_now",
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


# ---- the solution

#: Words that stand in a solution and in a mistake alone.
SOLVED, MISTAKEN = "return_of_the_solution", "return_of_the_mistake"


@pytest.fixture
def places(store: Store) -> dict[str, str]:
    """Publish an assignment with such words; return what stands for the names in the paths of its pages."""
    settings = {
        "id": "mine",
        "title": "Mine",
        "kind": CONTRACT,
        "entries": ["gradient"],
        "reference": SOLVED,
        "solution": SOLVED,
        "rows": [{"hint": SOLVED}],
        "conventions": [{"reference": SOLVED}],
        "other_solutions": [{"source": SOLVED}],
        "mistakes": [{"id": MISTAKEN, "source": MISTAKEN}],
    }
    drawn = {
        "mistakes": [{"id": MISTAKEN, "title": MISTAKEN, "networks": 3}],
        "statements": [{"file": SOLVED, "line": 1, "rows": [], "edits": 1, "caught": 1, "caught_by_one": []}],
    }
    record = RevisionRecord(
        *("r1", "course", json.dumps(settings), "mine", "Mine", "0" * 64, 0.0),
        catches=((MISTAKEN, 3),),
        preview=json.dumps(drawn),
    )
    store.assignments.publish(record, b"npz", kits=KitFiles(b"closed", SOLVED.encode()))
    publication = store.publications.request(NewPublication("course", "mine", f'solution = "{SOLVED}"')).id
    return {
        "course": "course",
        "assignment": "mine",
        "assignment_id": "mine",
        "revision": "r1",
        "revision_id": "r1",
        "publication": publication,
        "publication_id": publication,
    }


def list_leaks(app: Flask, store: Store, scope: Scope, places: Mapping[str, str]) -> set[str]:
    """Return the operations that send such a word to a token of this scope, by all paths with these names in them."""
    asker, pages = Asker.with_token(app, store, "course", scope), Visitor(app, store, "course", scope)
    leaks = set()
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or not rule.arguments <= places.keys() or "events" in rule.rule:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: places[match[1]], rule.rule)
        for query in ("", "?solution=yes", "?solution=true", "?publication=" + places["publication"]):
            get = asker.get if path.startswith("/api/v1") else pages.client.get
            answer = get(f"{path.removeprefix('/api/v1')}{query}")
            if any(word.encode() in answer.data for word in (SOLVED, MISTAKEN)):
                leaks.add(rule.endpoint)
    return leaks


def test_assistants_get_no_solution_and_no_mistake_whichever_way_they_ask(
    app: Flask, store: Store, places: dict[str, str]
) -> None:
    assert list_leaks(app, store, Scope.ASSIST, places) == set()


def test_instructors_get_what_assistants_do_not(app: Flask, store: Store, places: dict[str, str]) -> None:
    """Or the test above would show nothing."""
    assert list_leaks(app, store, Scope.STAFF, places) == {
        *("assignments.list_assignments", "assignments.read_assignment", "assignments.list_revisions"),
        *("assignments.read_revision", "assignments.read_kit"),
        *("publications.list_publications", "publications.read_publication"),
        *("staff_assignments.read_revision", "staff_assignments.download_kit"),
        *("staff_publications.read_publication", "staff_publications.write_publication"),
    }


def test_an_assistant_gets_the_kit_without_the_solution_and_is_refused_the_other(
    app: Flask, store: Store, assistant: Visitor, places: dict[str, str]
) -> None:
    asker, place = (
        Asker.with_token(app, store, "course", Scope.ASSIST),
        f"/assignments/{places['assignment']}/revisions/r1",
    )
    assert asker.get(f"{place}/kit").data == b"closed"
    refused = asker.get(f"{place}/kit?solution=true")
    assert (refused.status_code, refused.get_json()["type"]) == (403, "/problems/forbidden")
    assert assistant.client.get(f"{HOME}{place}/kit").data == b"closed"
    assert "Only instructors may do this" in assistant.get(f"{HOME}{place}/kit?solution=yes", 403)
    page = assistant.get(f"{HOME}{place}")
    assert ("Download the kit" in page, 'name="solution"' in page) == (True, False)


def test_an_assistant_reads_the_settings_that_students_may_know(
    app: Flask, store: Store, places: dict[str, str]
) -> None:
    path = f"/assignments/{places['assignment']}/revisions/r1"
    assistant, portal = (
        Asker.with_token(app, store, "course", scope).get(path).get_json() for scope in (Scope.ASSIST, Scope.READ)
    )
    assert assistant["settings"] == portal["settings"]
    assert assistant["settings"]["title"] == "Mine"
    assert assistant["catches"] is None
