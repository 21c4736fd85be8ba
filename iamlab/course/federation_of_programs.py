"""Exercises of `07-identity-federation` about programs: the job of a CI system, and a broker."""

from __future__ import annotations

import json

from iamlab.course.ceilings import AtMost, LetsInAtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Demands, MayCall, MayNotCall, NearMiss
from iamlab.course.documents import ACCOUNT, allow, policy, role_arn, trust
from iamlab.course.federation_steps import BESIDE, LESSON, federated, let_in
from iamlab.course.providers import Providers
from iamlab.course.scene import Role, Scene, User

# ---------------------------------------------------------------- one repository, one branch
_CI = "ci.example.org"
_JOB = """\
document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/ci.example.org"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": %s,
    },
}
iam.update_assume_role_policy(
    RoleName="ShopDeploy", PolicyDocument=json.dumps(document)
)
"""
_FOR_AWS = '"ci.example.org:aud": "sts.amazonaws.com"'
_MAIN = "repo:octo-org/shop:ref:refs/heads/main"


def _subject(operator: str, subject: str) -> str:
    """The condition of a trust policy on the subject, the audience demanded beside it."""
    return _JOB % f'{{"StringEquals": {{{_FOR_AWS}}}, "{operator}": {{"{_CI}:sub": "{subject}"}}}}'


def _equal(subject: str) -> str:
    return _JOB % f'{{"StringEquals": {{{_FOR_AWS}, "{_CI}:sub": "{subject}"}}}}'


def _job(subject: str, audience: str = "sts.amazonaws.com") -> Ask:
    claims = {f"{_CI}:aud": audience, f"{_CI}:sub": subject}
    return Ask(
        f"oidc-provider/{_CI}",
        "sts",
        "AssumeRoleWithWebIdentity",
        {"RoleArn": role_arn("ShopDeploy"), "RoleSessionName": "job"},
        claims=claims,
    )


ONE_BRANCH = Exercise(
    id=f"{LESSON}/one-branch",
    title="One repository, one branch",
    level=3,
    question=(
        "Your company runs a CI system of its own, `ci.example.org`. Its tokens look like GitHub's: `sub` is "
        "`repo:OWNER/NAME:ref:refs/heads/BRANCH`, or `repo:OWNER/NAME:pull_request` for pull requests. The role "
        "`ShopDeploy` demands the audience and nothing more, so that **every** job of that system can deploy.\n\n"
        "Write a trust policy that admits jobs of the branch `main` of the repository `octo-org/shop` only. Keep the "
        "audience `sts.amazonaws.com`."
    ),
    scene=Scene(
        providers=Providers(oidc=(_CI,)),
        roles=(
            Role(
                "ShopDeploy",
                federated(
                    f"oidc-provider/{_CI}",
                    "sts:AssumeRoleWithWebIdentity",
                    {"StringEquals": {f"{_CI}:aud": "sts.amazonaws.com"}},
                ),
            ),
        ),
    ),
    test=Demands(
        (
            MayCall(
                _job(_MAIN),
                "Jobs of `main` of `octo-org/shop` cannot deploy.",
                "nobody can deploy",
                near=(
                    NearMiss(
                        "Allow",
                        "Condition",
                        f"The condition is not true for the token of such a job. Its `sub` is `{_MAIN}`: compare it "
                        "letter by letter. And remember: for `StringEquals` a `*` is just a star.",
                        "the subject does not match",
                    ),
                ),
            ),
            MayNotCall(
                _job("repo:stranger/anything:ref:refs/heads/main"),
                "A job of `stranger/anything` can deploy your shop: the subject is not restricted to your "
                "organisation. With a public CI system, this means *everybody in the world*.",
                "any repository",
            ),
            MayNotCall(
                _job("repo:octo-org/wiki:ref:refs/heads/main"),
                "A job of `octo-org/wiki` can deploy the shop. Whoever can write to any repository of the "
                "organisation can.",
                "every repository of the organisation",
            ),
            MayNotCall(
                _job("repo:octo-org/shop-playground:ref:refs/heads/main"),
                "A job of `octo-org/shop-playground` can deploy: the star after `shop` matches the rest of a "
                "repository's name too.",
                "names that begin alike",
            ),
            MayNotCall(
                _job("repo:octo-org/shop:pull_request"),
                "A pull request can deploy, before anybody has reviewed it.",
                "pull requests",
            ),
            MayNotCall(
                _job("repo:octo-org/shop:ref:refs/heads/try-this"),
                "Jobs of the branch `try-this` can deploy, not of `main` only.",
                "every branch",
            ),
            MayNotCall(
                _job(_MAIN, "https://wiki.example.org"),
                "The audience got lost: a token that was made for another service is good for AWS now.",
                "the audience got lost",
            ),
            LetsInAtMost(
                "role/ShopDeploy",
                policy(
                    let_in(
                        f"oidc-provider/{_CI}",
                        ["sts:AssumeRoleWithWebIdentity"],
                        {"StringEquals": {f"{_CI}:aud": "sts.amazonaws.com", f"{_CI}:sub": _MAIN}},
                    ),
                    let_in(f"oidc-provider/{_CI}", BESIDE),
                ),
                "Jobs of `main` can deploy, but not they alone.",
            ),
        )
    ),
    hints=(
        "Two claims must be right at the same time, so both stand in the condition.",
        "You know the whole `sub` of a permitted job. You need no star, and so no `StringLike`.",
        f'`"StringEquals": {{{_FOR_AWS}, "ci.example.org:sub": "{_MAIN}"}}`',
    ),
    solution_code=_equal(_MAIN),
    reason="The `sub` says which job it is; everybody on the CI system can get a token of the same issuer and "
    "audience. Write the whole `sub` wherever you can: each star is somebody who gets in.",
    wrong_answers=(
        WrongAnswer("any repository", _subject("StringLike", "repo:*")),
        WrongAnswer("any repository", _subject("StringLike", "repo:*:ref:refs/heads/main")),
        WrongAnswer("every repository of the organisation", _subject("StringLike", "repo:octo-org/*")),
        WrongAnswer(
            "names that begin alike", _subject("StringLike", "repo:octo-org/shop*:ref:refs/heads/main")
        ),
        WrongAnswer("pull requests", _subject("StringLike", "repo:octo-org/shop:*")),
        WrongAnswer("every branch", _subject("StringLike", "repo:octo-org/shop:ref:refs/heads/*")),
        WrongAnswer("lets in more than was asked", _subject("StringLike", f"{_MAIN}*")),
        WrongAnswer("the audience got lost", _JOB % f'{{"StringEquals": {{"{_CI}:sub": "{_MAIN}"}}}}'),
        WrongAnswer("the subject does not match", _equal("repo:octo-org/shop:*")),
        WrongAnswer("nobody can deploy", _equal(_MAIN).replace("WithWebIdentity", "WithSAML")),
    ),
)

