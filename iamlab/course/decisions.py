"""Exercises of `11-how-a-decision-is-made`."""

from __future__ import annotations

from iamlab.course.ceilings import AtMost, LetsInAtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Choice, Demands, Forecast, MayCall, MayNotCall, NearMiss, Option
from iamlab.course.documents import allow, policy, role_arn, statement, trust, user_arn
from iamlab.course.scene import Bucket, Group, ManagedPolicy, Role, Scene, User

_LESSON = "11-how-a-decision-is-made"

# ---------------------------------------------------------------- who can help
WHO_CAN_HELP = Exercise(
    id=f"{_LESSON}/who-can-help",
    title="Who can help?",
    level=1,
    question=(
        "An administrator of a member account has `AdministratorAccess`. She deletes a bucket of her account and "
        "reads:\n\n"
        "> … is not authorized to perform: s3:DeleteBucket on resource: … **with an explicit deny in a service "
        "control policy**: arn:aws:organizations::123456789012:policy/…\n\n"
        "Who can change this?"
    ),
    test=Choice(
        (
            Option(
                "a",
                "She herself: she attaches a policy that allows `s3:DeleteBucket` to her user.",
                "An Allow never beats an explicit Deny, and her own policies allow it already.",
                mistake="an Allow against a Deny",
            ),
            Option(
                "b",
                "The root user of the member account.",
                "SCPs bind the root user of a member account as well. Only the management account's own principals "
                "are beyond them.",
                mistake="root believed to be above SCPs",
            ),
            Option(
                "c",
                "Whoever administers the organisation, in its management account.",
                "The message names the layer: a service control policy, and even its ARN. SCPs are written and "
                "attached in the management account.",
                right=True,
            ),
            Option(
                "d",
                "Whoever owns the bucket policy.",
                "The message would say *in a resource-based policy*. Always read its end: it names the layer.",
                mistake="the wrong layer",
            ),
        )
    ),
    starter='answer = None  # "a", "b", "c" or "d"\n',
    hints=(
        "The end of the message tells which kind of policy denied.",
        "Service control policies belong to AWS Organizations.",
        "Only one account of an organisation can change its SCPs.",
    ),
    solution_code='answer = "c"\n',
    reason="Half of troubleshooting is finding the layer. The message names it; then you know whom to ask.",
    wrong_answers=(
        WrongAnswer("an Allow against a Deny", 'answer = "a"\n'),
        WrongAnswer("root believed to be above SCPs", 'answer = "b"\n'),
        WrongAnswer("the wrong layer", 'answer = "d"\n'),
    ),
)

# ---------------------------------------------------------------- one policy for everybody
_HOME = """\
document = {
    "Version": "%s",
    "Statement": {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": "arn:aws:s3:::%s",
    },
}
iam.put_group_policy(
    GroupName="Writers",
    PolicyName="OwnFolder",
    PolicyDocument=json.dumps(document),
)
"""
_MINE = {"Bucket": "writers-home", "Key": "writer-ada/novel.txt"}
_HERS = {"Bucket": "writers-home", "Key": "writer-bob/poem.txt"}

OWN_FOLDER = Exercise(
    id=f"{_LESSON}/own-folder",
    title="One policy, a folder for each",
    level=2,
    question=(
        "The users `writer-ada` and `writer-bob` are in the group `Writers`. The bucket `writers-home` has a folder "
        "for each: `writer-ada/` and `writer-bob/`.\n\n"
        "Write **one** policy, `OwnFolder`, on the group, so that everybody can read and write objects "
        "(`s3:GetObject`, `s3:PutObject`) in **their own folder** only. It must also work for people who join next "
        "year."
    ),
    scene=Scene(
        users=(User("writer-ada"), User("writer-bob")),
        groups=(Group("Writers", ("writer-ada", "writer-bob")),),
        buckets=(Bucket("writers-home", ("writer-ada/novel.txt", "writer-bob/poem.txt")),),
    ),
    test=Demands(
        (
            MayCall(
                Ask("user/writer-ada", "s3", "GetObject", _MINE),
                "`writer-ada` cannot read her own folder yet.",
                "own folder closed",
                near=(
                    NearMiss(
                        "Allow",
                        "Resource",
                        "The action is right, but the resource does not match her folder. A *variable* stands for the "
                        "caller's name: `${aws:username}`, with the dollar sign. (Variables need version `2012-10-17`; "
                        "in older policies they are plain text.)",
                        "the variable does not work",
                    ),
                ),
            ),
            MayNotCall(
                Ask("user/writer-ada", "s3", "GetObject", _HERS),
                "`writer-ada` can also read the folder of `writer-bob`.",
                "everybody's folder",
            ),
            MayCall(
                Ask("user/writer-bob", "s3", "PutObject", _HERS),
                "It works for `writer-ada`, but `writer-bob` cannot write into his folder. One policy has to fit both.",
                "written for one person",
            ),
            AtMost(
                Ask("user/writer-ada", "s3", "GetObject", _MINE),
                allow("s3:GetObject", "s3:PutObject", on="arn:aws:s3:::writers-home/${aws:username}/*"),
                "Everybody has their own folder, and still more.",
                everybody=True,
            ),
        )
    ),
    hints=(
        "The policy must contain something that is different for each caller.",
        "The variable is `${aws:username}`. It stands in the resource, where the folder's name would stand.",
        '`"Resource": "arn:aws:s3:::writers-home/${aws:username}/*"`, with `"Version": "2012-10-17"`.',
    ),
    solution_code=_HOME % ("2012-10-17", "writers-home/${aws:username}/*"),
    reason="Policies with variables grow with the team: nobody has to touch them when somebody joins.",
    wrong_answers=(
        WrongAnswer("allows more than was asked", _HOME % ("2012-10-17", "writers-home/${aws:username}*")),
        WrongAnswer("everybody's folder", _HOME % ("2012-10-17", "writers-home/*")),
        WrongAnswer("written for one person", _HOME % ("2012-10-17", "writers-home/writer-ada/*")),
        WrongAnswer("the variable does not work", _HOME % ("2012-10-17", "writers-home/{aws:username}/*")),
        WrongAnswer(
            "own folder closed", 'iam.tag_user(UserName="writer-ada", Tags=[{"Key": "a", "Value": "b"}])\n'
        ),
    ),
)

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

