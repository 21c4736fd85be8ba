"""Exercises of lesson 06 about policies that demand a second factor."""

from __future__ import annotations

from iamlab.course.ceilings import AtMost, LetsInAtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Demands, MayCall, MayNotCall, NearMiss
from iamlab.course.documents import ACCOUNT, allow, policy, role_arn, statement, trust, user_arn
from iamlab.course.scene import Bucket, Group, Role, Scene, User

_LESSON = "06-multi-factor-authentication"

# ---------------------------------------------------------------- the trap
_ROB = """\
document = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": "%s",
            "Resource": "*",
            "Condition": {"%s": {"aws:MultiFactorAuthPresent": "%s"}},
        },
    ],
}
iam.put_user_policy(
    UserName="rob",
    PolicyName="Files",
    PolicyDocument=json.dumps(document),
)
"""
_WRECK = {"Bucket": "rob-archive"}
_READ = {"Bucket": "rob-archive", "Key": "1999.txt"}

THE_TRAP = Exercise(
    id=f"{_LESSON}/the-trap",
    title="A Deny that does not bite",
    level=2,
    question=(
        "`rob` may do everything in S3, but deleting a bucket should need a second factor. His policy `Files` says so:"
        "\n\n"
        "```json\n"
        '{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*",\n'
        ' "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}\n'
        "```\n\n"
        "And yet he deleted a bucket last night, with his plain access key. Put the policy right. Everything else he "
        "does must go on working without a code."
    ),
    scene=Scene(
        users=(
            User(
                "rob",
                {
                    "Files": policy(
                        statement("Allow", ("s3:*",)),
                        statement("Deny", ("s3:DeleteBucket",))
                        | {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}},
                    )
                },
            ),
        ),
        buckets=(Bucket("rob-archive", ("1999.txt",)),),
    ),
    test=Demands(
        (
            MayNotCall(
                Ask("user/rob", "s3", "DeleteBucket", _WRECK),
                "With his access key `rob` can still delete the bucket. For an access key "
                "`aws:MultiFactorAuthPresent` is not `false`: it is **not there**, and `Bool` is not true for a key "
                "that is not there.",
                "the access key still passes",
            ),
            MayNotCall(
                Ask("user/rob", "s3", "DeleteBucket", _WRECK, mfa=False),
                "His access key is stopped now, but a session token that he got *without* a code is not.",
                "a token without code passes",
            ),
            MayCall(
                Ask("user/rob", "s3", "DeleteBucket", _WRECK, mfa=True),
                "Now `rob` cannot delete the bucket even with a code.",
                "no way left",
            ),
            MayCall(
                Ask("user/rob", "s3", "GetObject", _READ),
                "Deleting needs a code now, but reading does, too. The Deny is about one action only.",
                "denies everything",
            ),
            AtMost(
                Ask("user/rob", "s3", "GetObject", _READ),
                policy(
                    statement("Allow", ("s3:*",)),
                    statement("Deny", ("s3:DeleteBucket",))
                    | {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
                ),
                "Some bucket can still be deleted without a code, or `rob` can do more than before.",
            ),
        )
    ),
    hints=(
        "Compare what the key is for an access key, for a session without a code, and for one with a code: absent, "
        "`false`, `true`.",
        "There is a suffix for operators that means *or the key is not there*.",
        '`"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}`',
    ),
    solution_code=_ROB % ("s3:DeleteBucket", "BoolIfExists", "false"),
    reason="*Deny unless MFA* is written with `BoolIfExists`. The version with `Bool` looks right in every review, and "
    "stops nobody who has an access key.",
    wrong_answers=(
        WrongAnswer(
            "allows more than was asked",
            _ROB.replace(
                '"%s",\n            "Resource": "*"', '"%s",\n            "Resource": "arn:aws:s3:::rob-*"'
            )
            % ("s3:DeleteBucket", "BoolIfExists", "false"),
        ),
        WrongAnswer("the access key still passes", _ROB % ("s3:DeleteBucket", "StringEquals", "false")),
        WrongAnswer("a token without code passes", _ROB % ("s3:DeleteBucket", "Null", "true")),
        WrongAnswer(
            "no way left",
            (_ROB % ("s3:DeleteBucket", "Null", "true")).replace(
                ',\n            "Condition": {"Null": {"aws:MultiFactorAuthPresent": "true"}}', ""
            ),
        ),
        WrongAnswer("denies everything", _ROB % ("s3:*", "BoolIfExists", "false")),
    ),
)

# ---------------------------------------------------------------- a role behind a code
_TRUST = """\
trust = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": %s},
        "Action": "sts:AssumeRole",
        "Condition": {"%s": {"aws:MultiFactorAuthPresent": "%s"}},
    },
}
iam.update_assume_role_policy(RoleName="Deploy", PolicyDocument=json.dumps(trust))
"""
_PIA = f'"{user_arn("pia")}"'
_DEPLOY = {"RoleArn": role_arn("Deploy"), "RoleSessionName": "release"}

