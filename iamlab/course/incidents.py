"""Exercises of `12-break-and-fix`: ways to more than was meant, each to be closed without closing what is needed.

Every incident is checked at least twice: the calls of the attack must be denied, the calls of the daily work allowed.
`iamlab.analysis` must besides find nothing beyond what the work needs, over all requests; where the way begins at a
user's own policies, no other way from there to an administrator.
"""

from __future__ import annotations

from iamlab.course.incidents_of_doors import OPEN_BUCKET, OPEN_ROLE, PASS_ANYTHING, REWRITE_TRUST
from iamlab.course.incidents_of_users import ATTACH_ANYTHING, GROUP_DOOR, HELP_DESK, NEW_VERSION

EXERCISES = (
    HELP_DESK,
    OPEN_BUCKET,
    GROUP_DOOR,
    NEW_VERSION,
    ATTACH_ANYTHING,
    REWRITE_TRUST,
    OPEN_ROLE,
    PASS_ANYTHING,
)
