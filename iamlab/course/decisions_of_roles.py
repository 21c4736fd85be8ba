"""Exercises of lesson 11 about roles: the confused deputy, and attributes instead of names."""

from __future__ import annotations

from iamlab.course.ceilings import AtMost, LetsInAtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Demands, MayCall, MayNotCall, NearMiss
from iamlab.course.documents import allow, policy, role_arn, statement, trust, user_arn
from iamlab.course.scene import Group, Role, Scene, User

_LESSON = "11-how-a-decision-is-made"

# ---------------------------------------------------------------- the confused deputy
_BROKER = f'{{"AWS": "{user_arn("consultant")}"}}'
_EXTERNAL = """\
trust = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": %s,
        "Action": "sts:AssumeRole",%s
    },
}
iam.update_assume_role_policy(RoleName="AuditedByConsultant", PolicyDocument=json.dumps(trust))
"""
_ID_CONDITION = """
        "Condition": {"%s": {"sts:ExternalId": "%s"}},"""
_ASSUME = {"RoleArn": role_arn("AuditedByConsultant"), "RoleSessionName": "audit"}

EXTERNAL_ID = Exercise(
    id=f"{_LESSON}/external-id",
    title="Do not let your consultant be confused",
    level=2,
    question=(
        "The `consultant` audits many companies. For each she assumes a role, and everybody knows what her roles are "
        "called. Somebody who is also her customer could tell her to audit **your** role, and she would not notice: "
        "she is a *confused deputy*.\n\n"
        "You have agreed with her on the external id `unicorn-42`. Change the trust policy of `AuditedByConsultant` so "
        "that she can assume the role **only** when she passes this external id."
    ),
    scene=Scene(
        users=(
            User("consultant", {"Audit": allow("sts:AssumeRole")}),
            User("other-customer", {"All": allow("sts:*")}),
        ),
        roles=(
            Role(
                "AuditedByConsultant",
                trust({"AWS": user_arn("consultant")}),
                {"Look": allow("iam:GetAccountSummary")},
            ),
        ),
    ),
    test=Demands(
        (
            MayNotCall(
                Ask("user/consultant", "sts", "AssumeRole", _ASSUME),
                "The `consultant` can still assume the role without any external id.",
                "no external id needed",
            ),
            MayNotCall(
                Ask("user/consultant", "sts", "AssumeRole", _ASSUME | {"ExternalId": "somebody-else"}),
                "An external id is needed now, but any will do. It has to be yours.",
                "any external id will do",
            ),
            MayCall(
                Ask("user/consultant", "sts", "AssumeRole", _ASSUME | {"ExternalId": "unicorn-42"}),
                "Now the `consultant` cannot assume the role with your external id either.",
                "consultant locked out",
                near=(
                    NearMiss(
                        "Allow",
                        "Condition",
                        "The condition is not true for `unicorn-42`. Check the key (`sts:ExternalId`), the operator "
                        "and the value; upper and lower case of the value count.",
                        "the condition is never true",
                    ),
                ),
            ),
            MayNotCall(
                Ask("user/other-customer", "sts", "AssumeRole", _ASSUME | {"ExternalId": "unicorn-42"}),
                "Anybody of the account who knows the external id can assume the role. It is not a password: keep "
                "the principal, and add the condition.",
                "the external id as a password",
            ),
            LetsInAtMost(
                "role/AuditedByConsultant",
                trust({"AWS": user_arn("consultant")}, {"StringEquals": {"sts:ExternalId": "unicorn-42"}}),
                "The role is open to more than the `consultant` with your external id.",
            ),
        )
    ),
    hints=(
        "A trust policy can have a `Condition`, as every policy.",
        "What the caller passes as `ExternalId` is the condition key `sts:ExternalId`.",
        '`"Condition": {"StringEquals": {"sts:ExternalId": "unicorn-42"}}`',
    ),
    solution_code=_EXTERNAL % (_BROKER, _ID_CONDITION % ("StringEquals", "unicorn-42")),
    reason="The external id ties a request to the customer on whose behalf it is made. It need not be secret; it must "
    "be different for each customer.",
    wrong_answers=(
        WrongAnswer(
            "no external id needed",
            _EXTERNAL % (_BROKER, _ID_CONDITION % ("StringEqualsIfExists", "unicorn-42")),
        ),
        WrongAnswer(
            "lets in more than was asked",
            _EXTERNAL % (_BROKER, _ID_CONDITION % ("StringLike", "unicorn-*")),
        ),
        WrongAnswer("any external id will do", _EXTERNAL % (_BROKER, _ID_CONDITION % ("StringLike", "*"))),
        WrongAnswer(
            "the condition is never true",
            _EXTERNAL % (_BROKER, _ID_CONDITION % ("StringEquals", "Unicorn-42")),
        ),
        WrongAnswer(
            "consultant locked out",
            _EXTERNAL
            % (f'{{"AWS": "{user_arn("other-customer")}"}}', _ID_CONDITION % ("StringEquals", "unicorn-42")),
        ),
        WrongAnswer(
            "the external id as a password",
            _EXTERNAL % ('{"AWS": "123456789012"}', _ID_CONDITION % ("StringEquals", "unicorn-42")),
        ),
    ),
)

