"""Text that is not JSON: the mistake is named, placed and mended where that is obvious, and the rest is checked."""

import pytest

from iamlab.policy import Policy

# A valid policy with one unknown action, on lines of its own.
GOOD = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "First",
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": "*"
    },
    {
      "Effect": "Deny",
      "Action": ["s3:PutObjcet"],
      "Resource": "*"
    }
  ]
}
"""

# What to change in the good policy, into what; line and column of the mistake; whether it is mended by a fix; line and
# column at which the unknown action must be found after all.
CASES = [
    ("a comma too many in a list", '["s3:PutObjcet"]', '["s3:PutObjcet",]', "12:32", True, "12:18"),
    (
        "a comma too many in an object",
        '"Resource": "*"\n    },',
        '"Resource": "*",\n    },',
        "8:22",
        True,
        "12:18",
    ),
    ("a comma missing between members", '"Allow",', '"Allow"', "6:17", True, "12:18"),
    ("a comma missing between statements", "    },\n", "    }\n", "4:5", True, "12:18"),
    ("single quotes", '"Deny"', "'Deny'", "11:17", True, "12:18"),
    ("typographic quotes", '"Deny"', "\u201cDeny\u201d", "11:17", True, "12:18"),
    ("a comment to the line's end", '"Sid": "First",', '"Sid": "First", // who', "5:23", True, "12:18"),
    ("a comment of Python", '"Sid": "First",', '"Sid": "First",  # who', "5:24", True, "12:18"),
    ("a comment within", '"Sid": "First",', '/* who */ "Sid": "First",', "5:7", True, "12:18"),
    ("a bare key", '"Effect": "Deny"', 'Effect: "Deny"', "11:7", True, "12:18"),
    ("Python's True", '"Resource": "*"\n    }\n', '"Resource": True\n    }\n', "13:19", True, "12:18"),
    ("no closing brackets", "  ]\n}\n", "", "15:1", True, "12:18"),
    ("a string left open", '"First",', '"First,', "5:14", True, "12:18"),
    ("the wrong bracket", '["s3:PutObjcet"]', '["s3:PutObjcet"', "13:17", True, "12:18"),
    ("a bracket too many", "  ]\n}\n", "  ]\n}}\n", "16:2", True, "12:18"),
    ("an equals sign", '"Effect": "Deny"', '"Effect" = "Deny"', "11:16", True, "12:18"),
    ("a colon missing", '"Effect": "Deny"', '"Effect" "Deny"', "11:16", True, "12:18"),
    ("a byte order mark", '{\n  "Version"', '\ufeff{\n  "Version"', "1:1", True, "12:18"),
    ("a wrong escape", '"First"', '"Fir\\st"', "5:18", True, "12:18"),
    ("what nobody can read", '"Sid": "First",', '"Sid": @@ "First",', "5:14", False, "12:18"),
    ("text after the document", "  ]\n}\n", "  ]\n}\nThat is all.\n", "17:1", False, "12:18"),
]


@pytest.mark.parametrize(
    ("old", "new", "place", "mends", "action"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_mistake_in_the_json_hides_nothing_else(old, new, place, mends, action):
    assert GOOD.count(old) >= 1
    text = GOOD.replace(old, new, 1)
    found = Policy(text).findings()
    syntax = [finding for finding in found if finding.code == "JSON_SYNTAX_ERROR"]
    assert [str(finding.span) for finding in syntax] == [place]
    assert [str(finding.span) for finding in found if finding.code == "INVALID_ACTION"] == [action]
    assert (syntax[0].fix is not None) is mends
    if mends:
        assert "JSON_SYNTAX_ERROR" not in {
            finding.code for finding in Policy(syntax[0].fix.apply(text)).findings()
        }


def test_several_mistakes_are_all_reported_and_mended_one_after_the_other():
    text = GOOD.replace('"First",', "'First'").replace('["s3:PutObjcet"]', '["s3:PutObjcet",]')
    codes = [(finding.code, str(finding.span)) for finding in Policy(text).findings()]
    assert codes == [
        ("JSON_SYNTAX_ERROR", "5:14"),
        ("INVALID_ACTION", "12:18"),
        ("JSON_SYNTAX_ERROR", "12:32"),
    ]
    while any(finding.code == "JSON_SYNTAX_ERROR" for finding in Policy(text).findings()):
        text = next(f.fix for f in Policy(text).findings() if f.code == "JSON_SYNTAX_ERROR").apply(text)
    assert Policy(text).document == Policy(GOOD).document


def test_the_fix_of_another_finding_fits_the_text_as_it_stands():
    text = GOOD.replace('"Allow",', '"Allow"')
    finding = next(finding for finding in Policy(text).findings() if finding.code == "INVALID_ACTION")
    assert finding.fix.apply(text) == text.replace("s3:PutObjcet", "s3:PutObject")


@pytest.mark.parametrize(
    "text", ["", " ", "{", "[", '"', "{" * 200, "nonsense", "[1, 2", "null", "7", "\\", "{,}", ",", "]"]
)
def test_what_holds_no_policy_gives_one_error_and_no_crash(text):
    codes = {finding.code for finding in Policy(text).findings()}
    assert codes & {"JSON_SYNTAX_ERROR", "MISSING_STATEMENT"}
