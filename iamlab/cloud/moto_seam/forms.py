"""Uploads to S3 by a browser's form: the fields as PutObject's parameters.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

from functools import cache
from typing import Any
from xml.etree import ElementTree

from moto.core.utils import get_service_model


def upload(request: Any, bucket: str) -> dict[str, Any]:
    """What a form asks for, named as PutObject names it; the file itself is left out.

    Args:
        request: moto's request, with a body of `multipart/form-data`.
        bucket: the bucket that the form is sent to.
    """
    fields = {str(name).lower(): str(value) for name, value in request.form.items()}
    known = _headers()
    params: dict[str, Any] = {known[name]: value for name, value in fields.items() if name in known}
    params["Bucket"] = bucket
    file = next(iter(request.files.values()), None)
    if "key" in fields:
        params["Key"] = fields["key"].replace(
            "${filename}", (file.filename or "") if file is not None else ""
        )
    if fields.get("acl"):
        params["ACL"] = fields["acl"]
    if fields.get("tagging"):
        params["Tagging"] = {"TagSet": _tags(fields["tagging"])}
    return params


@cache
def _headers() -> dict[str, str]:
    """Header of PutObject -> its parameter."""
    shape = get_service_model("s3").operation_model("PutObject").input_shape
    return {
        member.serialization["name"].lower(): name
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header" and member.type_name == "string"
    }


def _tags(text: str) -> list[dict[str, str]]:
    try:
        found = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return []
    return [
        {part.tag.rpartition("}")[2]: part.text or "" for part in tag}
        for tag in found.iter()
        if tag.tag.rpartition("}")[2] == "Tag"
    ]
