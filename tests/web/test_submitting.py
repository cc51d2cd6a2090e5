"""Handing in: JSON or a form, recorded once, told to the workers."""

from tests.web.asking import Asker


def test_a_submission_is_recorded_and_its_address_told(portal: Asker) -> None:
    answer = portal.submit()
    assert answer.status_code == 202
    assert answer.json["state"] == "queued"
    assert answer.headers["Location"] == f"/api/v1/submissions/{answer.json['id']}"
    assert int(answer.headers["Retry-After"]) >= 1
    status = portal.get(f"/submissions/{answer.json['id']}")
    print(status.json)
    assert status.status_code == 200
