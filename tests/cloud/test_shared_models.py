"""Sessions of one lab share the models they read, and nothing else."""

from __future__ import annotations

import boto3

from iamlab.cloud import Lab
from iamlab.cloud.shared_models import SharedModels


def test_a_model_is_read_once_for_all_sessions(lab: Lab) -> None:
    shared = SharedModels()
    first, second = (shared.session(region_name="us-east-1") for _ in range(2))
    model = first.client("sqs").meta.service_model._service_description
    assert second.client("sqs").meta.service_model._service_description is model


def test_sessions_keep_their_own_credentials_region_and_handlers(lab: Lab) -> None:
    key = boto3.client("iam").create_access_key(UserName=lab_user())["AccessKey"]
    ana, root = lab.session(key, region="eu-west-1"), lab.root_session()
    heard: list[str] = []
    ana.events.register("before-call.sts", lambda model, **_: heard.append(model.name))
    arns = [session.client("sts").get_caller_identity()["Arn"] for session in (ana, root)]
    assert arns == ["arn:aws:iam::123456789012:user/ana", "arn:aws:iam::123456789012:root"]
    assert (ana.region_name, root.region_name, heard) == ("eu-west-1", "us-east-1", ["GetCallerIdentity"])


def test_the_search_path_does_not_grow(lab: Lab) -> None:
    shared = SharedModels()
    lengths = {len(shared.session()._loader.search_paths) for _ in range(3)}
    assert len(lengths) == 1


def lab_user() -> str:
    name: str = boto3.client("iam").create_user(UserName="ana")["User"]["UserName"]
    return name
