"""What the index, `reach` and `escalations` cost.

    python benchmarks/reach.py [--every N] [--json]

The index: its packaged size and the time to load it. `reach`: every N-th of the AWS managed policies that moto carries,
on paper and usable. `escalations`: an account of 200 principals (120 users in 12 groups, 80 roles) with policies as one
meets them, made the same in every run.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
import time
from importlib.resources import files
from typing import Any

from iamlab.analysis.authorization_details import account_from_json
from iamlab.analysis.escalation import escalations
from iamlab.analysis.permissiveness import reach
from iamlab.analysis.snapshot import Account
from iamlab.analysis.universe import universe
from iamlab.policy import Policy

AIMS = {
    "index, kB": 300,
    "index, ms to load": 150,
    "reach on paper, median ms": 5,
    "reach on paper, p99 ms": 5,
    "reach usable, median ms": 100,
    "reach usable, p99 ms": 100,
    "escalations of 200 principals, s": 5,
}

ME = "arn:aws:iam::111122223333"


def _loading() -> float:
    """Milliseconds from a fresh interpreter's imports to the index, the imports of the language left out."""
    code = (
        "import time, iamlab.analysis.universe as u\n"
        "start = time.perf_counter(); u.universe(); print((time.perf_counter() - start) * 1000)"
    )
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(5)
    ]
    return statistics.median(runs)


def _managed(every: int) -> list[Policy]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    data = json.loads(aws_managed_policies_data)
    return [Policy(data[name]["Document"], name=name) for name in sorted(data)[::every]]


def _reaches(every: int) -> dict[str, float]:
    paper, usable, unsure = [], [], 0
    policies = _managed(every)
    universe().shapes()  # what is read once per process is not the policies' cost
    for policy in policies:
        gc.collect(1)
        gc.disable()  # a collection of the whole heap is not the policy's cost
        start = time.perf_counter()
        found = reach(policy)
        middle = time.perf_counter()
        unsure += bool(found.unsure)
        end = time.perf_counter()
        gc.enable()
        paper.append((middle - start) * 1000)
        usable.append((end - middle) * 1000)
    paper.sort()
    usable.sort()
    return {
        "managed policies": len(paper),
        "reach on paper, median ms": statistics.median(paper),
        "reach on paper, p99 ms": paper[int(len(paper) * 0.99)],
        "reach usable, median ms": statistics.median(usable),
        "reach usable, p99 ms": usable[int(len(usable) * 0.99)],
        "reach usable, worst ms": usable[-1],
        "policies with undecided actions": unsure,
    }


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def account_of_200() -> Account:
    """An account as one meets them: teams with their buckets, service roles, a few careless grants, one boundary."""
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    grants = [
        [_allow(["s3:Get*", "s3:List*"]), _allow("sts:AssumeRole", f"{ME}:role/Service-1*")],
        [
            _allow(["ec2:*", "iam:PassRole", "lambda:*"]),
            {"Effect": "Deny", "Action": "ec2:Terminate*", "Resource": "*"},
        ],
        [
            _allow("iam:*", f"{ME}:user/${{aws:username}}"),
            _allow("dynamodb:*", "arn:aws:dynamodb:*:*:table/team-*"),
        ],
        [_allow(["iam:Get*", "iam:List*"]), _allow("iam:CreateAccessKey", Condition=mfa)],
        [_allow(["cloudformation:*", "iam:PassRole"]), _allow("sqs:*")],
        [_allow("iam:AddUserToGroup", f"{ME}:group/team-3"), _allow("logs:*")],
    ]
    services = ("lambda", "ec2", "glue", "ecs-tasks", "codebuild", "states", "cloudformation", "sagemaker")
    users = [
        {
            "UserName": f"user-{i}",
            "Arn": f"{ME}:user/user-{i}",
            "GroupList": [f"team-{i % 12}"],
            "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": _document(*grants[i % 6])}]
            if i % 3
            else [],
            "PermissionsBoundary": {"PermissionsBoundaryArn": f"{ME}:policy/edge"} if i % 5 == 0 else {},
        }
        for i in range(120)
    ]
    groups = [
        {
            "GroupName": f"team-{i}",
            "Arn": f"{ME}:group/team-{i}",
            "GroupPolicyList": [{"PolicyName": "team", "PolicyDocument": _document(*grants[(i + 2) % 6])}],
        }
        for i in range(12)
    ]
    roles = []
    for i in range(80):
        principal = {"Service": f"{services[i % 8]}.amazonaws.com"} if i % 2 else {"AWS": f"{ME}:root"}
        allowed = _allow("*") if i % 16 == 1 else _allow(["s3:*", "kms:Decrypt"], f"arn:aws:s3:::team-{i}/*")
        roles.append(
            {
                "RoleName": f"Service-{i}",
                "Arn": f"{ME}:role/Service-{i}",
                "AssumeRolePolicyDocument": _document(
                    {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
                ),
                "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": _document(allowed)}],
            }
        )
    edge = {
        "Arn": f"{ME}:policy/edge",
        "DefaultVersionId": "v1",
        "PolicyVersionList": [
            {"VersionId": "v1", "Document": _document(_allow(["s3:*", "ec2:*", "iam:Get*"]))}
        ],
    }
    return account_from_json(
        {"UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles, "Policies": [edge]}
    )


def _escalations() -> dict[str, float]:
    account = account_of_200()
    runs = []
    for _ in range(3):
        start = time.perf_counter()
        graph = escalations(account)
        runs.append(time.perf_counter() - start)
    start = time.perf_counter()
    paths = graph.paths(to_administrator=True)
    return {
        "escalations of 200 principals, s": statistics.median(runs),
        "edges": len(graph.edges),
        "can become administrator": len(paths),
        "their paths, s": time.perf_counter() - start,
        "search complete": graph.complete,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=1, help="take every N-th managed policy")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    options = parser.parse_args()
    size = len(files("iamlab.policy").joinpath("data/reference.bin").read_bytes())
    figures: dict[str, float] = {"index, kB": size / 1000, "index, ms to load": _loading()}
    figures |= _reaches(options.every) | _escalations()
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        aim = f"  (aim: at most {AIMS[name]:g})" if name in AIMS else ""
        print(f"{name:<36} {value:10.3g}{aim}")


if __name__ == "__main__":
    main()
