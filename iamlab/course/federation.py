"""Exercises of `07-identity-federation`."""

from __future__ import annotations

from typing import Any

from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, AtMost, Choice, Demands, MayCall, MayNotCall, NearMiss, Option
from iamlab.course.documents import ACCOUNT, allow, policy, role_arn, trust
from iamlab.course.providers import Providers
from iamlab.course.scene import Role, Scene, User

_LESSON = "07-identity-federation"
_SIGN_IN = "https://signin.aws.amazon.com/saml"
_ELSEWHERE = "https://portal.example.org/saml"


def _federated(provider: str, action: str, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    """A trust policy for people or jobs that an identity provider vouches for."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:{provider}"},
        "Action": action,
    }
    return policy(statement | ({"Condition": condition} if condition else {}))


# ---------------------------------------------------------------- what travels
ON_THE_WIRE = Exercise(
    id=f"{_LESSON}/on-the-wire",
    title="What AWS gets to see",
    level=1,
    question=(
        "`olga` signs in at her company with her password and then works in AWS, by SAML. What does AWS get, so that "
        "it can give her credentials?"
    ),
    test=Choice(
        (
            Option(
                "a",
                "Her user name and password, over an encrypted connection.",
                "Her password never leaves the company. This is one of the two great advantages of federation: AWS "
                "cannot lose what it never had.",
                mistake="the password travels",
            ),
            Option(
                "b",
                "Her name only. AWS then asks the company's provider whether she is signed in.",
                "AWS does not call the SAML provider, ever: the provider may stand behind the company's firewall. "
                "All that AWS knows of it is the metadata document that was uploaded.",
                mistake="AWS asks the provider",
            ),
            Option(
                "c",
                "An access key that the company's provider keeps for her.",
                "Then somebody would have had to create an IAM user and a key for her. Federation exists to "
                "make these superfluous.",
                mistake="a key for everybody",
            ),
            Option(
                "d",
                "A document about her, signed by the provider, which her own browser brings along.",
                "AWS verifies the signature with the certificate from the metadata, and reads the rest: who, which "
                "role, until when, for whom.",
                right=True,
            ),
        )
    ),
    starter='answer = None  # "a", "b", "c" or "d"\n',
    hints=(
        "Look at the picture again: which lines reach AWS?",
        "The provider and AWS have met once only, when you uploaded the metadata.",
        "What in the metadata lets AWS recognise a document of the provider?",
    ),
    solution_code='answer = "d"\n',
    reason="Trust without a connection: a signature can be verified by anybody who has the certificate, at any time, "
    "without asking.",
    wrong_answers=(
        WrongAnswer("the password travels", 'answer = "a"\n'),
        WrongAnswer("AWS asks the provider", 'answer = "b"\n'),
        WrongAnswer("a key for everybody", 'answer = "c"\n'),
    ),
)

# ---------------------------------------------------------------- the audience
_AUDIENCE = """\
document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/%s"},
        "Action": "%s",%s
    },
}
iam.update_assume_role_policy(
    RoleName="Ledger", PolicyDocument=json.dumps(document)
)
"""
_CONDITION = '\n        "Condition": {"%s": {"saml:aud": "%s"}},'
_NORTHWIND = "saml-provider/Northwind"


def _ledger(provider: str, audience: str) -> Ask:
    claims = {"saml:aud": audience, "saml:sub": "olga", "saml:iss": "https://idp.example.org/saml"}
    return Ask(provider, "sts", "AssumeRoleWithSAML", {"RoleArn": role_arn("Ledger")}, claims=claims)


DEMAND_THE_AUDIENCE = Exercise(
    id=f"{_LESSON}/demand-the-audience",
    title="Demand the audience",
    level=2,
    question=(
        "The account knows two SAML providers, `Northwind` and `Partner`. The role `Ledger` still trusts "
        "`Partner`, and does not ask for which sign-in an assertion was made.\n\n"
        "Write a new trust policy: people of `Northwind` come in, with assertions made for AWS's sign-in "
        f"(`saml:aud` is `{_SIGN_IN}`), and nobody else. Put it in place with `iam.update_assume_role_policy`."
    ),
    scene=Scene(
        providers=Providers(saml=("Northwind", "Partner")),
        roles=(Role("Ledger", _federated("saml-provider/Partner", "sts:AssumeRoleWithSAML")),),
    ),
    test=Demands(
        (
            MayCall(
                _ledger(_NORTHWIND, _SIGN_IN),
                "People of `Northwind` cannot assume `Ledger`: the trust policy does not name their provider.",
                "the provider is not trusted",
                near=(
                    NearMiss(
                        "Allow",
                        "Condition",
                        "The provider is right, but the condition is not true for an honest assertion. Compare "
                        "`saml:aud` letter by letter, and mind the operator.",
                        "the audience is misspelled",
                    ),
                    NearMiss(
                        "Allow",
                        "Action",
                        "The provider is right, but this is the wrong action. Who comes with an assertion calls "
                        "`sts:AssumeRoleWithSAML`.",
                        "the wrong action",
                    ),
                ),
            ),
            MayNotCall(
                _ledger(_NORTHWIND, _ELSEWHERE),
                f"An assertion for another sign-in (`{_ELSEWHERE}`) would be good as well: the trust policy does "
                "not demand a value of `saml:aud`.",
                "no audience demanded",
            ),
            MayNotCall(
                _ledger("saml-provider/Partner", _SIGN_IN),
                "People of `Partner` can still assume the role.",
                "the partner is still trusted",
            ),
        )
    ),
    hints=(
        "Three things change: the provider in `Principal`, the `Action` stays, and a `Condition` is added.",
        "The principal is `Federated`, with the provider's ARN: `arn:aws:iam::123456789012:saml-provider/Northwind`.",
        f'`"Condition": {{"StringEquals": {{"saml:aud": "{_SIGN_IN}"}}}}`',
    ),
    solution_code=_AUDIENCE
    % ("Northwind", "sts:AssumeRoleWithSAML", _CONDITION % ("StringEquals", _SIGN_IN)),
    reason="STS looks at recipient and audience itself; the trust policy is your own second lock, and the place where "
    "you say *which* sign-in counts.",
    wrong_answers=(
        WrongAnswer(
            "the provider is not trusted",
            _AUDIENCE % ("Partner", "sts:AssumeRoleWithSAML", _CONDITION % ("StringEquals", _SIGN_IN)),
        ),
        WrongAnswer(
            "the audience is misspelled",
            _AUDIENCE
            % (
                "Northwind",
                "sts:AssumeRoleWithSAML",
                _CONDITION % ("StringEquals", "urn:amazon:webservices"),
            ),
        ),
        WrongAnswer(
            "the wrong action",
            _AUDIENCE
            % ("Northwind", "sts:AssumeRoleWithWebIdentity", _CONDITION % ("StringEquals", _SIGN_IN)),
        ),
        WrongAnswer("no audience demanded", _AUDIENCE % ("Northwind", "sts:AssumeRoleWithSAML", "")),
        WrongAnswer(
            "no audience demanded",
            _AUDIENCE
            % ("Northwind", "sts:AssumeRoleWithSAML", _CONDITION % ("StringLike", "https://*/saml")),
        ),
        WrongAnswer(
            "the partner is still trusted",
            (
                _AUDIENCE % ("Northwind", "sts:AssumeRoleWithSAML", _CONDITION % ("StringEquals", _SIGN_IN))
            ).replace(
                '"arn:aws:iam::123456789012:saml-provider/Northwind"',
                '["arn:aws:iam::123456789012:saml-provider/Northwind",\n'
                '            "arn:aws:iam::123456789012:saml-provider/Partner"]',
            ),
        ),
    ),
)

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
    id=f"{_LESSON}/one-branch",
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
                _federated(
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
        WrongAnswer("the audience got lost", _JOB % f'{{"StringEquals": {{"{_CI}:sub": "{_MAIN}"}}}}'),
        WrongAnswer("the subject does not match", _equal("repo:octo-org/shop:*")),
        WrongAnswer("nobody can deploy", _equal(_MAIN).replace("WithWebIdentity", "WithSAML")),
    ),
)

# ---------------------------------------------------------------- session tags
_TAGGED = """\
document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/Fabrikam"},
        "Action": %s,
        "Condition": %s,
    },
}
iam.update_assume_role_policy(
    RoleName="Datamart", PolicyDocument=json.dumps(document)
)
"""
_BOTH = '["sts:AssumeRoleWithSAML", "sts:TagSession"]'
_EQUALS_SIGN_IN = f'"StringEquals": {{"saml:aud": "{_SIGN_IN}"}}'


def _keys(operator: str, key: str = "team") -> str:
    return f'{{{_EQUALS_SIGN_IN}, "{operator}": {{"aws:TagKeys": "{key}"}}}}'


def _datamart(audience: str = _SIGN_IN, **tags: str) -> Ask:
    return Ask(
        "saml-provider/Fabrikam",
        "sts",
        "AssumeRoleWithSAML",
        {"RoleArn": role_arn("Datamart")},
        claims={"saml:aud": audience, "saml:sub": "olga"},
        claimed_tags=tags,
    )


SESSION_TAGS = Exercise(
    id=f"{_LESSON}/session-tags",
    title="Let one tag in, and no other",
    level=3,
    question=(
        "The provider `Fabrikam` has begun to write the tag `team` into its assertions, and since then nobody who has "
        "one can assume the role `Datamart`.\n\n"
        "Change its trust policy: sessions with the tag `team` come in, and so do those without any tag, as before. An "
        "assertion with any **other** tag must be refused: a policy elsewhere gives a lot to the tag `clearance`. Keep "
        "the condition on `saml:aud`."
    ),
    scene=Scene(
        providers=Providers(saml=("Fabrikam",)),
        roles=(
            Role(
                "Datamart",
                _federated(
                    "saml-provider/Fabrikam",
                    "sts:AssumeRoleWithSAML",
                    {"StringEquals": {"saml:aud": _SIGN_IN}},
                ),
            ),
        ),
    ),
    test=Demands(
        (
            MayCall(
                _datamart(team="data"),
                "An assertion with the tag `team` is still refused. To bring session tags, one needs "
                "`sts:TagSession` in the trust policy as well, and the condition has to be true for the key `team`.",
                "tags are still refused",
            ),
            MayCall(
                _datamart(),
                "People **without** a tag cannot come in any more. A plain operator is not true for a key that is not "
                "there.",
                "without a tag nobody comes in",
            ),
            MayNotCall(
                _datamart(clearance="high"),
                "An assertion with the tag `clearance` comes in.",
                "any tag comes in",
            ),
            MayNotCall(
                _datamart(team="data", clearance="high"),
                "The tag `clearance` comes in when `team` is there too: *one* of the keys is permitted, and that is "
                "enough for your condition. It has to hold for **all** of them.",
                "one good key is enough",
            ),
            MayNotCall(
                _datamart(_ELSEWHERE, team="data"),
                "Sessions come in with an assertion for another audience now.",
                "the audience got lost",
            ),
        )
    ),
    hints=(
        "Two things are needed: another action, and a condition on the *keys* of the tags.",
        "The action is `sts:TagSession`; `aws:TagKeys` holds all keys that come along. Which of `ForAllValues` and "
        "`ForAnyValue` is true when there is none?",
        '`"ForAllValues:StringEquals": {"aws:TagKeys": "team"}`, beside the condition on `saml:aud`',
    ),
    solution_code=_TAGGED % (_BOTH, _keys("ForAllValues:StringEquals")),
    reason="Where policies decide by tags, whoever writes the tags decides. Say in the trust policy which tags a "
    "provider may write.",
    wrong_answers=(
        WrongAnswer(
            "tags are still refused",
            _TAGGED % ('"sts:AssumeRoleWithSAML"', _keys("ForAllValues:StringEquals")),
        ),
        WrongAnswer("tags are still refused", _TAGGED % (_BOTH, _keys("ForAllValues:StringEquals", "crew"))),
        WrongAnswer("without a tag nobody comes in", _TAGGED % (_BOTH, _keys("ForAnyValue:StringEquals"))),
        WrongAnswer("any tag comes in", _TAGGED % (_BOTH, f"{{{_EQUALS_SIGN_IN}}}")),
        WrongAnswer("one good key is enough", _TAGGED % (_BOTH, _keys("ForAnyValue:StringEqualsIfExists"))),
        WrongAnswer(
            "the audience got lost",
            _TAGGED % (_BOTH, '{"ForAllValues:StringEquals": {"aws:TagKeys": "team"}}'),
        ),
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
_LODGE = f"arn:aws:iam::{ACCOUNT}:role/Lodge-*"


def _as(role: str) -> Ask:
    params = {"RoleArn": role_arn(role), "RoleSessionName": "olga"}
    return Ask("user/lodge-broker", "sts", "AssumeRole", params)


A_BROKERS_POWERS = Exercise(
    id=f"{_LESSON}/a-brokers-powers",
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
                allow("sts:AssumeRole", "sts:TagSession", on=_LODGE),
                "The roles are right, but a broker should do nothing else with its key.",
            ),
        )
    ),
    hints=(
        "One statement: one action, and the roles as `Resource`.",
        "The action is `sts:AssumeRole`. All roles that may be assumed begin alike.",
        f'`"Resource": "{_LODGE}"`',
    ),
    solution_code=_BROKER % ('"sts:AssumeRole"', f'"{_LODGE}"'),
    reason="A broker holds a long-term key, and everybody's access hangs on it. It is the machine in this lesson that "
    "most deserves little permission, a rotated key and a look into the trail.",
    wrong_answers=(
        WrongAnswer("readers get nothing", _BROKER % ('"sts:GetFederationToken"', '"*"')),
        WrongAnswer("writers get nothing", _BROKER % ('"sts:AssumeRole"', f'"{role_arn("Lodge-Readers")}"')),
        WrongAnswer("the broker can become the administrator", _BROKER % ('"sts:AssumeRole"', '"*"')),
        WrongAnswer("allows more than was asked", _BROKER % ('["sts:AssumeRole", "iam:*"]', f'"{_LODGE}"')),
    ),
)

EXERCISES = (ON_THE_WIRE, DEMAND_THE_AUDIENCE, A_BROKERS_POWERS, ONE_BRANCH, SESSION_TAGS)