# ---------------------------------------------------------------- attributes instead of names
_ABAC = """\
document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": "arn:aws:iam::123456789012:role/*",%s
    },
}
iam.put_group_policy(
    GroupName="Engineers",
    PolicyName="OwnProject",
    PolicyDocument=json.dumps(document),
)
"""
_TAGS = """
        "Condition": {"%s": {"%s": "%s"}},"""
_IN_ACCOUNT = trust({"AWS": "arn:aws:iam::123456789012:root"})


def _to(role: str) -> dict[str, str]:
    return {"RoleArn": role_arn(role), "RoleSessionName": "work"}


OWN_PROJECT = Exercise(
    id=f"{_LESSON}/own-project",
    title="Permissions by tag",
    level=3,
    question=(
        "Every engineer has a tag `project`, and so has every role of a project: `eng-mia` and `MarsDeploy` have "
        "`project = mars`, `eng-noa` and `VenusDeploy` have `project = venus`. The role `Payroll` has no tag.\n\n"
        "Write the policy `OwnProject` on the group `Engineers`: they may assume **the roles of their own project**, "
        "whatever its name. A new project must need no new policy. (All roles trust the account, so your policy "
        "decides.)\n\n"
        "The keys are `aws:ResourceTag/project` (of the role) and `aws:PrincipalTag/project` (of the caller)."
    ),
    scene=Scene(
        users=(
            User("eng-mia", tags={"project": "mars"}),
            User("eng-noa", tags={"project": "venus"}),
            User("eng-new"),
        ),
        groups=(Group("Engineers", ("eng-mia", "eng-noa", "eng-new")),),
        roles=(
            Role("MarsDeploy", _IN_ACCOUNT, tags={"project": "mars"}),
            Role("VenusDeploy", _IN_ACCOUNT, tags={"project": "venus"}),
            Role("Payroll", _IN_ACCOUNT),
        ),
    ),
    test=Demands(
        (
            MayCall(
                Ask("user/eng-mia", "sts", "AssumeRole", _to("MarsDeploy")),
                "`eng-mia` cannot assume `MarsDeploy`, the role of her own project.",
                "own project closed",
                near=(
                    NearMiss(
                        "Allow",
                        "Condition",
                        "The condition is not true for `eng-mia` and `MarsDeploy`, though both have the tag "
                        "`project = mars`. On the right side stands a variable: `${aws:PrincipalTag/project}`, with "
                        "dollar sign and braces.",
                        "not a variable",
                    ),
                ),
            ),
            MayNotCall(
                Ask("user/eng-mia", "sts", "AssumeRole", _to("VenusDeploy")),
                "`eng-mia` can also assume `VenusDeploy`, of a project that is not hers.",
                "every project",
            ),
            MayNotCall(
                Ask("user/eng-mia", "sts", "AssumeRole", _to("Payroll")),
                "`eng-mia` can assume `Payroll`, which has no tag at all. With `IfExists` (or a negated operator) a "
                "missing tag passes.",
                "a missing tag passes",
            ),
            MayCall(
                Ask("user/eng-noa", "sts", "AssumeRole", _to("VenusDeploy")),
                "It works for the project `mars` alone. A new project should not need a new policy.",
                "one project by name",
            ),
            MayNotCall(
                Ask("user/eng-new", "sts", "AssumeRole", _to("Payroll")),
                "`eng-new` has no project yet, and can assume `Payroll`, which has none either.",
                "nothing equals nothing",
            ),
            AtMost(
                Ask("user/eng-mia", "sts", "AssumeRole", _to("MarsDeploy")),
                policy(
                    statement("Allow", ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"))
                    | {
                        "Condition": {
                            "StringEquals": {"aws:ResourceTag/project": "${aws:PrincipalTag/project}"}
                        }
                    },
                    # IAM has a second name for the tags of its own resources.
                    statement("Allow", ("sts:AssumeRole",))
                    | {
                        "Condition": {
                            "StringEquals": {"iam:ResourceTag/project": "${aws:PrincipalTag/project}"}
                        }
                    },
                ),
                "The engineers can assume the roles of their project, and still more.",
                everybody=True,
            ),
        )
    ),
    hints=(
        "One statement with one condition: the tag of the role must equal the tag of the caller.",
        "The role's tag is the *key* of the condition; the caller's tag stands on the right as a variable.",
        '`"Condition": {"StringEquals": {"aws:ResourceTag/project": "${aws:PrincipalTag/project}"}}`',
    ),
    solution_code=_ABAC
    % (_TAGS % ("StringEquals", "aws:ResourceTag/project", "${aws:PrincipalTag/project}")),
    reason="This is *attribute-based access control*. It grows without new policies, and it stands and falls with the "
    "question who may set tags.",
    wrong_answers=(
        WrongAnswer("every project", _ABAC % ""),
        WrongAnswer(
            "not a variable",
            _ABAC % (_TAGS % ("StringEquals", "aws:ResourceTag/project", "aws:PrincipalTag/project")),
        ),
        WrongAnswer(
            "a missing tag passes",
            _ABAC
            % (_TAGS % ("StringEqualsIfExists", "aws:ResourceTag/project", "${aws:PrincipalTag/project}")),
        ),
        WrongAnswer(
            "one project by name", _ABAC % (_TAGS % ("StringEquals", "aws:ResourceTag/project", "mars"))
        ),
        WrongAnswer(
            "nothing equals nothing",
            'document = {"Version": "2012-10-17", "Statement": [\n'
            '    {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*",\n'
            '     "Condition": {"StringEquals": {"aws:ResourceTag/project": "${aws:PrincipalTag/project}"}}},\n'
            '    {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*",\n'
            '     "Condition": {"Null": {"aws:ResourceTag/project": "true", "aws:PrincipalTag/project": "true"}}},\n'
            "]}\n"
            'iam.put_group_policy(GroupName="Engineers", PolicyName="OwnProject", '
            "PolicyDocument=json.dumps(document))\n",
        ),
        WrongAnswer(
            "allows more than was asked",
            (
                _ABAC % (_TAGS % ("StringEquals", "aws:ResourceTag/project", "${aws:PrincipalTag/project}"))
            ).replace('"Action": "sts:AssumeRole"', '"Action": ["sts:AssumeRole", "iam:TagRole"]'),
        ),
        WrongAnswer(
            "own project closed",
            'iam.tag_user(UserName="eng-new", Tags=[{"Key": "project", "Value": "pluto"}])\n',
        ),
    ),
)
