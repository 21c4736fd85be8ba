"""Every issue code: found in its place where it belongs, silent where it doesn't, and mended by its fix.

The rows stand in `rows_errors.py`, `rows_warnings.py` and `rows_suggestions.py`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

import runpy
from collections import Counter
from pathlib import Path

import pytest

from iamlab.policy import Policy, Severity
from iamlab.policy.validation.codes import CODES, OMITTED

HERE = Path(__file__).parent
ROWS = [
    row
    for name in ("rows_errors", "rows_warnings", "rows_suggestions")
    for row in runpy.run_path(str(HERE / f"{name}.py"))["ROWS"]
]
IDS = [row[0] for row in ROWS]


def marked(text: str) -> tuple[str, set[tuple[int, int]]]:
    """The policy without its «marks», and the stretches between them."""
    spans, plain, start = set(), [], 0
    for char in text:
        if char == "«":
            start = len(plain)
        elif char == "»":
            spans.add((start, len(plain)))
        else:
            plain.append(char)
    return "".join(plain), spans


def findings(text: str, kind: str):
    name, _, resource_type = kind.partition(" ")
    return Policy(text).findings(name, resource_type=resource_type or None)


@pytest.mark.parametrize(("code", "kind", "bad", "good"), ROWS, ids=IDS)
def test_a_mistake_is_found_in_its_place(code, kind, bad, good):
    text, places = marked(bad)
    found = [finding for finding in findings(text, kind) if finding.code == code]
    assert {(finding.span.start, finding.span.end) for finding in found} == places
    assert len(found) == len(places)
    for finding in found:
        assert finding.message
        assert not finding.message.endswith(".")
        assert finding.why
        assert finding.learn_more.startswith("https://docs.aws.amazon.com/")
        assert finding.severity is CODES[code].severity


@pytest.mark.parametrize(("code", "kind", "bad", "good"), ROWS, ids=IDS)
def test_what_is_right_is_not_reported(code, kind, bad, good):
    assert code not in {finding.code for finding in findings(marked(good)[0], kind)}


@pytest.mark.parametrize(("code", "kind", "bad", "good"), ROWS, ids=IDS)
def test_a_fix_mends_its_finding_and_breaks_nothing(code, kind, bad, good):
    text, _ = marked(bad)
    before = findings(text, kind)
    for finding in before:
        if finding.fix is None:
            continue
        mended = finding.fix.apply(text)
        assert mended != text, finding
        after = findings(mended, kind)
        assert Counter(f.code for f in after)[finding.code] < Counter(f.code for f in before)[finding.code], (
            finding
        )
        new = Counter(errors(after))
        new.subtract(Counter(errors(before)))
        assert not [error for error, more in new.items() if more > 0], finding


def errors(found):
    return [finding.code for finding in found if finding.severity is Severity.ERROR]


@pytest.mark.parametrize(("code", "kind", "bad", "good"), ROWS, ids=IDS)
def test_a_policy_without_the_mistake_has_no_error_at_all(code, kind, bad, good):
    assert errors(findings(marked(good)[0], kind)) in ([], ["MISSING_STATEMENT"])


def test_every_code_has_a_row():
    assert set(IDS) == set(CODES)


# What AWS lists, by finding type.
AWS = {
    Severity.ERROR: """
        ARN_ACCOUNT_NOT_ALLOWED ARN_REGION_NOT_ALLOWED DATA_TYPE_MISMATCH
        DUPLICATE_KEYS_WITH_DIFFERENT_CASE EMPTY_VARIABLE FEDERATED_PRINCIPAL_NOT_SUPPORTED
        INVALID_ACTION INVALID_ARN_ACCOUNT INVALID_ARN_PREFIX INVALID_ARN_REGION
        INVALID_ARN_RESOURCE INVALID_ARN_SERVICE_CASE INVALID_CONDITION_DATA_TYPE
        INVALID_CONDITION_KEY_FORMAT INVALID_CONDITION_MULTIPLE_BOOLEAN INVALID_CONDITION_OPERATOR
        INVALID_EFFECT INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY
        INVALID_GLOBAL_CONDITION_KEY INVALID_KMS_KEY_VALUE INVALID_PARTITION INVALID_POLICY_ELEMENT
        INVALID_PRINCIPAL_FORMAT INVALID_PRINCIPAL_KEY INVALID_REGION INVALID_SERVICE
        INVALID_SERVICE_CONDITION_KEY INVALID_SERVICE_IN_ACTION INVALID_SERVICE_PRINCIPAL_FORMAT
        INVALID_VARIABLE_FOR_OPERATOR INVALID_VERSION INVALID_VPCE_FORMAT INVALID_VPC_FORMAT
        JSON_SYNTAX_ERROR MISMATCHED_ACTION_FOR_PRINCIPAL MISSING_ACTION
        MISSING_ACTION_FOR_CONDITION_KEY MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY
        MISSING_ARN_ACCOUNT MISSING_ARN_FIELD MISSING_ARN_REGION MISSING_BRACE_IN_VARIABLE
        MISSING_EFFECT MISSING_PRINCIPAL MISSING_QUALIFIER MISSING_QUOTE_IN_VARIABLE
        MISSING_RESOURCE MISSING_STATEMENT MISSING_TAG_KEY_IN_CONDITION NULL_WITH_IF_EXISTS
        POLICY_SIZE_EXCEEDS_RCP_QUOTA POLICY_SIZE_EXCEEDS_SCP_QUOTA PRIVATE_IP_ADDRESS
        PRIVATE_NOT_IP_ADDRESS RCP_SYNTAX_ERROR_ACTION RCP_SYNTAX_ERROR_ALLOW
        RCP_SYNTAX_ERROR_NOTACTION RCP_SYNTAX_ERROR_PRINCIPAL
        ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE
        ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL SCP_SYNTAX_ERROR_ACTION_WILDCARD
        SCP_SYNTAX_ERROR_ALLOW_CONDITION SCP_SYNTAX_ERROR_ALLOW_NOTACTION
        SCP_SYNTAX_ERROR_ALLOW_RESOURCE SCP_SYNTAX_ERROR_NOTRESOURCE SCP_SYNTAX_ERROR_PRINCIPAL
        TYPE_MISMATCH_IP_RANGE UNIQUE_SIDS_REQUIRED UNSUPPORTED_ACTION_FOR_CONDITION_KEY
        UNSUPPORTED_ACTION_IN_POLICY UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL
        UNSUPPORTED_ELEMENT_COMBINATION UNSUPPORTED_GLOBAL_CONDITION_KEY UNSUPPORTED_PRINCIPAL
        UNSUPPORTED_RESOURCE_ARN_IN_POLICY UNSUPPORTED_SID UNSUPPORTED_SPACE_IN_VARIABLE
        UNSUPPORTED_WILDCARD_IN_PRINCIPAL VARIABLE_UNSUPPORTED_IN_ELEMENT
        VARIABLE_UNSUPPORTED_IN_VERSION VARIABLE_USAGE_TOO_PERMISSIVE WILDCARD_USAGE_TOO_PERMISSIVE""",
    Severity.WARNING: """
        CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE CREATE_SLR_WITH_NOT_RESOURCE
        CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE
        CREATE_SLR_WITH_STAR_IN_RESOURCE CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION
        DEPRECATED_GLOBAL_CONDITION_KEY INVALID_DATE_VALUE INVALID_ROLE_REFERENCE
        INVALID_USER_REFERENCE MISSING_VERSION POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA
        POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA
        SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED TYPE_MISMATCH TYPE_MISMATCH_BOOLEAN
        TYPE_MISMATCH_DATE TYPE_MISMATCH_NUMBER TYPE_MISMATCH_STRING UNIQUE_SIDS_RECOMMENDED
        WILDCARD_WITHOUT_LIKE_OPERATOR""",
    Severity.SECURITY_WARNING: """
        ALLOW_WITH_NOT_PRINCIPAL DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE
        DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE FORALLVALUES_WITH_SINGLE_VALUED_KEY
        MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL MISSING_GITHUB_REPO_CONDITION_KEY
        MISSING_PAIRED_CONDITION_KEYS PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE
        PASS_ROLE_WITH_NOT_RESOURCE PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE
        PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE PASS_ROLE_WITH_STAR_IN_RESOURCE
        PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL""",
    Severity.SUGGESTION: """
        ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE
        ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE CONFIRM_AUDIENCE_CLAIM_TYPE
        EMPTY_ARRAY_ACTION EMPTY_ARRAY_CONDITION EMPTY_ARRAY_CONDITION_FORALLVALUES
        EMPTY_ARRAY_CONDITION_FORANYVALUE EMPTY_ARRAY_CONDITION_IFEXISTS EMPTY_ARRAY_PRINCIPAL
        EMPTY_ARRAY_RESOURCE EMPTY_OBJECT_CONDITION EMPTY_OBJECT_PRINCIPAL EMPTY_SID_VALUE
        IMPROVE_IP_RANGE IRRELEVANT_CONDITION_KEY_IN_POLICY NULL_WITH_QUALIFIER
        PRIVATE_IP_ADDRESS_SUBSET PRIVATE_NOT_IP_ADDRESS_SUBSET
        RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL REDUNDANT_ACTION
        REDUNDANT_CONDITION_VALUE_NUM REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY REDUNDANT_RESOURCE
        REDUNDANT_STATEMENT WILDCARD_IN_SERVICE_NAME""",
}


@pytest.mark.parametrize("severity", Severity)
def test_aws_codes_stand_under_their_severity_and_none_is_forgotten(severity):
    ours = {code.name for code in CODES.values() if code.severity is severity and not code.ours}
    omitted = {code.name for code in OMITTED} if severity is Severity.ERROR else set()
    assert ours | omitted == set(AWS[severity].split())
    assert not ours & omitted
