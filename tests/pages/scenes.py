"""What there is to see, each as it is reached: by name, for pictures and for tests that look at every page."""

from collections.abc import Callable

from tests.pages.browser import Window
from tests.pages.house import House
from tests.pages.scenes_marks import SCENES as MARKS
from tests.pages.scenes_messages import SCENES as MESSAGES
from tests.pages.scenes_staff import SCENES as STAFF
from tests.pages.scenes_student import SCENES as STUDENT

SCENES: dict[str, Callable[[House, Window], None]] = {**STUDENT, **STAFF, **MARKS, **MESSAGES}
