"""The blueprint of all LTI pages, and the page that a refusal is.

No limit counts by address: a whole campus may have one, and a refusal costs no more than a verification.
"""

import logging

from flask import Response, request

from backmark.grader.lti.refusals import LaunchRefused, RefusalReason
from backmark.grader.web.http import framing
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.service import service

_log = logging.getLogger(__name__)

#: Posts come from other sites by design: each has a guard of its own.
pages = Pages("lti", __name__, guarded=False)


@pages.errorhandler(LaunchRefused)
def refuse(refused: LaunchRefused) -> Response:
    """Show the refusal, in whatever frame it is: there is nothing on that page to be tricked into."""
    # Not the path: an invitation is a secret.
    _log.info("LTI refused", extra={"route": request.endpoint, "reason": str(refused.reason)})
    framing.allow_any_frame()
    return page("lti/refused.html", 403, says=str(refused), bare=True)


def own_address(path: str) -> str:
    """Return the public URL of a path of ours. Raises LaunchRefused if the settings have none."""
    address = service().settings.own_url(path)
    if address is None:
        says = (
            "This server does not know its own address, which an LMS needs. The operator must set BACKMARK_PUBLIC_URL."
        )
        raise LaunchRefused(RefusalReason.NO_ADDRESS, says)
    return address
