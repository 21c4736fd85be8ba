"""Exercises of `10-security-best-practices`."""

from __future__ import annotations

from datetime import timedelta

from iamlab.cloud.passwords import PasswordPolicy
from iamlab.course.bench import Bench
from iamlab.course.ceilings import AtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Choice, Demands, Forecast, Holds, MayCall, MayNotCall, Option
from iamlab.course.documents import allow, policy, statement, table_arn, trust
from iamlab.course.scene import Bucket, Certificate, Group, Role, Scene, Table, User

_LESSON = "10-security-best-practices"
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"

# ---------------------------------------------------------------- what a trail leaves out
NOT_IN_THE_TRAIL = Exercise(
    id=f"{_LESSON}/not-in-the-trail",
    title="What the trail does not tell",
    level=1,
    question=(
        "A new CloudTrail trail records all regions. Nothing else about it was changed. Somebody has done four things "
        "in the account. Which one will you **not** find?"
    ),
    test=Choice(
        (
            Option(
                "a",
                "They tried to create an access key for another user, and were denied.",
                "Denied calls are recorded, too, with their `errorCode`. They are often the best sign of an intruder.",
                mistake="denied calls believed to be lost",
            ),
            Option(
                "b",
                "They assumed a role.",
                "`AssumeRole` is a management event of STS. The record even names the session that came out of it.",
                mistake="STS believed to be left out",
            ),
            Option(
                "c",
                "They downloaded a file from S3.",
                "`GetObject` works on *data*. Data events are many and cost money, so a trail records them only if "
                "you ask for them.",
                right=True,
            ),
            Option(
                "d",
                "They listed the users of the account.",
                "Reading calls of IAM are management events as well: a trail records reads and writes unless you "
                "choose otherwise.",
                mistake="reading calls believed to be left out",
            ),
        )
    ),
    starter='answer = None  # "a", "b", "c" or "d"\n',
    hints=(
        "CloudTrail knows two main kinds of events: about the *management* of resources, and about *data*.",
        "Which of the four calls does not touch the configuration of anything?",
        "`GetObject` and `PutObject` of S3, `GetItem` and `PutItem` of DynamoDB are data events.",
    ),
    solution_code='answer = "c"\n',
    reason="After an incident the first question is *what did they read?* If data events of the important buckets are "
    "not recorded, nobody can tell.",
    wrong_answers=(
        WrongAnswer("denied calls believed to be lost", 'answer = "a"\n'),
        WrongAnswer("STS believed to be left out", 'answer = "b"\n'),
        WrongAnswer("reading calls believed to be left out", 'answer = "d"\n'),
    ),
)


# ---------------------------------------------------------------- who needs a second factor first
def _become(user: str) -> Ask:
    return Ask("user/" + user, "iam", "AttachUserPolicy", {"UserName": user, "PolicyArn": _ADMINISTRATOR})


WHO_IS_PRIVILEGED = Exercise(
    id=f"{_LESSON}/who-is-privileged",
    title="Who needs a second factor first?",
    level=2,
    question=(
        "None of these four has an MFA device, and you have one morning. First come those who can make themselves "
        "administrators, that is, call `iam:AttachUserPolicy` on themselves:\n\n"
        "- `pilar`: may do everything except what begins with `iam:` (`NotAction`)\n"
        "- `orla`: may do `iam:*User*` on everything\n"
        "- `rolf`: is in the group `Keepers`, which allows everything; a policy of his own denies `iam:Attach*` and "
        "`iam:Put*`\n"
        "- `suri`: is in the group `Keepers`, too\n\n"
        "`True` for those who can, `False` for those who can't."
    ),
    scene=Scene(
        users=(
            User("pilar", {"Work": policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})}),
            User("orla", {"Staff": allow("iam:*User*")}),
            User("rolf", {"Not": policy(statement("Deny", ("iam:Attach*", "iam:Put*")))}),
            User("suri"),
        ),
        groups=(Group("Keepers", ("rolf", "suri"), {"All": allow("*")}),),
    ),
    test=Forecast(
        {name: _become(name) for name in ("pilar", "orla", "rolf", "suri")},
        {
            "pilar": "`NotAction` means *all but these*: no Allow of hers speaks about `iam:AttachUserPolicy`. (She is "
            "powerful all the same: think of all the data.)",
            "orla": "`iam:*User*` looks like managing colleagues, but `AttachUserPolicy` has the word *User* in it.",
            "rolf": "An explicit Deny beats the group's Allow.",
            "suri": "She has no policy of her own, but her group's policies are hers. Look at groups in every review.",
        },
    ),
    starter='answer = {"pilar": None, "orla": None, "rolf": None, "suri": None}  # True or False\n',
    hints=(
        "For each user: is there an Allow that matches `iam:AttachUserPolicy`, and no Deny that does?",
        "`*` in an action stands for any characters: does `iam:*User*` match `iam:AttachUserPolicy`?",
        "Two of them can: one by a wildcard, one by a group.",
    ),
    solution_code='answer = {"pilar": False, "orla": True, "rolf": False, "suri": True}\n',
    reason="*Privileged* is not a name on a list. It is whoever can become an administrator, by whatever way.",
    wrong_answers=(
        WrongAnswer("pilar", 'answer = {"pilar": True, "orla": True, "rolf": False, "suri": True}\n'),
        WrongAnswer("orla", 'answer = {"pilar": False, "orla": False, "rolf": False, "suri": True}\n'),
        WrongAnswer("rolf", 'answer = {"pilar": False, "orla": True, "rolf": True, "suri": True}\n'),
        WrongAnswer("suri", 'answer = {"pilar": False, "orla": True, "rolf": False, "suri": False}\n'),
    ),
)


