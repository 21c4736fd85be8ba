"""Exercises of lesson 10 about credentials: idle keys, passwords, a certificate."""

from __future__ import annotations

from datetime import timedelta

from iamlab.cloud.passwords import PasswordPolicy
from iamlab.course.bench import Bench
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Demands, Holds
from iamlab.course.scene import Certificate, Scene, User

_LESSON = "10-security-best-practices"
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


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
