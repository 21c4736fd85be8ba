"""Exercises of `06-multi-factor-authentication`."""

from __future__ import annotations

from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Choice, Demands, Holds, Option
from iamlab.course.factors_in_policies import A_ROLE_BEHIND_A_CODE, SELF_SERVICE, THE_TRAP
from iamlab.course.scene import Scene, User

_LESSON = "06-multi-factor-authentication"

# ---------------------------------------------------------------- a device
_NEW_DEVICE = """\
from iamlab.outside.authenticator import Authenticator

device = iam.create_virtual_mfa_device(VirtualMFADeviceName="olga-phone")["VirtualMFADevice"]
"""
_ENABLE = """\
app = Authenticator(lab.clock.now)
app.add(device["Base32StringSeed"])
first, second = app.two_codes()
iam.enable_mfa_device(
    UserName="%s",
    SerialNumber=device["SerialNumber"],
    AuthenticationCode1=first,
    AuthenticationCode2=second,
)
"""

A_DEVICE = Exercise(
    id=f"{_LESSON}/a-device",
    title="A second factor for olga",
    level=1,
    question=(
        "Give the user `olga` a virtual MFA device named `olga-phone`, and **enable** it for her. (`vic` has nothing "
        "to do with it.)"
    ),
    scene=Scene(users=(User("olga"), User("vic")), to_make=("mfa/olga-phone",)),
    test=Demands(
        (
            Holds(
                lambda bench: bench.stands("mfa/olga-phone"),
                "There is no virtual device named `olga-phone` yet.",
                "no such device",
            ),
            Holds(
                lambda bench: not bench.has_second_factor("vic"),
                "The device is enabled for `vic`. One device belongs to one person: deactivate it "
                "(`iam.deactivate_mfa_device`) and enable it for `olga`.",
                "somebody else's device",
            ),
            Holds(
                lambda bench: bench.has_second_factor("olga"),
                "The device exists, but it is not enabled for `olga`. AWS wants to see two codes in a row first, to "
                "be sure that her app and AWS agree.",
                "made but not enabled",
            ),
        )
    ),
    hints=(
        "Two calls of IAM: one makes the device and gives you its seed, the other enables it for a user.",
        "An `Authenticator(lab.clock.now)` takes the seed with `.add(...)`; `.two_codes()` gives two codes in a row.",
        'The second call is `iam.enable_mfa_device(UserName="olga", SerialNumber=device["SerialNumber"], '
        "AuthenticationCode1=first, AuthenticationCode2=second)`.",
    ),
    solution_code=_NEW_DEVICE + _ENABLE % "olga",
    reason="The two codes prove that the app has the right seed and the right time. From now on a stolen password or "
    "key is only half of what a thief needs, if a policy asks for the other half.",
    wrong_answers=(
        WrongAnswer("made but not enabled", _NEW_DEVICE),
        WrongAnswer("somebody else's device", _NEW_DEVICE + _ENABLE % "vic"),
        WrongAnswer(
            "no such device", (_NEW_DEVICE + _ENABLE % "olga").replace('="olga-phone"', '="phone-of-olga"')
        ),
    ),
)

# ---------------------------------------------------------------- who carries a factor
WHO_HAS_MFA = Exercise(
    id=f"{_LESSON}/which-calls",
    title="Which calls carry the second factor?",
    level=1,
    question=(
        "A user has enabled an MFA device. A policy of hers allows `s3:*` with the condition\n\n"
        "```json\n"
        '{"Bool": {"aws:MultiFactorAuthPresent": "true"}}\n'
        "```\n\n"
        "For which calls is the condition true?"
    ),
    test=Choice(
        (
            Option(
                "a",
                "For all of them: she has a device.",
                "For a call, having a device changes nothing by itself. The key says whether *these credentials* were "
                "got with a code, not whether she owns a phone.",
                mistake="owning a device is enough",
            ),
            Option(
                "b",
                "For calls with her access key, after she has used a code once today.",
                "Calls with an access key never carry a second factor: there is no place for a code in them.",
                mistake="access keys believed to carry a factor",
            ),
            Option(
                "c",
                "For calls with credentials that `sts.get_session_token` gave her in exchange for a code.",
                "These temporary credentials remember that a code was shown, and when.",
                right=True,
            ),
            Option(
                "d",
                "For calls of every role session that she took with a code.",
                "The *request* to assume a role can carry a code, and the role's trust policy can demand it. The "
                "role's credentials do not carry the key any further.",
                mistake="role sessions believed to carry the factor on",
            ),
        )
    ),
    starter='answer = None  # "a", "b", "c" or "d"\n',
    hints=(
        "The condition key belongs to the *credentials* of a call.",
        "Long-term access keys have no such key at all.",
        "One call of STS exchanges key and code for temporary credentials of the same user.",
    ),
    solution_code='answer = "c"\n',
    reason="A policy that says *MFA* has to say it where the credentials are used: on the user with a session token, "
    "or in the trust policy of a role.",
    wrong_answers=(
        WrongAnswer("owning a device is enough", 'answer = "a"\n'),
        WrongAnswer("access keys believed to carry a factor", 'answer = "b"\n'),
        WrongAnswer("role sessions believed to carry the factor on", 'answer = "d"\n'),
    ),
)

EXERCISES = (A_DEVICE, WHO_HAS_MFA, THE_TRAP, A_ROLE_BEHIND_A_CODE, SELF_SERVICE)