# ---------------------------------------------------------------- keys that nobody uses
def _no_key_deleted(bench: Bench) -> bool:
    return len(bench.keys("cam-door")) == 2 and len(bench.keys("cam-yard")) == 1


def _used_keys_work(bench: Bench) -> bool:
    return bench.keys("cam-door")[-1] == "Active" and bench.keys("cam-gate") == ["Active"]


def _idle_keys_off(bench: Bench) -> bool:
    return bench.keys("cam-door")[0] == "Inactive" and bench.keys("cam-yard") == ["Inactive"]


_EACH_KEY = """\
for user in ("cam-door", "cam-gate", "cam-yard"):
    for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
        key_id = key["AccessKeyId"]
        used = iam.get_access_key_last_used(AccessKeyId=key_id)["AccessKeyLastUsed"]
"""
_SWITCH_OFF = """\
        %s:
            iam.update_access_key(UserName=user, AccessKeyId=key_id, Status="Inactive")
"""

IDLE_KEYS = Exercise(
    id=f"{_LESSON}/idle-keys",
    title="Keys that nobody uses",
    level=2,
    question=(
        "Three cameras, the users `cam-door`, `cam-gate` and `cam-yard`, have four active access keys between them. "
        "Some of the keys have **never been used**.\n\n"
        "Find them, and set them to `Inactive`. Do not delete any, and leave those on that are in use."
    ),
    scene=Scene(
        users=(
            User("cam-door", keys=2, used=1),
            User("cam-gate", keys=1, used=1),
            User("cam-yard", keys=1),
        )
    ),
    test=Demands(
        (
            Holds(
                _no_key_deleted,
                "A key is gone for good. If somebody needs it after all, nothing brings it back: deactivate first, "
                "delete some weeks later.",
                "deleted a key",
            ),
            Holds(
                _used_keys_work,
                "A camera is dark: a key that is in use was switched off. Look at each *key*, not at each user.",
                "switched off a key in use",
            ),
            Holds(_idle_keys_off, "A key that nobody has ever used still works.", "an idle key still works"),
        )
    ),
    hints=(
        "Two calls: one lists the keys of a user, one says when a key was last used.",
        '`iam.get_access_key_last_used(AccessKeyId=…)["AccessKeyLastUsed"]` has a `LastUsedDate` only if the key was '
        "ever used.",
        'For each key without `LastUsedDate`: `iam.update_access_key(UserName=…, AccessKeyId=…, Status="Inactive")`',
    ),
    solution_code=_EACH_KEY + _SWITCH_OFF % 'if "LastUsedDate" not in used',
    reason="A key that nobody uses is a key that nobody misses when it is stolen. These few lines run well every week.",
    wrong_answers=(
        WrongAnswer("switched off a key in use", _EACH_KEY + _SWITCH_OFF % 'if "LastUsedDate" in used'),
        WrongAnswer("switched off a key in use", _EACH_KEY + _SWITCH_OFF % "if used"),
        WrongAnswer(
            "an idle key still works",
            _EACH_KEY + _SWITCH_OFF % 'if user == "cam-yard" and "LastUsedDate" not in used',
        ),
        WrongAnswer(
            "deleted a key",
            _EACH_KEY + '        if "LastUsedDate" not in used:\n'
            "            iam.delete_access_key(UserName=user, AccessKeyId=key_id)\n",
        ),
    ),
)

