"""Exercises of `03-roles`."""

from __future__ import annotations

from iamlab.course.ceilings import AtMost, LetsInAtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Choice, Demands, Holds, MayCall, MayNotCall, NearMiss, Option
from iamlab.course.documents import allow, role_arn, trust, user_arn
from iamlab.course.scene import Bucket, Role, Scene, User

_ASSUME_REPORT = {"RoleArn": role_arn("ReportReader"), "RoleSessionName": "reading"}
_MAY_ASSUME = {"MayAssume": allow("sts:AssumeRole", on=role_arn("ReportReader"))}
_TRUST = """\
trust = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": %s},
        "Action": "sts:AssumeRole",
    },
}
iam.update_assume_role_policy(
    RoleName="ReportReader",
    PolicyDocument=json.dumps(trust),
)
"""
_INES, _OTTO = f'"{user_arn("ines")}"', f'"{user_arn("otto")}"'

WHO_MAY_WEAR_IT = Exercise(
    id="03-roles/who-may-wear-it",
    title="Let one more person take the role",
    level=1,
    question=(
        "The role `ReportReader` trusts the user `otto`. Change its **trust policy** so that `ines` may assume it as "
        "well. `otto` must keep it, and `eve` must not get it.\n\n"
        "(All three users have a policy that allows them to *call* `sts:AssumeRole` for this role. So only the trust "
        "policy decides.)"
    ),
    scene=Scene(
        users=(User("ines", _MAY_ASSUME), User("otto", _MAY_ASSUME), User("eve", _MAY_ASSUME)),
        roles=(
            Role(
                "ReportReader",
                trust({"AWS": user_arn("otto")}),
                {"Read": allow("s3:GetObject", on="arn:aws:s3:::reports/*")},
            ),
        ),
    ),
    test=Demands(
        (
            MayCall(
                Ask("user/ines", "sts", "AssumeRole", _ASSUME_REPORT),
                "`ines` still cannot assume the role. Whatever her own policies allow: the role's **trust policy** "
                "has to let her in.",
                "the trust policy does not let ines in",
            ),
            MayCall(
                Ask("user/otto", "sts", "AssumeRole", _ASSUME_REPORT),
                "`ines` has the role now, but `otto` has lost it. `update_assume_role_policy` replaces the whole "
                "trust policy: name both users.",
                "otto lost the role",
            ),
            MayNotCall(
                Ask("user/eve", "sts", "AssumeRole", _ASSUME_REPORT),
                "`eve` can assume the role too. The principal `arn:aws:iam::123456789012:root` means *everybody in "
                "this account whose own policy allows it*, and `*` means everybody. Name the two users.",
                "trusts everybody",
            ),
            LetsInAtMost(
                "role/ReportReader",
                trust({"AWS": [user_arn("ines"), user_arn("otto")]}),
                "`ines` and `otto` have the role, and they are not the only ones.",
            ),
        )
    ),
    hints=(
        "A role has two kinds of policies: the trust policy says who may take it, the others say what it may do.",
        "`iam.update_assume_role_policy(RoleName=..., PolicyDocument=...)` replaces the trust policy. `Principal` "
        "takes a list of ARNs.",
        f'`"Principal": {{"AWS": [{_OTTO}, {_INES}]}}`',
    ),
    solution_code=_TRUST % f"[\n            {_OTTO},\n            {_INES},\n        ]",
    reason="The trust policy is the door of the role. Read it first when you want to know who can become something "
    "powerful.",
    wrong_answers=(
        WrongAnswer(
            "the trust policy does not let ines in",
            'document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:*", '
            '"Resource": "*"}}\n'
            'iam.put_user_policy(UserName="ines", PolicyName="More", PolicyDocument=json.dumps(document))\n',
        ),
        WrongAnswer("otto lost the role", _TRUST % _INES),
        WrongAnswer("trusts everybody", _TRUST % '"arn:aws:iam::123456789012:root"'),
        WrongAnswer("trusts everybody", _TRUST % '"*"'),
        WrongAnswer("lets in more than was asked", _TRUST % f'[{_INES}, {_OTTO}, "111122223333"]'),
    ),
)

