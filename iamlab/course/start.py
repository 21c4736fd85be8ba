"""Exercises of `00-start-here`."""

from __future__ import annotations

from iamlab.course.bench import Bench
from iamlab.course.ceilings import NOTHING, AtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Choice, Demands, Holds, MayNotCall, Option
from iamlab.course.scene import Scene


def _not_only_a_group(bench: Bench) -> bool:
    return bench.stands("user/guest") or not bench.stands("group/guest")


FIRST_USER = Exercise(
    id="00-start-here/first-user",
    title="Create your first user",
    level=1,
    question="Create an IAM user named `guest`. Give it no permissions at all.",
    scene=Scene(to_make=("user/guest", "group/guest")),
    test=Demands(
        (
            Holds(
                _not_only_a_group,
                "You have created a **group** named `guest`. A group only holds users; nobody can sign in as a "
                "group. You need a **user**: `iam.create_user`.",
                "a group instead of a user",
            ),
            Holds(
                lambda bench: bench.stands("user/guest"),
                "There is no user named `guest` yet.",
                "no such user",
            ),
            MayNotCall(
                Ask("user/guest", "iam", "ListUsers"),
                "The user `guest` exists, but it is already allowed to list the account's users. It should have "
                "no permissions: leave the policies out.",
                "permissions that nobody asked for",
            ),
            AtMost(
                Ask("user/guest", "iam", "ListUsers"),
                NOTHING,
                "The user `guest` should have no permissions at all.",
                "permissions, if other ones",
            ),
        )
    ),
    hints=(
        'Every IAM operation is a method of `iam = boto3.client("iam")`. The name of the one you need says '
        "what it does.",
        "In this notebook you have seen `iam.create_user(UserName=...)`. It takes only a name.",
        '`iam.create_user(UserName="guest")`',
    ),
    solution_code='iam.create_user(UserName="guest")\n',
    reason="A new user starts with nothing. In IAM everything is denied until a policy allows it, so a forgotten "
    "user can do no harm.",
    wrong_answers=(
        WrongAnswer("a group instead of a user", 'iam.create_group(GroupName="guest")\n'),
        WrongAnswer(
            "permissions that nobody asked for",
            'iam.create_user(UserName="guest")\n'
            'iam.attach_user_policy(UserName="guest", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")\n',
        ),
        WrongAnswer(
            "permissions, if other ones",
            'iam.create_user(UserName="guest")\n'
            'iam.attach_user_policy(UserName="guest", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")\n',
        ),
    ),
)

READ_THE_ERROR = Exercise(
    id="00-start-here/read-the-error",
    title="Read an error message",
    level=1,
    question=(
        "A colleague sends you this error:\n\n"
        "`User: arn:aws:iam::123456789012:user/sam is not authorized to perform: dynamodb:GetItem on resource: "
        "arn:aws:dynamodb:us-east-1:123456789012:table/Orders because no identity-based policy allows the "
        "dynamodb:GetItem action`\n\n"
        "What should you do, if `sam` really needs this?"
    ),
    test=Choice(
        (
            Option(
                "a",
                "Give `sam` a new access key.",
                "The key works: AWS knows that the caller is `user/sam`, it says so at the start of the message. "
                "A new key would be denied in the same way.",
                mistake="mixing up who you are and what you may do",
            ),
            Option(
                "b",
                "Allow `sam` the action `dynamodb:GetItem` on the table `Orders`.",
                "The message names all you need: who (`user/sam`), the action (`dynamodb:GetItem`), the resource "
                "(the table `Orders`), and the reason: no policy allows it.",
                right=True,
            ),
            Option(
                "c",
                "Find the policy that denies `dynamodb:GetItem` and delete it.",
                "No policy denies it. The message says *no identity-based policy allows*: a permission is "
                "missing. If a policy denied it, the message would say *with an explicit deny*.",
                mistake="looking for a deny that is not there",
            ),
            Option(
                "d",
                "Make `sam` an administrator.",
                "That would make the error go away, and allow a thousand other things. The message tells you the "
                "one action that is missing.",
                mistake="allowing everything",
            ),
        )
    ),
    starter='answer = None  # "a", "b", "c" or "d"\n',
    hints=(
        "Read the message from left to right: who, which action, on what, and after *because* the reason.",
        "*no identity-based policy allows* means that something is missing, not that something forbids.",
        "One option repeats the action and the resource of the message, and nothing more.",
    ),
    solution_code='answer = "b"\n',
    reason="An access-denied message is a precise answer, not a wall. Reading it saves hours of guessing.",
    wrong_answers=(
        WrongAnswer("mixing up who you are and what you may do", 'answer = "a"\n'),
        WrongAnswer("looking for a deny that is not there", 'answer = "c"\n'),
        WrongAnswer("allowing everything", 'answer = "d"\n'),
    ),
)

EXERCISES = (FIRST_USER, READ_THE_ERROR)