# ---------------------------------------------------------------- a password policy
_KINDS = {
    "RequireSymbols": "symbols",
    "RequireNumbers": "numbers",
    "RequireUppercaseCharacters": "uppercase",
    "RequireLowercaseCharacters": "lowercase",
}


def _takes(bench: Bench, password: str) -> bool:
    """Whether the account's policy would take a password."""
    shown = bench.look("account/password-policy") or {}
    kinds = {field: shown[name] for name, field in _KINDS.items()}
    return PasswordPolicy(minimum_length=shown["MinimumPasswordLength"], **kinds).breach(password) is None


def _long(bench: Bench) -> bool:
    return not _takes(bench, "Tr0ub4dor&3$x")


def _mixed(bench: Bench) -> bool:
    weak = (
        "correct-horse-battery-4",
        "CORRECT-HORSE-BATTERY-4",
        "Correct-Horse-Battery",
        "CorrectHorseBattery42",
    )
    return not any(_takes(bench, password) for password in weak)


def _bearable(bench: Bench) -> bool:
    return _takes(bench, "Correct-Horse-42")


def _remembered(bench: Bench) -> bool:
    shown = bench.look("account/password-policy") or {}
    return int(shown.get("PasswordReusePrevention", 0)) >= 24


_PASSWORDS = """\
iam.update_account_password_policy(
    MinimumPasswordLength=%s,
    RequireSymbols=%s,
    RequireNumbers=True,
    RequireUppercaseCharacters=True,
    RequireLowercaseCharacters=True,
%s)
"""
_REMEMBER = "    PasswordReusePrevention=24,\n"

PASSWORD_POLICY = Exercise(
    id=f"{_LESSON}/password-policy",
    title="No more weak passwords",
    level=2,
    question=(
        "The account has no password policy of its own. Set one:\n\n"
        "- at least **14** characters, with symbols, numbers, uppercase and lowercase letters;\n"
        "- the last **24** passwords can't be used again;\n"
        "- a good password such as `Correct-Horse-42` is still accepted."
    ),
    scene=Scene(to_make=("account/password-policy",)),
    test=Demands(
        (
            Holds(
                _bearable,
                "`Correct-Horse-42` is refused. Rules that nobody can follow end on yellow notes at the screen.",
                "too strict",
            ),
            Holds(
                _long,
                "`Tr0ub4dor&3$x`, with 13 characters, is accepted. What a call leaves out goes back to its default: a "
                "second call does not add to the first.",
                "short passwords taken",
            ),
            Holds(
                _mixed,
                "A long password that lacks one of the four kinds of characters is accepted.",
                "a kind of characters is not needed",
            ),
            Holds(
                _remembered,
                "A user can go back to an old password, which may be known to others by now.",
                "old passwords come back",
            ),
        )
    ),
    hints=(
        "One call sets the whole policy: `iam.update_account_password_policy`.",
        "The four kinds are `RequireSymbols`, `RequireNumbers`, `RequireUppercaseCharacters` and "
        "`RequireLowercaseCharacters`.",
        "Add `MinimumPasswordLength=14` and `PasswordReusePrevention=24`, all in the same call.",
    ),
    solution_code=_PASSWORDS % (14, True, _REMEMBER),
    reason="Length protects most. And no policy replaces the second factor.",
    wrong_answers=(
        WrongAnswer("short passwords taken", _PASSWORDS % (8, True, _REMEMBER)),
        WrongAnswer("a kind of characters is not needed", _PASSWORDS % (14, False, _REMEMBER)),
        WrongAnswer("old passwords come back", _PASSWORDS % (14, True, "")),
        WrongAnswer("too strict", _PASSWORDS % (64, True, _REMEMBER)),
        WrongAnswer(
            "short passwords taken",
            _PASSWORDS % (14, True, "") + "iam.update_account_password_policy(PasswordReusePrevention=24)\n",
        ),
    ),
)

# ---------------------------------------------------------------- a certificate
_ENOUGH = timedelta(days=60)