# ---------------------------------------------------------------- all layers at once
_ALL = """\
answer = {
    "kai reads report.txt": %s,
    "kai writes report.txt": %s,
    "the role Press reads report.txt": %s,
    "lou reads report.txt": %s,
}
"""
_REPORT = {"Bucket": "quarterly", "Key": "report.txt"}

ALL_LAYERS = Exercise(
    id=f"{_LESSON}/all-layers",
    title="Several layers at once",
    level=3,
    question=(
        "The bucket `quarterly` has this policy:\n\n"
        "```json\n"
        "[\n"
        f'    {{"Effect": "Allow", "Principal": {{"AWS": ["{user_arn("kai")}",\n'
        f'                                           "{role_arn("Press")}"]}},\n'
        '     "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::quarterly/*"},\n'
        '    {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",\n'
        '     "Resource": "arn:aws:s3:::quarterly/*"}\n'
        "]\n"
        "```\n\n"
        "- `kai` has no policy, and the boundary `OnlyTables` (it allows `dynamodb:*`).\n"
        "- The role `Press` has no policy either, and the same boundary.\n"
        "- `lou` has `s3:*` on `*`, and no boundary.\n\n"
        "Say for each line whether it will be allowed."
    ),
    scene=Scene(
        managed=(ManagedPolicy("OnlyTables", allow("dynamodb:*")),),
        users=(User("kai", boundary="OnlyTables"), User("lou", {"S3": allow("s3:*")})),
        roles=(Role("Press", trust({"Service": "ec2.amazonaws.com"}), boundary="OnlyTables"),),
        buckets=(
            Bucket(
                "quarterly",
                ("report.txt",),
                policy(
                    statement("Allow", ("s3:GetObject", "s3:PutObject"), "arn:aws:s3:::quarterly/*")
                    | {"Principal": {"AWS": [user_arn("kai"), role_arn("Press")]}},
                    statement("Deny", ("s3:PutObject",), "arn:aws:s3:::quarterly/*") | {"Principal": "*"},
                ),
            ),
        ),
    ),
    test=Forecast(
        asks={
            "kai reads report.txt": Ask("user/kai", "s3", "GetObject", _REPORT),
            "kai writes report.txt": Ask("user/kai", "s3", "PutObject", _REPORT),
            "the role Press reads report.txt": Ask("role/Press", "s3", "GetObject", _REPORT),
            "lou reads report.txt": Ask("user/lou", "s3", "GetObject", _REPORT),
        },
        explains={
            "kai reads report.txt": "The bucket policy names the *user* directly. Such a grant needs no policy of "
            "`kai`'s own, and a boundary that is silent does not limit it.",
            "kai writes report.txt": "The second statement denies writing to everybody. An explicit Deny always wins.",
            "the role Press reads report.txt": "The bucket policy names the *role*. A session of it needs no policy "
            "of its own then, but its boundary still counts, and the boundary does not allow S3.",
            "lou reads report.txt": "In one account it is enough that one side allows: `lou`'s own policy does, and "
            "the bucket's Deny is about writing only.",
        },
    ),
    starter=_ALL % ("None", "None", "None", "None"),
    hints=(
        "First look for an explicit Deny. Then ask who is named in the bucket policy, and how.",
        "A user's ARN in `Principal` is the strongest grant; a role's ARN is limited by the role's boundary.",
        "Two are allowed, two are denied.",
    ),
    solution_code=_ALL % ("True", "False", "False", "True"),
    reason="These four lines are the whole of AWS's evaluation logic in one account. Across accounts, both sides must "
    "allow.",
    wrong_answers=(
        WrongAnswer("kai reads report.txt", _ALL % ("False", "False", "False", "True")),
        WrongAnswer("kai writes report.txt", _ALL % ("True", "True", "False", "True")),
        WrongAnswer("the role Press reads report.txt", _ALL % ("True", "False", "True", "True")),
        WrongAnswer("lou reads report.txt", _ALL % ("True", "False", "False", "False")),
    ),
)

EXERCISES = (WHO_CAN_HELP, OWN_FOLDER, EXTERNAL_ID, OWN_PROJECT, ALL_LAYERS)
