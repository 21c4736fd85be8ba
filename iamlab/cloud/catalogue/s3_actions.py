"""S3's operations and the actions they are checked as: rarely the same name.

Three tables by what the operation works on. S3's own list of what each API call needs:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from iamlab.cloud.catalogue.table import words

# Operations on a bucket → action on the bucket's ARN.
BUCKET: Mapping[str, str] = {
    "CreateBucket": "CreateBucket",
    "CreateBucketMetadataConfiguration": "CreateBucketMetadataTableConfiguration",
    "CreateBucketMetadataTableConfiguration": "CreateBucketMetadataTableConfiguration",
    "DeleteBucket": "DeleteBucket",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetadataConfiguration": "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketMetadataTableConfiguration": "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketPolicy": "DeleteBucketPolicy",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketWebsite": "DeleteBucketWebsite",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAbac": "GetBucketAbac",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAcl": "GetBucketAcl",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketLocation": "GetBucketLocation",
    "GetBucketLogging": "GetBucketLogging",
    "GetBucketMetadataConfiguration": "GetBucketMetadataTableConfiguration",
    "GetBucketMetadataTableConfiguration": "GetBucketMetadataTableConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotification": "GetBucketNotification",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketOwnershipControls": "GetBucketOwnershipControls",
    "GetBucketPolicy": "GetBucketPolicy",
    "GetBucketPolicyStatus": "GetBucketPolicyStatus",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetBucketRequestPayment": "GetBucketRequestPayment",
    "GetBucketTagging": "GetBucketTagging",
    "GetBucketVersioning": "GetBucketVersioning",
    "GetBucketWebsite": "GetBucketWebsite",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "PutBucketAbac": "PutBucketAbac",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAcl": "PutBucketAcl",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketLogging": "PutBucketLogging",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotification": "PutBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketOwnershipControls": "PutBucketOwnershipControls",
    "PutBucketPolicy": "PutBucketPolicy",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutBucketRequestPayment": "PutBucketRequestPayment",
    "PutBucketTagging": "PutBucketTagging",
    "PutBucketVersioning": "PutBucketVersioning",
    "PutBucketWebsite": "PutBucketWebsite",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UpdateBucketMetadataAnnotationTableConfiguration": "UpdateBucketMetadataAnnotationTableConfiguration",
    "UpdateBucketMetadataInventoryTableConfiguration": "UpdateBucketMetadataInventoryTableConfiguration",
    "UpdateBucketMetadataJournalTableConfiguration": "UpdateBucketMetadataJournalTableConfiguration",
}


class ObjectRow(NamedTuple):
    """What an operation on an object is checked as."""

    action: str
    version_action: str = ""
    """The action where the request names a version; '' where that makes no difference."""
    reads: bool = False
    """A missing object is reported as such only to those who may list the bucket."""
    also: str = ""
    """A second action on the same object."""
    also_version: str = ""


# Operations on an object → actions on the object's ARN.
OBJECT: Mapping[str, ObjectRow] = {
    "AbortMultipartUpload": ObjectRow("AbortMultipartUpload"),
    "CompleteMultipartUpload": ObjectRow("PutObject"),
    "CopyObject": ObjectRow("PutObject"),
    "CreateMultipartUpload": ObjectRow("PutObject"),
    "DeleteObject": ObjectRow("DeleteObject", "DeleteObjectVersion"),
    "DeleteObjectAnnotation": ObjectRow("DeleteObjectAnnotation", "DeleteObjectVersionAnnotation"),
    "DeleteObjectTagging": ObjectRow("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    "GetObject": ObjectRow("GetObject", "GetObjectVersion", reads=True),
    "GetObjectAcl": ObjectRow("GetObjectAcl", "GetObjectVersionAcl"),
    "GetObjectAnnotation": ObjectRow("GetObjectAnnotation", "GetObjectVersionAnnotation"),
    "GetObjectAttributes": ObjectRow(
        "GetObjectAttributes",
        "GetObjectVersionAttributes",
        reads=True,
        also="GetObject",
        also_version="GetObjectVersion",
    ),
    "GetObjectLegalHold": ObjectRow("GetObjectLegalHold"),
    "GetObjectRetention": ObjectRow("GetObjectRetention"),
    "GetObjectTagging": ObjectRow("GetObjectTagging", "GetObjectVersionTagging"),
    "GetObjectTorrent": ObjectRow("GetObjectTorrent"),
    "HeadObject": ObjectRow("GetObject", "GetObjectVersion", reads=True),
    "ListObjectAnnotations": ObjectRow("ListObjectAnnotations", "ListObjectVersionAnnotations"),
    "ListParts": ObjectRow("ListMultipartUploadParts"),
    "PutObject": ObjectRow("PutObject"),
    "PutObjectAcl": ObjectRow("PutObjectAcl", "PutObjectVersionAcl"),
    "PutObjectAnnotation": ObjectRow("PutObjectAnnotation", "PutObjectVersionAnnotation"),
    "PutObjectLegalHold": ObjectRow("PutObjectLegalHold"),
    "PutObjectRetention": ObjectRow("PutObjectRetention"),
    "PutObjectTagging": ObjectRow("PutObjectTagging", "PutObjectVersionTagging"),
    "RestoreObject": ObjectRow("RestoreObject"),
    "SelectObjectContent": ObjectRow("GetObject", reads=True),
    "UpdateObjectEncryption": ObjectRow("UpdateObjectEncryption"),
    "UploadPart": ObjectRow("PutObject"),
    "UploadPartCopy": ObjectRow("PutObject"),
}

# Operations that are authorised under another service's prefix: directory buckets and Object Lambda.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3express.html
ELSEWHERE: Mapping[str, str] = {
    "CreateSession": "s3express:CreateSession",
    "ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
    "RenameObject": "s3express:CreateSession",
    "WriteGetObjectResponse": "s3-object-lambda:WriteGetObjectResponse",
}

# Parameter → condition key that takes its value as it is; the operations don't matter, since a parameter
# means the same wherever it exists.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
KEYS: Mapping[str, str] = {
    "ACL": "s3:x-amz-acl",
    "AnnotationDirective": "s3:x-amz-object-annotation-directive",
    "AnnotationPrefix": "s3:annotation-prefix",
    "BucketNamespace": "s3:x-amz-bucket-namespace",
    "CopySource": "s3:x-amz-copy-source",
    "Delimiter": "s3:delimiter",
    "GrantFullControl": "s3:x-amz-grant-full-control",
    "GrantRead": "s3:x-amz-grant-read",
    "GrantReadACP": "s3:x-amz-grant-read-acp",
    "GrantWrite": "s3:x-amz-grant-write",
    "GrantWriteACP": "s3:x-amz-grant-write-acp",
    "IfMatch": "s3:if-match",
    "IfNoneMatch": "s3:if-none-match",
    "MaxAnnotationResults": "s3:max-annotation-results",
    "MaxKeys": "s3:max-keys",
    "MetadataDirective": "s3:x-amz-metadata-directive",
    "ObjectIfMatch": "s3:x-amz-object-if-match",
    "ObjectLockEventHold": "s3:object-lock-event-hold",
    "ObjectLockEventHoldDurationDays": "s3:object-lock-event-hold-duration-days",
    "ObjectLockLegalHoldStatus": "s3:object-lock-legal-hold",
    "ObjectLockMode": "s3:object-lock-mode",
    "ObjectOwnership": "s3:x-amz-object-ownership",
    "Prefix": "s3:prefix",
    "SSECustomerAlgorithm": "s3:x-amz-server-side-encryption-customer-algorithm",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "StorageClass": "s3:x-amz-storage-class",
    "VersionId": "s3:VersionId",
    "WebsiteRedirectLocation": "s3:x-amz-website-redirect-location",
}

# GetObject's own If-Match is not among that action's keys.
CONDITIONAL_ACTIONS = frozenset(("PutObject", "DeleteObject"))

# `s3:prefix` and its like belong to listings of a bucket's contents.
LISTING_KEYS = frozenset(("s3:prefix", "s3:delimiter", "s3:max-keys"))
LISTING_ACTIONS = frozenset(("ListBucket", "ListBucketVersions"))

# Actions for which AWS tells the tags that the object has already.
EXISTING_TAG_ACTIONS = frozenset(
    words(
        "DeleteObjectAnnotation DeleteObjectTagging DeleteObjectVersionAnnotation "
        "DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAnnotation GetObjectAttributes "
        "GetObjectTagging GetObjectVersion GetObjectVersionAcl GetObjectVersionAnnotation "
        "GetObjectVersionAttributes GetObjectVersionTagging ListObjectAnnotations "
        "ListObjectVersionAnnotations PutObjectAcl PutObjectAnnotation PutObjectTagging PutObjectVersionAcl "
        "PutObjectVersionAnnotation PutObjectVersionTagging UpdateObjectEncryption"
    )
)

# A header or field that needs a permission of its own → that action, on the same resource.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
GRANT_PARAMETERS = ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
WRITES_OBJECT = frozenset(("PutObject", "CopyObject", "CreateMultipartUpload"))
OBJECT_EXTRAS: tuple[tuple[tuple[str, ...], str], ...] = (
    (GRANT_PARAMETERS, "PutObjectAcl"),
    (("Tagging",), "PutObjectTagging"),
    (("ObjectLockMode", "ObjectLockRetainUntilDate"), "PutObjectRetention"),
    (("ObjectLockLegalHoldStatus",), "PutObjectLegalHold"),
)
BUCKET_EXTRAS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (GRANT_PARAMETERS, ("PutBucketAcl",)),
    (("ObjectLockEnabledForBucket",), ("PutBucketObjectLockConfiguration", "PutBucketVersioning")),
    (("ObjectOwnership",), ("PutBucketOwnershipControls",)),
)