def _right_host(bench: Bench) -> bool:
    return (bench.look("certificate/shop-next") or {}).get("host") in (None, "shop.example.org")


def _lasts(bench: Bench) -> bool:
    iam = bench.root.client("iam")
    found = iam.get_server_certificate(ServerCertificateName="shop-next")["ServerCertificate"]
    left: timedelta = found["ServerCertificateMetadata"]["Expiration"] - bench.lab.clock.now()
    return left >= _ENOUGH


def _old_gone(bench: Bench) -> bool:
    return not bench.stands("certificate/shop-now")


_ISSUE = """\
from iamlab.outside.authority import CertificateAuthority

authority = CertificateAuthority(lab.clock.now)
new = authority.issue("%s", days=%s)
iam.upload_server_certificate(
    ServerCertificateName="shop-next",
    CertificateBody=new.pem,
    PrivateKey=new.key_pem,
)
"""
_TAKE_AWAY = 'iam.delete_server_certificate(ServerCertificateName="shop-now")\n'

ROTATE_CERTIFICATE = Exercise(
    id=f"{_LESSON}/rotate-a-certificate",
    title="Before the certificate ends",
    level=2,
    question=(
        "The server certificate `shop-now`, for `shop.example.org`, ends in 9 days. Put a new one beside it:\n\n"
        "- uploaded to IAM under the name `shop-next`;\n"
        "- for the same host, good for at least **60 days**;\n"
        "- then the old one is no longer needed: take it away.\n\n"
        "`CertificateAuthority(lab.clock.now)` of `iamlab.outside.authority` issues one, as in the lesson."
    ),
    scene=Scene(
        certificates=(Certificate("shop-now", "shop.example.org", 9),), to_make=("certificate/shop-next",)
    ),
    test=Demands(
        (
            Holds(
                _right_host,
                "The new certificate is for another host. Every browser would refuse it: the name must be "
                "`shop.example.org`.",
                "another host",
            ),
            Holds(_lasts, "The new certificate ends in less than 60 days.", "ends too soon"),
            Holds(
                _old_gone,
                "The new one is there, and the old one still lies about, with its private key.",
                "the old one stays",
            ),
        )
    ),
    hints=(
        "Three steps: issue, upload, delete.",
        "`authority.issue(host, days=…)` gives a certificate with `.pem` and `.key_pem`.",
        "`iam.upload_server_certificate(ServerCertificateName=…, CertificateBody=new.pem, PrivateKey=new.key_pem)`, "
        "then `iam.delete_server_certificate`.",
    ),
    solution_code=_ISSUE % ("shop.example.org", 90) + _TAKE_AWAY,
    reason="Expired certificates stop more services than attackers do. New beside old, change over, take the old one "
    "away: the same order as with keys.",
    wrong_answers=(
        WrongAnswer("another host", _ISSUE % ("www.shop.example.org", 90) + _TAKE_AWAY),
        WrongAnswer("ends too soon", _ISSUE % ("shop.example.org", 30) + _TAKE_AWAY),
        WrongAnswer("the old one stays", _ISSUE % ("shop.example.org", 90)),
    ),
)

# ---------------------------------------------------------------- a policy that just suffices
_IN = "arn:aws:s3:::sales-2026/in/*"
_TOTALS = """\
document = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "%s"},
        {"Effect": "Allow", "Action": %s, "Resource": "%s"},
        {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "%s"},
    ],
}
iam.put_role_policy(
    RoleName="totals-maker",
    PolicyName="Work",
    PolicyDocument=json.dumps(document),
)
"""
_BUCKET = "arn:aws:s3:::sales-2026"
_MAKER = "role/totals-maker"
_PUT = {"TableName": "Totals", "Item": {"id": {"S": "1"}}}

