"""Exercises of `10-security-best-practices`."""

from __future__ import annotations

from iamlab.course.ceilings import AtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Choice, Demands, Forecast, MayCall, MayNotCall, Option
from iamlab.course.documents import allow, policy, statement, table_arn, trust
from iamlab.course.practices_of_credentials import IDLE_KEYS, PASSWORD_POLICY, ROTATE_CERTIFICATE
from iamlab.course.scene import Bucket, Group, Role, Scene, Table, User

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
