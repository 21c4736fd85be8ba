"""Security warnings (more is allowed than seems meant) and warnings (it works, but perhaps not as thought)."""

from __future__ import annotations

from typing import Final

from iamlab.policy.findings import Severity
from iamlab.policy.validation.codes.code import Code

__all__ = ["ROWS", "SECURITY"]

_PASS_ROLE = (
    "Who may pass any role can hand a service a role that is mightier than they are, and act through it. "
    "Name the roles, or say with `iam:PassedToService` which service may get them."
)
_CREATE_SLR = (
    "Service-linked roles give AWS services rights in the account: say for which services they may be made."
)
_READING = "A value of another type never fits: a positive operator never matches, a negated one always does."

_SECURITY: Final = (
    (
        "ALLOW_WITH_NOT_PRINCIPAL",
        "`Allow` with `NotPrincipal`",
        "It would allow everybody else in the world, anonymous callers included.",
    ),
    (
        "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        "a Deny of all but some actions rests on a tag that not every service hands over",
        "Where a service doesn't put the tag into the request's context, the Deny doesn't apply.",
    ),
    (
        "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        "a Deny rests on a tag that the service doesn't hand over",
        "Where a service doesn't put the tag into the request's context, the Deny doesn't apply.",
    ),
    (
        "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
        "`ForAllValues` with a key that has one value",
        "`ForAllValues` is true when the key is absent, so a request without the key passes the test.",
    ),
    (
        "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL",
        "an OIDC provider is trusted without a condition on its claims",
        "Whoever gets a token from that provider, for whatever application, can assume the role.",
    ),
    (
        "MISSING_GITHUB_REPO_CONDITION_KEY",
        "GitHub is trusted without a condition on the repository",
        "Every workflow of every repository on GitHub could assume the role.",
    ),
    (
        "MISSING_PAIRED_CONDITION_KEYS",
        "a condition key that is safe only beside another",
        "Private addresses are the same in many networks: only the VPC beside them says which network is meant.",
    ),
    ("PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE", "all but some actions on all but some roles", _PASS_ROLE),
    ("PASS_ROLE_WITH_NOT_RESOURCE", "`iam:PassRole` for all but some roles", _PASS_ROLE),
    (
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
        "a wildcard grants `iam:PassRole` for most roles",
        _PASS_ROLE,
    ),
    (
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
        "a wildcard grants `iam:PassRole` for any role",
        _PASS_ROLE,
    ),
    ("PASS_ROLE_WITH_STAR_IN_RESOURCE", "`iam:PassRole` for any role", _PASS_ROLE),
    (
        "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
        "`NotAction` grants `iam:PassRole` for any role",
        _PASS_ROLE,
    ),
    (
        "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL",
        "an AWS service is let in, whoever it acts for",
        "The service acts for all its customers: without a condition on the source, another customer can direct it at "
        "your resource (the confused deputy).",
    ),
)

_WARNINGS: Final = (
    *(
        (name, f"{what} of `iam:CreateServiceLinkedRole`", _CREATE_SLR)
        for name, what in (
            ("CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE", "`NotAction` with `NotResource` grants most"),
            ("CREATE_SLR_WITH_NOT_RESOURCE", "`NotResource` grants most"),
            (
                "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
                "a wildcard action with `NotResource` grants most",
            ),
            (
                "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE",
                "a wildcard action on a wildcard resource grants all",
            ),
            ("CREATE_SLR_WITH_STAR_IN_RESOURCE", "a wildcard resource grants all"),
            (
                "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
                "`NotAction` on a wildcard resource grants all",
            ),
        )
    ),
    (
        "DEPRECATED_GLOBAL_CONDITION_KEY",
        "a global condition key that has a successor",
        "AWS services stop filling in deprecated keys.",
    ),
    (
        "INVALID_DATE_VALUE",
        "a date is given in epoch seconds",
        "Seconds since 1970 are easily misread; a written-out date says the same for people too.",
    ),
    (
        "INVALID_ROLE_REFERENCE",
        "a principal is given as a role's unique id",
        "IAM shows an id where the role has been deleted: a new role of that name has another id, and isn't meant.",
    ),
    (
        "INVALID_USER_REFERENCE",
        "a principal is given as a user's unique id",
        "IAM shows an id where the user has been deleted: a new user of that name has another id, and isn't meant.",
    ),
    (
        "MISSING_VERSION",
        "the policy doesn't say its version",
        "Without `2012-10-17` AWS reads the older language, in which policy variables are plain text.",
    ),
    (
        "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
        "an identity-based policy is too long",
        "IAM refuses to save it. White space doesn't count.",
    ),
    (
        "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
        "a resource-based policy is too long",
        "The service refuses to save it.",
    ),
    (
        "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
        "a role's trust policy is too long",
        "IAM refuses to save it, unless the quota has been raised. White space doesn't count.",
    ),
    (
        "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED",
        "GitHub is trusted with a wildcard in the subject",
        "Whoever can create a branch, a pull request or a repository that fits the pattern can assume the role.",
    ),
    ("TYPE_MISMATCH", "an operator of another type than the key", _READING),
    ("TYPE_MISMATCH_BOOLEAN", "a value is neither `true` nor `false`", _READING),
    ("TYPE_MISMATCH_DATE", "a value is no date", _READING),
    ("TYPE_MISMATCH_NUMBER", "a value is no number", _READING),
    ("TYPE_MISMATCH_STRING", "a value is no base64 text", _READING),
    (
        "UNIQUE_SIDS_RECOMMENDED",
        "two statements have one Sid",
        "The Sid is how people, and some services, tell statements apart.",
    ),
    (
        "WILDCARD_WITHOUT_LIKE_OPERATOR",
        "a wildcard under an operator that knows none",
        "`StringEquals` compares `*` and `?` as characters: the pattern matches nothing but itself.",
    ),
)

SECURITY: Final = tuple(Code(name, Severity.SECURITY_WARNING, what, why) for name, what, why in _SECURITY)

ROWS: Final = (
    *(Code(name, Severity.WARNING, what, why) for name, what, why in _WARNINGS),
    Code(
        "ACTION_WITHOUT_RESOURCE_TYPES",
        Severity.WARNING,
        "an action that only `*` grants stands on specific resources",
        "AWS asks for this action on `*` alone: the statement has no effect on it.",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    ),
    Code(
        "RESOURCE_NOT_FOR_ACTION",
        Severity.WARNING,
        "none of the resources is of a type that the action works on",
        "AWS asks for each action on certain types of resources: on others the statement has no effect.",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    ),
)