# ---------------------------------------------------------------- a broker's own permissions
_BROKER = """\
document = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": %s, "Resource": %s},
}
iam.put_user_policy(
    UserName="lodge-broker", PolicyName="Broker", PolicyDocument=json.dumps(document)
)
"""
_ROOT = trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
_LODGE = (role_arn("Lodge-Readers"), role_arn("Lodge-Writers"))


def _as(role: str) -> Ask:
    params = {"RoleArn": role_arn(role), "RoleSessionName": "olga"}
    return Ask("user/lodge-broker", "sts", "AssumeRole", params)


A_BROKERS_POWERS = Exercise(
    id=f"{LESSON}/a-brokers-powers",
    title="A broker that cannot become everybody",
    level=2,
    question=(
        "The broker of the company `Lodge` works with the key of the user `lodge-broker`. It gives the group *readers* "
        "the role `Lodge-Readers` and the group *writers* the role `Lodge-Writers`. The account also has the role "
        "`OrgOwner`. All three roles trust the whole account, so the policies of a caller decide.\n\n"
        "Write the inline policy `Broker` for `lodge-broker`, so that it can assume the two `Lodge-…` roles "
        "and do nothing else."
    ),
    scene=Scene(
        users=(User("lodge-broker", keys=1),),
        roles=(
            Role("Lodge-Readers", _ROOT, {"Read": allow("s3:Get*", "s3:List*")}),
            Role("Lodge-Writers", _ROOT, {"Write": allow("s3:*")}),
            Role("OrgOwner", _ROOT, attached=("arn:aws:iam::aws:policy/AdministratorAccess",)),
        ),
    ),
    test=Demands(
        (
            MayCall(
                _as("Lodge-Readers"),
                "The broker cannot assume `Lodge-Readers`, so readers get no credentials.",
                "readers get nothing",
            ),
            MayCall(
                _as("Lodge-Writers"),
                "The broker cannot assume `Lodge-Writers`, so writers get no credentials.",
                "writers get nothing",
            ),
            MayNotCall(
                _as("OrgOwner"),
                "The broker can assume `OrgOwner`: whoever breaks into the broker's machine is the administrator of "
                "the account.",
                "the broker can become the administrator",
            ),
            AtMost(
                _as("Lodge-Readers"),
                allow("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", on=_LODGE),
                "The roles are right, but a broker should do nothing else with its key.",
            ),
        )
    ),
    hints=(
        "One statement: one action, and the roles as `Resource`.",
        "The action is `sts:AssumeRole`, and `Resource` can be a list. A star after `Lodge-` would fit roles that "
        "somebody makes next year.",
        f'`"Action": "sts:AssumeRole", "Resource": {json.dumps(_LODGE)}`',
    ),
    solution_code=_BROKER % ('"sts:AssumeRole"', json.dumps(_LODGE)),
    reason="A broker holds a long-term key, and everybody's access hangs on it. It is the machine in this lesson that "
    "most deserves little permission, a rotated key and a look into the trail.",
    wrong_answers=(
        WrongAnswer("readers get nothing", _BROKER % ('"sts:GetFederationToken"', '"*"')),
        WrongAnswer("writers get nothing", _BROKER % ('"sts:AssumeRole"', f'"{role_arn("Lodge-Readers")}"')),
        WrongAnswer("the broker can become the administrator", _BROKER % ('"sts:AssumeRole"', '"*"')),
        WrongAnswer(
            "allows more than was asked", _BROKER % ('["sts:AssumeRole", "iam:*"]', json.dumps(_LODGE))
        ),
        WrongAnswer("allows more than was asked", _BROKER % ('"sts:AssumeRole"', f'"{role_arn("Lodge-*")}"')),
    ),
)
