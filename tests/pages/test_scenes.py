"""Every page by axe, light on a desktop and dark on a phone: the difference is in the style sheets alone."""

import pytest

from tests.pages.browser import LOOKS
from tests.pages.conftest import Opening
from tests.pages.house import House
from tests.pages.scenes import SCENES

#: By day a scene of each page; nightly the others of the same page.
BY_DAY = frozenset(
    {
        *("home", "help", "sign-in", "missing", "progress", "superseded"),
        *("hand-in", "hand-in-late", "hand-in-held-back", "verdict-held-back"),
        *("verdict-no_relu_derivative", "verdict-right", "verdict-hostile", "verdict-two", "verdict-late"),
        *("staff-courses", "staff-settings", "staff-invitation", "staff-invitation-accepted", "staff-course"),
        *("staff-assignment", "staff-revision", "staff-publish", "staff-publication-refused", "staff-notifications"),
        *("staff-submissions", "staff-submission", "staff-delete", "staff-retried", "staff-regrades", "staff-regrade"),
        *("staff-regrade-form", "staff-regrade-apply", "staff-marks", "staff-marks-override", "staff-policy"),
        *("staff-extensions", "staff-roster", "staff-log", "staff-gradebook", "staff-scores"),
        *("messages-verdict", "messages-first", "messages-questions", "messages-submission"),
    }
)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in BY_DAY else pytest.mark.nightly) for name in SCENES]
)
def test_axe_finds_nothing_serious_and_nothing_sticks_out(house: House, opening: Opening, name: str) -> None:
    window = opening()
    SCENES[name](house, window)
    for scheme, size in LOOKS:
        window.restyle(scheme, size)
        assert window.faults() == []
        assert not window.overflows()


def test_every_scene_by_day_is_one() -> None:
    assert set(SCENES) >= BY_DAY
