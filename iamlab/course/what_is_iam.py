"""Exercises of `01-what-is-iam`."""

from __future__ import annotations

from iamlab.course.ceilings import AtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Demands, Forecast, MayCall, MayNotCall, NearMiss
from iamlab.course.documents import allow, policy, statement
from iamlab.course.scene import Bucket, Scene, User

_NOTES = {"Bucket": "team-notes", "Key": "todo.txt"}
_REPORT = {"Bucket": "lee-archive", "Key": "report.txt"}

WHO_MAY_WHAT = Exercise(
    id="01-what-is-iam/who-may-what",
    title="Who may do what?",
    level=1,
    question=(
        "Two users stand in the lab. `mei` has no policy. `ravi` has this one:\n\n"
        "```json\n"
        '{"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:GetObject"], "Resource": "*"}\n'
        "```\n\n"
        "Say for each line whether AWS will allow it: `True` or `False`. The check then asks the lab."
    ),
    scene=Scene(
        users=(
            User("mei"),
            User("ravi", {"ReadNotes": allow("s3:ListAllMyBuckets", "s3:GetObject")}),
        ),
        buckets=(Bucket("team-notes", ("todo.txt",)),),
    ),
    test=Forecast(
        asks={
            "ravi lists the buckets": Ask("user/ravi", "s3", "ListBuckets"),
            "ravi reads todo.txt": Ask("user/ravi", "s3", "GetObject", _NOTES),
            "ravi deletes todo.txt": Ask("user/ravi", "s3", "DeleteObject", _NOTES),
            "mei reads todo.txt": Ask("user/mei", "s3", "GetObject", _NOTES),
        },
        explains={
            "ravi lists the buckets": "Listing the buckets is the action `s3:ListAllMyBuckets`, and his policy "
            "allows it.",
            "ravi reads todo.txt": "Reading an object is the action `s3:GetObject`, and his policy allows it.",
            "ravi deletes todo.txt": "His policy lists two actions, and `s3:DeleteObject` is not one of them. "
            "What is not allowed is denied.",
            "mei reads todo.txt": "A policy of `ravi` does nothing for `mei`. She has no policy, so everything "
            "is denied.",
        },
    ),
    starter=(
        "answer = {\n"
        '    "ravi lists the buckets": None,\n'
        '    "ravi reads todo.txt": None,\n'
        '    "ravi deletes todo.txt": None,\n'
        '    "mei reads todo.txt": None,\n'
        "}\n"
    ),
    hints=(
        "Look for the action of each call in the policy. Is it there?",
        "Deleting is the action `s3:DeleteObject`. A policy counts only for whom it is attached to.",
        "Two are allowed and two are denied.",
    ),
    solution_code=(
        "answer = {\n"
        '    "ravi lists the buckets": True,\n'
        '    "ravi reads todo.txt": True,\n'
        '    "ravi deletes todo.txt": False,\n'
        '    "mei reads todo.txt": False,\n'
        "}\n"
    ),
    reason="Who, action, resource: these three decide. If no statement allows that combination, the answer is no.",
    wrong_answers=(
        WrongAnswer(
            "ravi deletes todo.txt",
            'answer = {"ravi lists the buckets": True, "ravi reads todo.txt": True, '
            '"ravi deletes todo.txt": True, "mei reads todo.txt": False}\n',
        ),
        WrongAnswer(
            "mei reads todo.txt",
            'answer = {"ravi lists the buckets": True, "ravi reads todo.txt": True, '
            '"ravi deletes todo.txt": False, "mei reads todo.txt": True}\n',
        ),
        WrongAnswer("left open", 'answer = {"ravi lists the buckets": True}\n'),
    ),
)

_DENY_DELETE = """\
document = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Action": "%s", "Resource": "%s"},
}
iam.put_user_policy(
    UserName="lee",
    PolicyName="NoDeleting",
    PolicyDocument=json.dumps(document),
)
"""