_ASSUME_BACKUP = {"RoleArn": role_arn("BackupReader"), "RoleSessionName": "nightly"}
_CAT = {"Bucket": "backup-photos", "Key": "cat.jpg"}
_BACKUP = """\
trust = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": %s,
        "Action": "sts:AssumeRole",
    },
}
permissions = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "%s", "Resource": %s},
}
iam.create_role(RoleName="BackupReader", AssumeRolePolicyDocument=json.dumps(trust))
iam.put_role_policy(
    RoleName="BackupReader",
    PolicyName="ReadPhotos",
    PolicyDocument=json.dumps(permissions),
)
"""
_EC2 = '{"Service": "ec2.amazonaws.com"}'
_PHOTOS = '"arn:aws:s3:::backup-photos/*"'

BACKUP_READER = Exercise(
    id="03-roles/backup-reader",
    title="A role for a server",
    level=2,
    question=(
        "Create a role named `BackupReader`:\n\n"
        "- EC2 (the service `ec2.amazonaws.com`) may assume it, no other service;\n"
        "- it may **read the objects** of the bucket `backup-photos` (`s3:GetObject`);\n"
        "- it may not write, and it may not read the bucket `payroll`."
    ),
    scene=Scene(
        to_make=("role/BackupReader",),
        buckets=(Bucket("backup-photos", ("cat.jpg",)), Bucket("payroll", ("may.csv",))),
    ),
    test=Demands(
        (
            Holds(
                lambda bench: bench.stands("role/BackupReader"),
                "There is no role named `BackupReader` yet.",
                "no such role",
            ),
            MayCall(
                Ask("service/ec2.amazonaws.com", "sts", "AssumeRole", _ASSUME_BACKUP),
                'EC2 cannot assume the role. A service is named as `"Principal": {"Service": '
                '"ec2.amazonaws.com"}`.',
                "EC2 is not trusted",
            ),
            MayNotCall(
                Ask("service/lambda.amazonaws.com", "sts", "AssumeRole", _ASSUME_BACKUP),
                "Another service (`lambda.amazonaws.com`) can assume the role too. Trust EC2 only.",
                "trusts other services",
            ),
            MayCall(
                Ask("role/BackupReader", "s3", "GetObject", _CAT),
                "The role cannot read `cat.jpg` in `backup-photos`.",
                "cannot read",
                near=(
                    NearMiss(
                        "Allow",
                        "Resource",
                        "The role has the right action, but not on the objects. `arn:aws:s3:::backup-photos` is the "
                        "bucket itself. Its objects are `arn:aws:s3:::backup-photos/*`.",
                        "the bucket instead of its objects",
                    ),
                ),
            ),
            MayNotCall(
                Ask("role/BackupReader", "s3", "GetObject", {"Bucket": "payroll", "Key": "may.csv"}),
                "The role can read the bucket `payroll` as well. Name the one bucket in `Resource`.",
                "reads every bucket",
            ),
            MayNotCall(
                Ask("role/BackupReader", "s3", "PutObject", _CAT),
                "The role can also write into `backup-photos`. Allow `s3:GetObject` only.",
                "can write",
            ),
            AtMost(
                Ask("role/BackupReader", "s3", "GetObject", _CAT),
                allow(
                    "s3:Get*", "s3:List*", on=("arn:aws:s3:::backup-photos", "arn:aws:s3:::backup-photos/*")
                ),
                "The role can read the photos, but that is not all it can do.",
            ),
            LetsInAtMost(
                "role/BackupReader",
                trust({"Service": "ec2.amazonaws.com"}),
                "EC2 can assume the role, and so can somebody else.",
            ),
        )
    ),
    hints=(
        "Two policies: the trust policy goes into `create_role`, the permissions into `put_role_policy`.",
        'In the trust policy the principal is a service: `{"Service": "ec2.amazonaws.com"}`. In the permissions the '
        "resource is *the objects*, not the bucket.",
        '`"Action": "s3:GetObject", "Resource": "arn:aws:s3:::backup-photos/*"`',
    ),
    solution_code=_BACKUP % (_EC2, "s3:GetObject", _PHOTOS),
    reason="A server with this role needs no stored password or key. If the server is broken into, the thief can read "
    "one bucket, for an hour.",
    wrong_answers=(
        WrongAnswer(
            "allows more than was asked", _BACKUP % (_EC2, "s3:GetObject", '"arn:aws:s3:::backup-*"')
        ),
        WrongAnswer(
            "EC2 is not trusted",
            _BACKUP % ('{"AWS": "arn:aws:iam::123456789012:root"}', "s3:GetObject", _PHOTOS),
        ),
        WrongAnswer(
            "trusts other services",
            _BACKUP % ('{"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}', "s3:GetObject", _PHOTOS),
        ),
        WrongAnswer(
            "lets in more than was asked",
            _BACKUP % ('{"Service": "ec2.amazonaws.com", "AWS": "123456789012"}', "s3:GetObject", _PHOTOS),
        ),
        WrongAnswer(
            "the bucket instead of its objects",
            _BACKUP % (_EC2, "s3:GetObject", '"arn:aws:s3:::backup-photos"'),
        ),
        WrongAnswer("reads every bucket", _BACKUP % (_EC2, "s3:GetObject", '"*"')),
        WrongAnswer("can write", _BACKUP % (_EC2, "s3:*", _PHOTOS)),
    ),
)

