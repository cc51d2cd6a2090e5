"""The course that a launch is of."""

from backmark.grader.lti.identity import course_name, early_course_name
from backmark.grader.store.store import Store


def find_course(store: Store, platform: str, deployment: str, context: str) -> str:
    """Return our name of a course, which need not be recorded yet.

    An early course, from when deployments were not told apart, stays the course of all that had launched by then: which
    of them made it was not recorded. If nothing is known of that time, since the platform was removed and registered
    again, it stays the course of every deployment.
    """
    early = early_course_name(platform, context)
    known = store.launches.context(early)
    if known is not None:
        deployments = store.platforms.early_deployments(platform)
        if deployment in deployments or known.deployment not in deployments:
            return early
    return course_name(platform, deployment, context)
