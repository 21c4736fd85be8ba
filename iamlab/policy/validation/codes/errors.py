"""Errors: what AWS refuses to save, or saves without its ever having the effect that was meant."""

from __future__ import annotations

from typing import Final

from iamlab.policy.findings import Severity
from iamlab.policy.validation.codes.code import Code

__all__ = ["ROWS"]

_ARNS = "AWS compares a resource's ARN part by part: a part that no ARN of the service can have matches no resource."
_NAMES = "AWS ignores names it doesn't know: the statement neither allows nor denies what you meant."
_GRAMMAR = "AWS refuses to save a policy that breaks the grammar."
_ONE_READING = "Two readings of one element would leave open which of them counts, so AWS refuses both."
_KEYS = (
    "A key that no request carries is always absent: positive operators never match, negated ones always do."
)
_VARIABLES = "A variable that can't be read is refused, or compared letter by letter, braces included."
_TRUST = "A role's trust policy says who may become the role: what it can't express is refused."
_WIDE = "The value decides who may come in. A pattern that others can meet lets others in."

_TABLE: Final = (
    ("ARN_ACCOUNT_NOT_ALLOWED", "an ARN of this service carries no account id", _ARNS),
    ("ARN_REGION_NOT_ALLOWED", "an ARN of this service carries no Region", _ARNS),
    ("DATA_TYPE_MISMATCH", "an element has the wrong JSON type", _GRAMMAR),
    (
        "DUPLICATE_KEYS_WITH_DIFFERENT_CASE",
        "one condition key stands twice in a block, in different spellings",
        "Condition keys ignore case, so both spellings are one key. " + _ONE_READING,
    ),
    ("EMPTY_VARIABLE", "a policy variable names no key", _VARIABLES),
    (
        "FEDERATED_PRINCIPAL_NOT_SUPPORTED",
        "a federated principal outside of a role's trust policy",
        "Identities of a provider first become a role session: only a trust policy meets them as federated principals.",
    ),
    ("INVALID_ACTION", "the service has no such action", _NAMES),
    ("INVALID_ARN_ACCOUNT", "the account in an ARN is not 12 digits", _ARNS),
    ("INVALID_ARN_PREFIX", "a resource doesn't begin with `arn:`", _ARNS),
    ("INVALID_ARN_REGION", "the Region in an ARN doesn't exist", _ARNS),
    ("INVALID_ARN_RESOURCE", "no resource type of the service has an ARN of this shape", _ARNS),
    ("INVALID_ARN_SERVICE_CASE", "the service in an ARN holds capital letters", _ARNS),
    (
        "INVALID_CONDITION_DATA_TYPE",
        "the values of one condition key mix JSON types",
        "Text, numbers and booleans in one list leave open how they are to be compared.",
    ),
    ("INVALID_CONDITION_KEY_FORMAT", "a condition key is not of the form `service:name`", _KEYS),
    (
        "INVALID_CONDITION_MULTIPLE_BOOLEAN",
        "a Boolean key has several values",
        "Values of one key are alternatives: `true` or `false` together always match.",
    ),
    (
        "INVALID_CONDITION_OPERATOR",
        "there is no such condition operator",
        "AWS refuses a policy with an operator it doesn't know, since it can't tell whom the statement concerns.",
    ),
    ("INVALID_EFFECT", "the effect is neither `Allow` nor `Deny`", _GRAMMAR),
    (
        "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY",
        "a federated principal is neither a domain name nor a provider's ARN",
        _TRUST,
    ),
    ("INVALID_GLOBAL_CONDITION_KEY", "there is no such global condition key", _KEYS),
    (
        "INVALID_KMS_KEY_VALUE",
        "a condition on a KMS key's ARN compares with something that is none",
        "S3 puts the key's ARN into the request's context, never its alias or bare id: the comparison can't succeed.",
    ),
    ("INVALID_PARTITION", "the partition in an ARN doesn't exist", _ARNS),
    ("INVALID_POLICY_ELEMENT", "there is no such element, or not in this type of policy", _GRAMMAR),
    ("INVALID_PRINCIPAL_FORMAT", "a principal can't be read", _GRAMMAR),
    ("INVALID_PRINCIPAL_KEY", "there is no such kind of principal", _GRAMMAR),
    (
        "INVALID_REGION",
        "a condition names a Region that doesn't exist",
        "No request carries that Region: the condition never matches, or under a negated operator always.",
    ),
    ("INVALID_SERVICE", "there is no service of this name", _NAMES),
    ("INVALID_SERVICE_CONDITION_KEY", "the service has no such condition key", _KEYS),
    ("INVALID_SERVICE_IN_ACTION", "there is no service with this prefix", _NAMES),
    (
        "INVALID_SERVICE_PRINCIPAL_FORMAT",
        "a condition compares with a service principal that has not the form of one",
        "The context holds names such as `lambda.amazonaws.com`: a value of another form never equals one.",
    ),
    (
        "INVALID_VARIABLE_FOR_OPERATOR",
        "a policy variable under an operator that takes none",
        "Only string and ARN operators fill variables in: others compare the text itself, and it never fits.",
    ),
    ("INVALID_VERSION", "the version is none of the policy language", _GRAMMAR),
    (
        "INVALID_VPCE_FORMAT",
        "a condition names a VPC endpoint in a form that no endpoint's id has",
        "The context holds ids such as `vpce-0a1b2c3d`: a value of another form never equals one.",
    ),
    (
        "INVALID_VPC_FORMAT",
        "a condition names a VPC in a form that no VPC's id has",
        "The context holds ids such as `vpc-0a1b2c3d`: a value of another form never equals one.",
    ),
    ("JSON_SYNTAX_ERROR", "the text is not JSON", "AWS reads nothing of a policy that is not JSON."),
    (
        "MISMATCHED_ACTION_FOR_PRINCIPAL",
        "the trusted principal can't use the action",
        "SAML providers come with `sts:AssumeRoleWithSAML`, OIDC providers with `sts:AssumeRoleWithWebIdentity`, all "
        "others with `sts:AssumeRole`: in any other pairing nobody can assume the role.",
    ),
    ("MISSING_ACTION", "a statement has neither `Action` nor `NotAction`", _GRAMMAR),
    (
        "MISSING_ACTION_FOR_CONDITION_KEY",
        "a trust policy tests what only another action passes",
        "Session tags need `sts:TagSession`, a source identity `sts:SetSourceIdentity`: without the action a request "
        "that carries them is denied, and one without them fails the condition.",
    ),
    (
        "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY",
        "IAM Roles Anywhere is trusted without all the actions that it uses",
        "Roles Anywhere assumes the role, tags the session and sets a source identity in one call: it needs all three.",
    ),
    ("MISSING_ARN_ACCOUNT", "an ARN of this service needs an account id", _ARNS),
    ("MISSING_ARN_FIELD", "an ARN has fewer than six parts", _ARNS),
    ("MISSING_ARN_REGION", "an ARN of this service needs a Region", _ARNS),
    ("MISSING_BRACE_IN_VARIABLE", "a policy variable has no closing brace", _VARIABLES),
    ("MISSING_EFFECT", "a statement has no `Effect`", _GRAMMAR),
    ("MISSING_PRINCIPAL", "a statement of a resource-based policy has no `Principal`", _GRAMMAR),
    (
        "MISSING_QUALIFIER",
        "a multivalued key without `ForAllValues` or `ForAnyValue`",
        "A request brings several values at once: without a set operator AWS compares none of them.",
    ),
    ("MISSING_QUOTE_IN_VARIABLE", "the default of a policy variable lacks a quote", _VARIABLES),
    ("MISSING_RESOURCE", "a statement has neither `Resource` nor `NotResource`", _GRAMMAR),
    ("MISSING_STATEMENT", "the policy has no statement", _GRAMMAR),
    ("MISSING_TAG_KEY_IN_CONDITION", "a tag condition key doesn't say which tag", _KEYS),
    (
        "NULL_WITH_IF_EXISTS",
        "`Null` with `IfExists`",
        "`Null` asks whether a key exists, and `IfExists` waives the question: together they mean nothing.",
    ),
    (
        "POLICY_SIZE_EXCEEDS_RCP_QUOTA",
        "a resource control policy is too long",
        "Organizations refuses to save it. White space counts here.",
    ),
    (
        "POLICY_SIZE_EXCEEDS_SCP_QUOTA",
        "a service control policy is too long",
        "Organizations refuses to save it. White space counts here.",
    ),
    (
        "PRIVATE_IP_ADDRESS",
        "`aws:SourceIp` is compared with private addresses only",
        "`aws:SourceIp` holds the public address that AWS sees: a private range never matches.",
    ),
    (
        "PRIVATE_NOT_IP_ADDRESS",
        "`aws:SourceIp` is compared, negated, with private addresses only",
        "`aws:SourceIp` holds the public address that AWS sees: every request lies outside of a private range.",
    ),
    (
        "RCP_SYNTAX_ERROR_ACTION",
        "an action that a resource control policy can't hold",
        "Resource control policies reach some services only, and know `*` only at the end of an action's name.",
    ),
    (
        "RCP_SYNTAX_ERROR_ALLOW",
        "`Allow` in a resource control policy",
        "The one Allow stands in AWS's own `RCPFullAWSAccess`: your policies can only take away.",
    ),
    (
        "RCP_SYNTAX_ERROR_NOTACTION",
        "`NotAction` in a resource control policy",
        "Resource control policies reach some services only: they must name them.",
    ),
    (
        "RCP_SYNTAX_ERROR_PRINCIPAL",
        'the principal of a resource control policy is not `"*"`',
        "A resource control policy speaks of everybody; exceptions stand in its conditions.",
    ),
    (
        "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL",
        "`NotPrincipal` in a role's trust policy",
        _TRUST,
    ),
    (
        "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",
        "`Resource` or `NotResource` in a role's trust policy",
        "A trust policy's resource is the role that it hangs on. " + _TRUST,
    ),
    (
        "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
        "a role that trusts everybody",
        "Any principal of any AWS account could try to become the role.",
    ),
    (
        "SCP_SYNTAX_ERROR_PRINCIPAL",
        "`Principal` in a service control policy",
        "A service control policy speaks of every principal below it; exceptions stand in conditions on "
        "`aws:PrincipalArn`.",
    ),
    (
        "TYPE_MISMATCH_IP_RANGE",
        "a value is no IP address or CIDR range",
        "A value that can't be read as a range matches no address.",
    ),
    (
        "UNIQUE_SIDS_REQUIRED",
        "two statements have one Sid",
        "IAM refuses to save a policy whose Sids repeat.",
    ),
    (
        "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",
        "a condition key that AWS doesn't evaluate for the action",
        _KEYS,
    ),
    (
        "UNSUPPORTED_ACTION_IN_POLICY",
        "an action that this type of resource's policy can't decide",
        "A resource's policy is asked only about actions on that resource.",
    ),
    (
        "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
        "a condition key that the service principal's requests don't carry",
        _KEYS,
    ),
    ("UNSUPPORTED_ELEMENT_COMBINATION", "an element stands beside its negation", _ONE_READING),
    ("UNSUPPORTED_GLOBAL_CONDITION_KEY", "`aws:ARN` is no longer supported", _KEYS),
    (
        "UNSUPPORTED_PRINCIPAL",
        "`Principal` in an identity-based policy",
        "An identity-based policy speaks of the user, group or role that it is attached to.",
    ),
    (
        "UNSUPPORTED_RESOURCE_ARN_IN_POLICY",
        "an ARN that this type of resource's policy can't speak of",
        "A resource's policy is asked only about that resource and what lies in it.",
    ),
    ("UNSUPPORTED_SID", "a Sid holds other characters than letters and digits", _GRAMMAR),
    ("UNSUPPORTED_SPACE_IN_VARIABLE", "a space inside of a policy variable", _VARIABLES),
    (
        "UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
        "a wildcard inside of a principal",
        "Principals are compared as a whole; a pattern belongs into a condition on `aws:PrincipalArn`.",
    ),
    (
        "VARIABLE_UNSUPPORTED_IN_ELEMENT",
        "a policy variable where none is filled in",
        "Variables work in the last part of a resource's ARN and in condition values; elsewhere they are plain text.",
    ),
    (
        "VARIABLE_UNSUPPORTED_IN_VERSION",
        "a policy variable without version `2012-10-17`",
        "In the older language `${aws:username}` is plain text: it equals nobody's name.",
    ),
    ("VARIABLE_USAGE_TOO_PERMISSIVE", "a policy variable leaves too much of an identity open", _WIDE),
    ("WILDCARD_USAGE_TOO_PERMISSIVE", "a wildcard leaves too much of an identity open", _WIDE),
)

ROWS: Final = (
    *(Code(name, Severity.ERROR, what, why) for name, what, why in _TABLE),
    Code(
        "INVALID_VARIABLE",
        Severity.ERROR,
        "a policy variable can't be read",
        _VARIABLES,
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html",
    ),
)