NO_DELETING = Exercise(
    id="01-what-is-iam/no-deleting",
    title="Everything but deleting",
    level=2,
    question=(
        "The user `lee` may do everything in S3: the policy `AllOfS3` allows `s3:*` on `*`. From now on `lee` must "
        "**not be able to delete objects**, and must still be able to do everything else.\n\n"
        "Do not touch `AllOfS3`. Add a second policy to `lee` that takes one thing away."
    ),
    scene=Scene(
        users=(User("lee", {"AllOfS3": policy(statement("Allow", ("s3:*",)))}),),
        buckets=(Bucket("lee-archive", ("report.txt",)),),
    ),
    test=Demands(
        (
            MayCall(
                Ask("user/lee", "s3", "GetObject", _REPORT),
                "Now `lee` cannot even read an object. The Deny takes away more than deleting.",
                "denied too much",
            ),
            MayCall(
                Ask("user/lee", "s3", "PutObject", _REPORT),
                "Now `lee` cannot write objects any more. Only deleting should be taken away.",
                "took writing away too",
            ),
            MayCall(
                Ask("user/lee", "s3", "ListBuckets"),
                "Now `lee` cannot list the buckets any more. Only deleting objects should be taken away.",
                "took listing away too",
            ),
            MayNotCall(
                Ask("user/lee", "s3", "DeleteObject", _REPORT),
                "`lee` can still delete an object.",
                "still deletes",
                near=(
                    NearMiss(
                        "Deny",
                        "Resource",
                        "Your Deny names the right action, but not the objects: `lee` can still delete them. "
                        "`arn:aws:s3:::lee-archive` is the bucket; its objects are `arn:aws:s3:::lee-archive/*`. "
                        'To reach the objects of all buckets, write `"Resource": "*"`.',
                        "the Deny does not reach the objects",
                    ),
                    NearMiss(
                        "Deny",
                        "Action",
                        "There is a Deny, but for another action. Deleting an object is `s3:DeleteObject`.",
                        "the Deny names another action",
                    ),
                ),
            ),
            MayNotCall(
                Ask("user/lee", "s3", "DeleteObject", {"Bucket": "some-other-bucket", "Key": "a.txt"}),
                "`lee` can still delete objects in other buckets.",
                "only one bucket protected",
            ),
            AtMost(
                Ask("user/lee", "s3", "GetObject", _REPORT),
                # By way of an access point an object has another ARN: a Deny on all objects of buckets will do.
                policy(
                    statement("Allow", ("s3:*",)),
                    statement("Deny", ("s3:DeleteObject",), "arn:aws:s3:::*/*"),
                ),
                "`lee` can still delete some objects, or do more than before.",
            ),
        )
    ),
    hints=(
        "A policy cannot make a hole in another policy's Allow by leaving something out. Which `Effect` can?",
        "An explicit `Deny` always wins over an `Allow`. You need one statement with the action "
        "`s3:DeleteObject`.",
        'Put this with `iam.put_user_policy(UserName="lee", PolicyName="NoDeleting", ...)`: '
        '`{"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}`',
    ),
    solution_code=_DENY_DELETE % ("s3:DeleteObject", "*"),
    reason="A Deny is a guard rail: whatever anybody allows later, deleting stays impossible.",
    wrong_answers=(
        WrongAnswer("allows more than was asked", _DENY_DELETE % ("s3:DeleteObject", "arn:aws:s3:::*/*.*")),
        WrongAnswer("denied too much", _DENY_DELETE % ("s3:*", "*")),
        WrongAnswer(
            "took writing away too",
            _DENY_DELETE.replace('"%s"', '["s3:PutObject", "s3:DeleteObject"]', 1) % "*",
        ),
        WrongAnswer("the Deny names another action", _DENY_DELETE % ("s3:DeleteBucket", "*")),
        WrongAnswer(
            "the Deny does not reach the objects",
            _DENY_DELETE % ("s3:DeleteObject", "arn:aws:s3:::lee-archive"),
        ),
        WrongAnswer(
            "only one bucket protected", _DENY_DELETE % ("s3:DeleteObject", "arn:aws:s3:::lee-archive/*")
        ),
        WrongAnswer(
            "took writing away too",
            'document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", '
            '"Action": ["s3:GetObject", "s3:ListAllMyBuckets"], "Resource": "*"}}\n'
            'iam.put_user_policy(UserName="lee", PolicyName="AllOfS3", PolicyDocument=json.dumps(document))\n',
        ),
    ),
)

EXERCISES = (WHO_MAY_WHAT, NO_DELETING)
