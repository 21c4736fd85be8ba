"""Exercises of `07-identity-federation` about people who come by SAML."""

from __future__ import annotations

from iamlab.course.ceilings import LetsInAtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Choice, Demands, MayCall, MayNotCall, NearMiss, Option
from iamlab.course.documents import policy, role_arn
from iamlab.course.federation_steps import BESIDE, LESSON, federated, let_in
from iamlab.course.providers import Providers
from iamlab.course.scene import Role, Scene

_SIGN_IN = "https://signin.aws.amazon.com/saml"
_ELSEWHERE = "https://portal.example.org/saml"

# ---------------------------------------------------------------- what travels
ON_THE_WIRE = Exercise(
    id=f"{LESSON}/on-the-wire",
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
    id=f"{LESSON}/demand-the-audience",
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
        roles=(Role("Ledger", federated("saml-provider/Partner", "sts:AssumeRoleWithSAML")),),
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
            LetsInAtMost(
                "role/Ledger",
                policy(
                    let_in(_NORTHWIND, ["sts:AssumeRoleWithSAML"], {"StringEquals": {"saml:aud": _SIGN_IN}}),
                    let_in(_NORTHWIND, BESIDE),
                ),
                "People of `Northwind` come in, but not they alone.",
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
            "lets in more than was asked",
            _AUDIENCE
            % (
                "Northwind",
                "sts:AssumeRoleWithSAML",
                _CONDITION % ("StringLike", "https://*signin.aws.amazon.com/saml"),
            ),
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
_FABRIKAM = "saml-provider/Fabrikam"
_BOTH = '["sts:AssumeRoleWithSAML", "sts:TagSession"]'
_EQUALS_SIGN_IN = f'"StringEquals": {{"saml:aud": "{_SIGN_IN}"}}'


def _keys(operator: str, key: str = "team") -> str:
    """A condition on the sign-in and on the names of the tags."""
    return f'{{{_EQUALS_SIGN_IN}, "{operator}": {{"aws:TagKeys": "{key}"}}}}'


def _datamart(audience: str = _SIGN_IN, **tags: str) -> Ask:
    return Ask(
        _FABRIKAM,
        "sts",
        "AssumeRoleWithSAML",
        {"RoleArn": role_arn("Datamart")},
        claims={"saml:aud": audience, "saml:sub": "olga"},
        claimed_tags=tags,
    )


SESSION_TAGS = Exercise(
    id=f"{LESSON}/session-tags",
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
                federated(
                    _FABRIKAM,
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
                "Sessions come in with an assertion for another sign-in now.",
                "the audience got lost",
            ),
            LetsInAtMost(
                "role/Datamart",
                policy(
                    let_in(
                        _FABRIKAM,
                        ["sts:AssumeRoleWithSAML", "sts:SetSourceIdentity"],
                        {"StringEquals": {"saml:aud": _SIGN_IN}},
                    ),
                    # In the names of tags, AWS doesn't tell small letters from capital ones.
                    let_in(
                        _FABRIKAM,
                        ["sts:TagSession"],
                        {"ForAllValues:StringEqualsIgnoreCase": {"aws:TagKeys": "team"}},
                    ),
                ),
                "The tag `team` comes in, but not it alone.",
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
        WrongAnswer("lets in more than was asked", _TAGGED % (_BOTH, _keys("ForAllValues:StringLike", "t*"))),
        WrongAnswer("one good key is enough", _TAGGED % (_BOTH, _keys("ForAnyValue:StringEqualsIfExists"))),
        WrongAnswer(
            "the audience got lost",
            _TAGGED % (_BOTH, '{"ForAllValues:StringEquals": {"aws:TagKeys": "team"}}'),
        ),
    ),
)