JUST_ENOUGH = Exercise(
    id=f"{_LESSON}/just-enough",
    title="A policy that just suffices",
    level=3,
    question=(
        "The role `totals-maker` has the inline policy `Work`: all of S3 and DynamoDB. For four weeks its records "
        "showed these lines and no others:\n\n"
        "| event | on | result |\n|:--|:--|:--|\n"
        "| `s3 ListObjects` | `sales-2026`, prefix `in/` | ok |\n"
        "| `s3 GetObject` | `sales-2026/in/monday.csv`, the next day `in/tuesday.csv`, and so on | ok |\n"
        "| `dynamodb PutItem` | the table `Totals` in `us-east-1` | ok |\n"
        "| `s3 DeleteObject` | `sales-2026/in/monday.csv`, once, by mistake | AccessDenied |\n\n"
        "Write `Work` anew, so that the role can do its daily work, with **every** file under `in/`, and nothing more."
    ),
    scene=Scene(
        roles=(
            Role(
                "totals-maker",
                trust({"Service": "ecs-tasks.amazonaws.com"}),
                {"Work": allow("s3:*", "dynamodb:*")},
            ),
        ),
        buckets=(Bucket("sales-2026", ("in/monday.csv", "in/friday.csv", "private/wages.csv")),),
        tables=(Table("Totals"),),
    ),
    test=Demands(
        (
            MayCall(
                Ask(_MAKER, "s3", "ListObjectsV2", {"Bucket": "sales-2026", "Prefix": "in/"}),
                "The role can no longer list the files. The event is called `ListObjects`, the permission "
                "`s3:ListBucket`, and its resource is the *bucket*, without `/*`.",
                "cannot list",
            ),
            MayCall(
                Ask(_MAKER, "s3", "GetObject", {"Bucket": "sales-2026", "Key": "in/monday.csv"}),
                "The role can no longer read the files of `in/`. The resource of `s3:GetObject` is an *object*: "
                "bucket, `/`, key.",
                "cannot read",
            ),
            MayCall(
                Ask(_MAKER, "s3", "GetObject", {"Bucket": "sales-2026", "Key": "in/friday.csv"}),
                "It works until Thursday: `in/friday.csv` cannot be read. What was used is where to begin; what the "
                "work *needs* is where to end.",
                "only what was seen",
            ),
            MayCall(
                Ask(_MAKER, "dynamodb", "PutItem", _PUT),
                "The role can no longer write its totals.",
                "cannot write the totals",
            ),
            MayNotCall(
                Ask(_MAKER, "s3", "DeleteObject", {"Bucket": "sales-2026", "Key": "in/monday.csv"}),
                "The role can delete files. The records show that call as *denied*: it is no part of the work.",
                "a denied call is allowed",
            ),
            AtMost(
                Ask(_MAKER, "dynamodb", "PutItem", _PUT),
                policy(
                    statement("Allow", ("s3:ListBucket",), _BUCKET),
                    statement("Allow", ("s3:GetObject",), _IN),
                    statement("Allow", ("dynamodb:PutItem",), table_arn("Totals")),
                ),
                "All of the work is possible, and more than that.",
            ),
        )
    ),
    hints=(
        "One statement for each of the three lines that were *ok*.",
        "Which ARN has a bucket, which one the objects under `in/`, which one the table?",
        f"`s3:ListBucket` on `{_BUCKET}`, `s3:GetObject` on `{_IN}`, `dynamodb:PutItem` on "
        f"`{table_arn('Totals')}`",
    ),
    solution_code=_TOTALS % (_BUCKET, '"s3:GetObject"', _IN, table_arn("Totals")),
    reason="Records show what was used. Least privilege needs a person, too, who knows which file comes tomorrow.",
    wrong_answers=(
        WrongAnswer("cannot list", _TOTALS % (_BUCKET + "/*", '"s3:GetObject"', _IN, table_arn("Totals"))),
        WrongAnswer("cannot read", _TOTALS % (_BUCKET, '"s3:GetObject"', _BUCKET, table_arn("Totals"))),
        WrongAnswer(
            "only what was seen",
            _TOTALS % (_BUCKET, '"s3:GetObject"', _BUCKET + "/in/monday.csv", table_arn("Totals")),
        ),
        WrongAnswer(
            "cannot write the totals", _TOTALS % (_BUCKET, '"s3:GetObject"', _IN, table_arn("totals"))
        ),
        WrongAnswer(
            "a denied call is allowed",
            _TOTALS % (_BUCKET, '["s3:GetObject", "s3:DeleteObject"]', _IN, table_arn("Totals")),
        ),
        WrongAnswer(
            "allows more than was asked",
            _TOTALS % (_BUCKET, '"s3:GetObject"', _BUCKET + "/*", table_arn("Totals")),
        ),
    ),
)

EXERCISES = (
    NOT_IN_THE_TRAIL,
    WHO_IS_PRIVILEGED,
    IDLE_KEYS,
    PASSWORD_POLICY,
    ROTATE_CERTIFICATE,
    JUST_ENOUGH,
)
