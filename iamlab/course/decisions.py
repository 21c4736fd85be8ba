"""Exercises of `11-how-a-decision-is-made`."""

from __future__ import annotations

from iamlab.course.ceilings import AtMost
from iamlab.course.decisions_of_roles import EXTERNAL_ID, OWN_PROJECT
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
