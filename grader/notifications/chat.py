"""`chat`: a sentence for the channel of a chat, in the JSON that incoming webhooks of Slack and Mattermost take.

A channel may have readers who are no staff: a message names the course and the assignment, and has a link to a page
that asks them to sign in. It has no student, no mark, and no text that anybody wrote.
"""

from collections.abc import Mapping
from types import MappingProxyType

from backmark.grader.model.notifications import Event
from backmark.grader.notifications.kind import NotificationKind, Occurrence

#: The sentence for each event. Names are code, so that no chat reads marks of its own in them.
_SENTENCES: Mapping[Event, str] = MappingProxyType(
    {
        Event.SERVICE_FAILED: (
            "Backmark failed to grade a submission for `{assignment}` in `{course}`; the student did nothing wrong. "
            "Grade it again: {page}"
        ),
        Event.REGRADE_WAITING: (
            "The preview of a regrade of `{assignment}` in `{course}` is ready. Decide whether to apply it: {page}"
        ),
        Event.QUESTION_OPEN: "A student asked about a verdict for `{assignment}` in `{course}`. Answer: {page}",
        Event.TEST: "This is a test message from Backmark for `{course}`. Staff can change which messages come "
        "here: {page}",
    }
)


def write_message(occurrence: Occurrence) -> Mapping[str, object]:
    """Return the message of an event."""
    sentence = _SENTENCES[occurrence.event]
    text = sentence.format(assignment=occurrence.assignment, course=occurrence.course, page=occurrence.page)
    return {"text": text}


KIND = NotificationKind(
    "chat",
    "Chat webhook",
    "Posts a message to a channel of Slack or Mattermost when something needs attention.",
    (Event.SERVICE_FAILED, Event.REGRADE_WAITING, Event.QUESTION_OPEN),
    write_message,
    url_is_secret=True,
)