A_ROLE_BEHIND_A_CODE = Exercise(
    id=f"{_LESSON}/a-role-behind-a-code",
    title="A role that asks for a code",
    level=2,
    question=(
        "`pia` deploys to production by assuming the role `Deploy`. Her laptop, with her access key on it, could be "
        "stolen. Change the role's **trust policy** so that she can assume it only with a second factor. `quin` must "
        "not be able to assume it at all."
    ),
    scene=Scene(
        users=(
            User("pia", {"Assume": allow("sts:AssumeRole")}),
            User("quin", {"Assume": allow("sts:AssumeRole")}),
        ),
        roles=(Role("Deploy", trust({"AWS": user_arn("pia")}), {"Deploy": allow("s3:PutObject")}),),
    ),
    test=Demands(
        (
            MayNotCall(
                Ask("user/pia", "sts", "AssumeRole", _DEPLOY),
                "With her access key alone `pia` can still assume `Deploy`.",
                "works without a code",
            ),
            MayCall(
                Ask("user/pia", "sts", "AssumeRole", _DEPLOY, mfa=True),
                "`pia` cannot assume `Deploy` with a code either.",
                "pia locked out",
                near=(
                    NearMiss(
                        "Allow",
                        "Condition",
                        "The condition is not true when `pia` has shown a code. The key is "
                        "`aws:MultiFactorAuthPresent`, the operator `Bool`, and the value `true`.",
                        "the condition is the wrong way round",
                    ),
                ),
            ),
            MayNotCall(
                Ask("user/quin", "sts", "AssumeRole", _DEPLOY, mfa=True),
                "`quin` can assume it, too, with a code of his own. Keep the principal.",
                "anybody with a code",
            ),
            LetsInAtMost(
                "role/Deploy",
                trust({"AWS": user_arn("pia")}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
                "The role is not only for `pia` with a code.",
            ),
        )
    ),
    hints=(
        "A condition in the trust policy is checked at the moment when somebody asks for the role.",
        "Here it is an *Allow*: what must be true for the request to pass?",
        '`"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}`',
    ),
    solution_code=_TRUST % (_PIA, "Bool", "true"),
    reason="The factor is asked for once, at the door. The role's temporary credentials then work without it, for "
    "an hour.",
    wrong_answers=(
        WrongAnswer("lets in more than was asked", _TRUST % (_PIA, "StringLike", "*")),
        WrongAnswer("works without a code", _TRUST % (_PIA, "BoolIfExists", "true")),
        WrongAnswer("the condition is the wrong way round", _TRUST % (_PIA, "Bool", "false")),
        WrongAnswer("anybody with a code", _TRUST % ('"123456789012"', "Bool", "true")),
        WrongAnswer("pia locked out", _TRUST % (f'"{user_arn("quin")}"', "Bool", "true")),
    ),
)

# ---------------------------------------------------------------- self-service
_OWN = '["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", "sts:GetSessionToken"]'
_STAFF = """\
document = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["iam:EnableMFADevice", "iam:ListMFADevices"],
            "Resource": "arn:aws:iam::123456789012:user/%s",
        },
        {
            "Effect": "Allow",
            "Action": "iam:CreateVirtualMFADevice",
            "Resource": "arn:aws:iam::123456789012:mfa/*",
        },
        {
            "Effect": "Deny",
            "%s": %s,
            "Resource": "*",
            "Condition": {"%s": {"aws:MultiFactorAuthPresent": "false"}},
        },
    ],
}
iam.put_group_policy(
    GroupName="Field",
    PolicyName="SecondFactor",
    PolicyDocument=json.dumps(document),
)
"""
_ME = "${aws:username}"
_WITH_FACTOR = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
_ENABLE_FOR = {
    "SerialNumber": "arn:aws:iam::123456789012:mfa/field-sam",
    "AuthenticationCode1": "123456",
    "AuthenticationCode2": "654321",
}

SELF_SERVICE = Exercise(
    id=f"{_LESSON}/self-service",
    title="Nothing without a code, but the first step",
    level=3,
    question=(
        "The group `Field` (members `field-sam` and `field-uma`) has no policy yet. Write one named `SecondFactor`:"
        "\n\n"
        "- everybody may use **S3**, but only with credentials got with a second factor;\n"
        "- a new colleague has no device yet, and must be able to set one up **without** a factor: "
        "`iam:CreateVirtualMFADevice`, `iam:EnableMFADevice` and `iam:ListMFADevices`;\n"
        "- enabling and listing for **oneself** only.\n\n"
        "Two Allows for the device, one for S3, and one Deny that asks for the factor: this is how AWS's own example "
        "does it."
    ),
    scene=Scene(
        users=(User("field-sam"), User("field-uma")),
        groups=(Group("Field", ("field-sam", "field-uma")),),
        buckets=(Bucket("field-notes", ("monday.txt",)),),
    ),
    test=Demands(
        (
            MayCall(
                Ask("user/field-sam", "iam", "EnableMFADevice", {"UserName": "field-sam"} | _ENABLE_FOR),
                "`field-sam` cannot enable a device for himself with his plain access key. Without that first step he "
                "never gets a factor.",
                "no first step",
            ),
            MayCall(
                Ask(
                    "user/field-sam",
                    "iam",
                    "CreateVirtualMFADevice",
                    {"VirtualMFADeviceName": "field-sam"},
                ),
                "`field-sam` may enable a device, but he cannot make one.",
                "cannot make a device",
            ),
            MayNotCall(
                Ask("user/field-sam", "iam", "EnableMFADevice", {"UserName": "field-uma"} | _ENABLE_FOR),
                "`field-sam` can enable a device for `field-uma`: his phone would then be her second factor.",
                "devices for others",
            ),
            MayNotCall(
                Ask("user/field-sam", "s3", "GetObject", {"Bucket": "field-notes", "Key": "monday.txt"}),
                "With his access key alone `field-sam` can use S3.",
                "S3 without a factor",
            ),
            MayNotCall(
                Ask(
                    "user/field-sam",
                    "s3",
                    "GetObject",
                    {"Bucket": "field-notes", "Key": "monday.txt"},
                    mfa=False,
                ),
                "A session token without a code is enough for S3.",
                "S3 with an empty token",
            ),
            MayCall(
                Ask(
                    "user/field-sam",
                    "s3",
                    "GetObject",
                    {"Bucket": "field-notes", "Key": "monday.txt"},
                    mfa=True,
                ),
                "With a second factor `field-sam` should be able to use S3, and he cannot.",
                "S3 closed for good",
            ),
            AtMost(
                Ask("user/field-sam", "iam", "ListMFADevices", {"UserName": "field-sam"}),
                policy(
                    statement("Allow", ("s3:*",)) | _WITH_FACTOR,
                    statement(
                        "Allow",
                        ("iam:EnableMFADevice", "iam:GetUser", "iam:ListMFADevices", "iam:ResyncMFADevice"),
                        user_arn(_ME),
                    ),
                    statement("Allow", ("iam:DeactivateMFADevice",), user_arn(_ME)) | _WITH_FACTOR,
                    statement("Allow", ("iam:CreateVirtualMFADevice",), f"arn:aws:iam::{ACCOUNT}:mfa/*"),
                    statement("Allow", ("iam:DeleteVirtualMFADevice",), f"arn:aws:iam::{ACCOUNT}:mfa/{_ME}"),
                    statement("Allow", ("iam:ListVirtualMFADevices", "sts:GetSessionToken")),
                ),
                "Setting up a device works, S3 needs a code, and yet there is something left that should not be.",
                everybody=True,
            ),
        )
    ),
    hints=(
        "Begin with the Allows: S3; making a device (resource `mfa/*`); enabling and listing "
        "(resource `user/${aws:username}`).",
        "Then one Deny on everything *except* the first steps: `NotAction` lists what it leaves alone.",
        '`{"Effect": "Deny", "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", '
        '"sts:GetSessionToken"], "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": '
        '"false"}}}`',
    ),
    solution_code=_STAFF % (_ME, "NotAction", _OWN, "BoolIfExists"),
    reason="Everybody helps themselves, nobody works without a factor, and no administrator has to hand out devices.",
    wrong_answers=(
        WrongAnswer("S3 without a factor", _STAFF % (_ME, "NotAction", _OWN, "Bool")),
        WrongAnswer(
            "allows more than was asked",
            _STAFF % (_ME, "NotAction", _OWN.replace("]", ', "s3:List*"]'), "BoolIfExists"),
        ),
        WrongAnswer(
            "allows more than was asked",
            (_STAFF % (_ME, "NotAction", _OWN, "BoolIfExists")).replace(
                '"s3:*", "Resource"', '["s3:*", "iam:CreateAccessKey"], "Resource"'
            ),
        ),
        WrongAnswer("no first step", _STAFF % (_ME, "NotAction", '"sts:GetSessionToken"', "BoolIfExists")),
        WrongAnswer(
            "cannot make a device",
            _STAFF % (_ME, "NotAction", '["iam:EnableMFADevice", "iam:ListMFADevices"]', "BoolIfExists"),
        ),
        WrongAnswer("devices for others", _STAFF % ("*", "NotAction", _OWN, "BoolIfExists")),
        WrongAnswer(
            "S3 with an empty token",
            (_STAFF % (_ME, "NotAction", _OWN, "Null")).replace('"false"', '"true"'),
        ),
        WrongAnswer(
            "S3 closed for good",
            (_STAFF % (_ME, "NotAction", _OWN, "BoolIfExists")).replace(
                '        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},\n', ""
            ),
        ),
    ),
)
