"""Exercises of `08-access-keys`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from iamlab.course.bench import Bench
from iamlab.course.ceilings import AtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Choice, Demands, Holds, MayCall, MayNotCall, NearMiss, Option
from iamlab.course.documents import allow, policy, statement, trust
from iamlab.course.scene import Bucket, Group, Role, Scene, User

_LESSON = "08-access-keys"

# ---------------------------------------------------------------- read the error
THREE_ERRORS = Exercise(
    id=f"{_LESSON}/three-errors",
    title="Three errors, three causes",
    level=1,
    question=(
        "A program worked yesterday. Today every call to IAM fails with\n\n"
        "> An error occurred (**InvalidClientTokenId**) …: The security token included in the request is invalid.\n\n"
        "What has happened?"
    ),
    test=Choice(
        (
            Option(
                "a",
                "Somebody took a permission away from the user.",
                "Then the error would be `AccessDenied`, and it would name the action. Here AWS did not get as far as "
                "asking any policy.",
                mistake="permission and identity mixed up",
            ),
            Option(
                "b",
                "The secret in the program's configuration has a typing error.",
                "Then the id is known, but the signature does not fit: `SignatureDoesNotMatch`.",
                mistake="a wrong secret",
            ),
            Option(
                "c",
                "The access key was deactivated or deleted.",
                "AWS knows no *active* key of this id. It does not say which of the two, and not whose it was.",
                right=True,
            ),
            Option(
                "d",
                "The session has expired.",
                "Only temporary credentials expire, and the error is `ExpiredToken`.",
                mistake="keys believed to expire",
            ),
        )
    ),
    starter='answer = None  # "a", "b", "c" or "d"\n',
    hints=(
        "First AWS asks *who are you?*, then *may you?* Which of the two questions failed?",
        "The *token* in the message is the access key id.",
        "A wrong secret gives `SignatureDoesNotMatch`, a missing permission `AccessDenied`.",
    ),
    solution_code='answer = "c"\n',
    reason="The code of the error tells where to look: at the key, at the secret, or at the policies.",
    wrong_answers=(
        WrongAnswer("permission and identity mixed up", 'answer = "a"\n'),
        WrongAnswer("a wrong secret", 'answer = "b"\n'),
        WrongAnswer("keys believed to expire", 'answer = "d"\n'),
    ),
)

# ---------------------------------------------------------------- the order of a rotation
ROTATION_ORDER = Exercise(
    id=f"{_LESSON}/rotation-order",
    title="Rotate without a gap",
    level=1,
    question=(
        "An application runs on ten servers and uses one access key. In which order do you replace it, so that nothing "
        "stands still and you can go back?\n\n"
        "1. delete the old key\n"
        "2. create a second key\n"
        "3. set the old key to `Inactive`\n"
        "4. give the new key to all ten servers\n"
        "5. look when the old key was last used"
    ),
    test=Choice(
        (
            Option(
                "a",
                "3, 2, 4, 5, 1",
                "After the first step all ten servers stand still until the last of them has the new key.",
                mistake="a gap at the beginning",
            ),
            Option(
                "b",
                "2, 4, 1, 5, 3",
                "A deleted key never comes back. If the eleventh server (nobody knew of it) still uses the old one, "
                "you find out too late.",
                mistake="deleted before looking",
            ),
            Option(
                "c",
                "2, 4, 5, 3, 1",
                "There is a working key at every moment. *Last used* shows whether anybody was forgotten, and an "
                "inactive key can be switched on again.",
                right=True,
            ),
            Option(
                "d",
                "2, 3, 4, 5, 1",
                "Between 3 and 4 the old key is off, and the servers do not have the new one yet.",
                mistake="switched off before handed out",
            ),
        )
    ),
    starter='answer = None  # "a", "b", "c" or "d"\n',
    hints=(
        "A user can have two keys. What is the second one for?",
        "Only one of the five steps cannot be undone. It comes last.",
        "Before you switch something off, look whether anybody still uses it.",
    ),
    solution_code='answer = "c"\n',
    reason="This is AWS's own order. The quota of two keys per user exists for the days of a rotation.",
    wrong_answers=(
        WrongAnswer("a gap at the beginning", 'answer = "a"\n'),
        WrongAnswer("deleted before looking", 'answer = "b"\n'),
        WrongAnswer("switched off before handed out", 'answer = "d"\n'),
    ),
)

# ---------------------------------------------------------------- keys of one's own
_OWN_KEYS = """\
document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": %s,
        "Resource": "%s",
    },
}
iam.put_group_policy(
    GroupName="Coders",
    PolicyName="OwnKeys",
    PolicyDocument=json.dumps(document),
)
"""
_KEY_ACTIONS = '["iam:CreateAccessKey", "iam:ListAccessKeys", "iam:UpdateAccessKey", "iam:DeleteAccessKey"]'
_ME = "arn:aws:iam::123456789012:user/${aws:username}"


def _key_of(user: str) -> dict[str, str]:
    return {"UserName": user, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}


OWN_KEYS = Exercise(
    id=f"{_LESSON}/own-keys",
    title="Everybody their own keys",
    level=2,
    question=(
        "The users `coder-eli` and `coder-fay` are in the group `Coders`. Write the group policy `OwnKeys`, so that "
        "everybody can **create, list, update and delete the access keys of themselves**, and of nobody else. They "
        "must not be able to create users or to give themselves policies."
    ),
    scene=Scene(
        users=(User("coder-eli"), User("coder-fay"), User("payroll-bot", keys=1)),
        groups=(Group("Coders", ("coder-eli", "coder-fay")),),
    ),
    test=Demands(
        (
            MayCall(
                Ask("user/coder-eli", "iam", "CreateAccessKey", {"UserName": "coder-eli"}),
                "`coder-eli` cannot create an access key for himself yet.",
                "no key of one's own",
                near=(
                    NearMiss(
                        "Allow",
                        "Resource",
                        "The action is right, but the resource does not match the user himself. A key has no ARN of "
                        "its own: the resource is the *user*, and `${aws:username}` is whoever calls.",
                        "the resource is not the user",
                    ),
                ),
            ),
            MayCall(
                Ask("user/coder-fay", "iam", "DeleteAccessKey", _key_of("coder-fay")),
                "`coder-fay` can create keys, but she cannot delete her old one: rotation needs both.",
                "only half of a rotation",
            ),
            MayNotCall(
                Ask("user/coder-eli", "iam", "CreateAccessKey", {"UserName": "payroll-bot"}),
                "`coder-eli` can create a key for `payroll-bot`, and then *be* `payroll-bot`. This is one of the "
                "best-known ways to more permissions.",
                "keys of everybody",
            ),
            MayNotCall(
                Ask(
                    "user/coder-eli",
                    "iam",
                    "PutUserPolicy",
                    {"UserName": "coder-eli", "PolicyName": "More", "PolicyDocument": "{}"},
                ),
                "`coder-eli` can write himself a policy: `iam:*` on oneself makes everybody an administrator.",
                "everything on oneself",
            ),
            AtMost(
                Ask("user/coder-eli", "iam", "CreateAccessKey", {"UserName": "coder-eli"}),
                allow("iam:*AccessKey*", "iam:Get*", "iam:List*", on="arn:aws:iam::*:user/${aws:username}"),
                "Keys work as they should, but that is not all the group can do.",
                everybody=True,
            ),
        )
    ),
    hints=(
        "Four actions, one resource, one variable.",
        "The actions are `iam:CreateAccessKey`, `iam:ListAccessKeys`, `iam:UpdateAccessKey`, `iam:DeleteAccessKey`.",
        f'`"Resource": "{_ME}"`',
    ),
    solution_code=_OWN_KEYS % (_KEY_ACTIONS, _ME),
    reason="People rotate keys when it is easy. And `iam:CreateAccessKey` on *others* is a way to become them: look "
    "for it in every review.",
    wrong_answers=(
        WrongAnswer(
            "allows more than was asked", _OWN_KEYS % (_KEY_ACTIONS.replace("]", ', "iam:TagUser"]'), _ME)
        ),
        WrongAnswer("keys of everybody", _OWN_KEYS % (_KEY_ACTIONS, "*")),
        WrongAnswer("everything on oneself", _OWN_KEYS % ('"iam:*"', _ME)),
        WrongAnswer("only half of a rotation", _OWN_KEYS % ('"iam:CreateAccessKey"', _ME)),
        WrongAnswer(
            "the resource is not the user",
            _OWN_KEYS % (_KEY_ACTIONS, "arn:aws:iam::123456789012:user/${aws:userid}"),
        ),
        WrongAnswer(
            "no key of one's own", 'iam.tag_user(UserName="coder-eli", Tags=[{"Key": "a", "Value": "b"}])\n'
        ),
    ),
)


# ---------------------------------------------------------------- a key has leaked
def _nothing_deleted(bench: Bench) -> bool:
    return len(bench.keys("billing-bot")) == 2


def _older_off(bench: Bench) -> bool:
    return bench.keys("billing-bot")[0] == "Inactive"


def _newer_on(bench: Bench) -> bool:
    return bench.keys("billing-bot")[-1] == "Active"


_BY_AGE = """\
keys = iam.list_access_keys(UserName="billing-bot")["AccessKeyMetadata"]
older, newer = sorted(keys, key=lambda key: key["CreateDate"])
"""
_SWITCH_OFF = (
    'iam.update_access_key(UserName="billing-bot", AccessKeyId=%s["AccessKeyId"], Status="Inactive")\n'
)
_DELETE = 'iam.delete_access_key(UserName="billing-bot", AccessKeyId=%s["AccessKeyId"])\n'

A_LEAK = Exercise(
    id=f"{_LESSON}/a-leak",
    title="A key is on the internet",
    level=2,
    question=(
        "`billing-bot` has two access keys. The **older** one has been pushed to a public repository two minutes ago; "
        "the newer one runs the billing.\n\n"
        "Make the leaked key unusable **at once**, so that the billing goes on, and so that you can still find out "
        "what was done with it: do not delete anything yet."
    ),
    scene=Scene(users=(User("billing-bot", {"Read": allow("s3:GetObject")}, keys=2),)),
    test=Demands(
        (
            Holds(
                _nothing_deleted,
                "A key is gone. What is deleted cannot be switched on again, and it no longer shows when it was last "
                "used. First deactivate; delete when you know enough.",
                "deleted the evidence",
            ),
            Holds(
                _newer_on,
                "The billing stands still: the newer key is off. The leaked one is the *older*.",
                "stopped the billing",
            ),
            Holds(
                _older_off,
                "The leaked key still works. Every minute counts.",
                "the leak still works",
            ),
        )
    ),
    hints=(
        "Find out which key is older: each has a `CreateDate`.",
        "`iam.update_access_key` changes the status of a key.",
        'Sort `iam.list_access_keys(UserName="billing-bot")["AccessKeyMetadata"]` by `CreateDate`; the first is the '
        'older. Set it to `Status="Inactive"`.',
    ),
    solution_code=_BY_AGE + _SWITCH_OFF % "older",
    reason="Deactivate, investigate, delete: in this order. Keys in public repositories are found by machines within "
    "minutes.",
    wrong_answers=(
        WrongAnswer("stopped the billing", _BY_AGE + _SWITCH_OFF % "newer"),
        WrongAnswer("stopped the billing", _BY_AGE + _SWITCH_OFF % "older" + _SWITCH_OFF % "newer"),
        WrongAnswer("deleted the evidence", _BY_AGE + _DELETE % "older"),
        WrongAnswer(
            "the leak still works", 'iam.delete_user_policy(UserName="billing-bot", PolicyName="Read")\n'
        ),
    ),
)

# ---------------------------------------------------------------- sessions that are out
_REVOKE = """\
document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",%s
    },
}
iam.put_role_policy(
    RoleName="Exporter",
    PolicyName="AWSRevokeOlderSessions",
    PolicyDocument=json.dumps(document),
)
"""
_BEFORE = """
        "Condition": {"%s": {"%s": lab.clock.now().strftime("%%Y-%%m-%%dT%%H:%%M:%%SZ")}},"""
_EXPORT = {"Bucket": "exports-2026", "Key": "all.csv"}
_EXPORTS = "arn:aws:s3:::exports-2026/*"


def _exports_of_new_sessions(bench: Bench) -> dict[str, Any]:
    """What the role may do with credentials that are not an hour old."""
    hour_ago = bench.lab.clock.now() - timedelta(hours=1)
    later = {"aws:TokenIssueTime": hour_ago.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return policy(
        statement("Allow", ("s3:GetObject",), _EXPORTS) | {"Condition": {"DateGreaterThanIfExists": later}}
    )


REVOKE_SESSIONS = Exercise(
    id=f"{_LESSON}/revoke-sessions",
    title="Take back what cannot be taken back",
    level=3,
    question=(
        "Temporary credentials of the role `Exporter` have leaked. They are good for six hours, and there is no call "
        "that deletes them.\n\n"
        "Write an inline policy on the role, named `AWSRevokeOlderSessions`, that makes **all sessions issued before "
        "now** useless. Sessions that the application takes from now on must work: it goes on reading the bucket "
        "`exports-2026`.\n\n"
        "The key `aws:TokenIssueTime` holds when a session's credentials were issued, and "
        '`lab.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")` is the lab\'s time as policies write it.'
    ),
    scene=Scene(
        roles=(
            Role(
                "Exporter",
                trust({"Service": "ecs-tasks.amazonaws.com"}),
                {"Read": allow("s3:GetObject", on=_EXPORTS)},
            ),
        ),
        buckets=(Bucket("exports-2026", ("all.csv",)),),
    ),
    test=Demands(
        (
            MayNotCall(
                Ask("role/Exporter", "s3", "GetObject", _EXPORT, minutes_old=60),
                "A session that was issued an hour ago still reads the bucket.",
                "old sessions still work",
            ),
            MayCall(
                Ask("role/Exporter", "s3", "GetObject", _EXPORT),
                "The old sessions are stopped, and new ones, too: the application stands still. The Deny must end at "
                "the moment when you write it.",
                "new sessions stopped too",
            ),
            AtMost(
                Ask("role/Exporter", "s3", "GetObject", _EXPORT),
                _exports_of_new_sessions,
                "A session that was issued an hour ago can still do something.",
            ),
        )
    ),
    hints=(
        "An explicit Deny on everything, with a condition about time.",
        "Which operator compares dates and is true for what lies *before*? `DateLessThan`.",
        '`"Condition": {"DateLessThan": {"aws:TokenIssueTime": lab.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")}}`',
    ),
    solution_code=_REVOKE % (_BEFORE % ("DateLessThan", "aws:TokenIssueTime")),
    reason="The console's button *Revoke active sessions* writes this very policy, under this very name.",
    wrong_answers=(
        WrongAnswer(
            "allows more than was asked",
            (_REVOKE % (_BEFORE % ("DateLessThan", "aws:TokenIssueTime"))).replace(
                '"Resource": "*"', '"Resource": "arn:aws:s3:::exports-2026/all.csv"'
            ),
        ),
        WrongAnswer("new sessions stopped too", _REVOKE % ""),
        WrongAnswer(
            "old sessions still work", _REVOKE % (_BEFORE % ("DateGreaterThan", "aws:TokenIssueTime"))
        ),
        WrongAnswer("new sessions stopped too", _REVOKE % (_BEFORE % ("DateGreaterThan", "aws:CurrentTime"))),
        WrongAnswer(
            "new sessions stopped too", 'iam.delete_role_policy(RoleName="Exporter", PolicyName="Read")\n'
        ),
    ),
)

EXERCISES = (THREE_ERRORS, ROTATION_ORDER, OWN_KEYS, A_LEAK, REVOKE_SESSIONS)