WHICH_DOOR = Exercise(
    id="03-roles/which-door",
    title="Which permission is missing?",
    level=2,
    question=(
        "The trust policy of the role `Auditor` has the principal `arn:aws:iam::123456789012:root`. The user `kofi`, "
        "of the same account, has no policy. He calls `sts.assume_role` for `Auditor` and gets `AccessDenied`.\n\n"
        "What is missing?"
    ),
    test=Choice(
        (
            Option(
                "a",
                "The role `Auditor` needs a policy that allows `sts:AssumeRole`.",
                "The role's own policies count after somebody has become the role. Here nobody has yet.",
                mistake="the role's permissions",
            ),
            Option(
                "b",
                "`kofi` needs a policy that allows `sts:AssumeRole` on the role.",
                "`…:root` in a trust policy means: *this account decides by itself*. So somebody in the account has to "
                "allow it, with a policy on `kofi`.",
                right=True,
            ),
            Option(
                "c",
                "`kofi` must be the root user, because the trust policy says `root`.",
                "In a `Principal`, `…:root` stands for the **account**, not for the root user. (The root user cannot "
                "even assume a role.)",
                mistake="root read as the root user",
            ),
            Option(
                "d",
                "`kofi` needs a new access key.",
                "The key is fine: with a bad key he would not get as far as `AccessDenied`.",
                mistake="mixing up who you are and what you may do",
            ),
        )
    ),
    starter='answer = None  # "a", "b", "c" or "d"\n',
    hints=(
        "The trust policy opens the door to the account. Who in the account may go through it?",
        "Naming the account in a trust policy is only half of the permission.",
        "The other half is a policy on the caller.",
    ),
    solution_code='answer = "b"\n',
    reason="Naming a user in the trust policy is enough. Naming the account is not: each caller then needs a policy of "
    "their own.",
    wrong_answers=(
        WrongAnswer("the role's permissions", 'answer = "a"\n'),
        WrongAnswer("root read as the root user", 'answer = "c"\n'),
        WrongAnswer("mixing up who you are and what you may do", 'answer = "d"\n'),
    ),
)

EXERCISES = (WHO_MAY_WEAR_IT, BACKUP_READER, WHICH_DOOR)
