"""What each operation of DynamoDB and of DynamoDB Streams needs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from iamlab.cloud.catalogue import partiql
from iamlab.cloud.catalogue.check import Check, Context
from iamlab.cloud.catalogue.expressions import attributes, key_condition, plain
from iamlab.cloud.catalogue.table import words
from iamlab.cloud.catalogue.tags import request_tags, resource_tags, tag_keys, tags_in
from iamlab.cloud.moto_seam import resources
from iamlab.cloud.resource_policies import owner_of, policy_of

if TYPE_CHECKING:
    from iamlab.cloud.call import Call


def table_arn(call: Call, name: Any) -> str:
    """A table by name or, as most operations take it too, by ARN."""
    text = str(name or "*")
    if text.startswith("arn:"):
        return text
    return f"arn:{resources.partition_of(call.region)}:dynamodb:{call.region}:{call.account}:table/{text}"


def _check(
    call: Call, action: str, arn: str, context: Context | None = None, *, dependent: bool = False
) -> Check:
    context = context if context is not None else {}
    tags = resources.resource_tags(arn)
    if tags:
        context.update(resource_tags(tags, "aws"))
    return Check(
        action,
        arn,
        owner_of(arn, call.account),
        context,
        resource_policy=policy_of(arn),
        dependent=dependent,
    )


def _table(arn: str) -> Any | None:
    parts = arn.split(":", 5)
    if len(parts) != 6 or "/" not in parts[5]:
        return None
    return resources.dynamodb_table(parts[4], parts[3], parts[5].split("/")[1])


def _hash_key(arn: str, index: str | None = None) -> str | None:
    table = _table(arn)
    return resources.dynamodb_hash_key(table, index) if table is not None else None


# ---------------------------------------------------------------- items


def _leading(arn: str, items: Iterable[Mapping[str, Any]]) -> list[str]:
    """The partition key values of keys or whole items, each once."""
    hash_key = _hash_key(arn)
    found: dict[str, None] = {}
    for item in items:
        # an unknown table's key is evident only if the key has one part
        name = hash_key or (next(iter(item)) if len(item) == 1 else None)
        value = plain(item.get(name)) if name else None
        if value is not None:
            found[value] = None
    return list(found)


def _select(params: Mapping[str, Any], index: str | None = None) -> str:
    """The value of `Select` that takes effect: its default depends on the rest of the request.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
    """
    if params.get("Select"):
        return str(params["Select"])
    if params.get("ProjectionExpression") or params.get("AttributesToGet"):
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_PROJECTED_ATTRIBUTES" if index else "ALL_ATTRIBUTES"


def _item_context(
    arn: str,
    params: Mapping[str, Any],
    keys: Iterable[Mapping[str, Any]],
    *,
    reads: bool = False,
    enclosing: str = "",
    capacity: Any = None,
) -> Context:
    context: Context = {"dynamodb:ReturnConsumedCapacity": str(capacity or "NONE")}
    leading = _leading(arn, keys)
    if leading:
        context["dynamodb:LeadingKeys"] = leading
    names = attributes(params)
    if names:
        context["dynamodb:Attributes"] = names
    if reads:
        context["dynamodb:Select"] = _select(params)
    else:
        context["dynamodb:ReturnValues"] = str(
            params.get("ReturnValues") or params.get("ReturnValuesOnConditionCheckFailure") or "NONE"
        )
    if enclosing:
        context["dynamodb:EnclosingOperation"] = enclosing
    return context


def _on_item(operation: str, parameter: str, *, reads: bool = False) -> Callable[[Call], tuple[Check, ...]]:
    action = f"dynamodb:{operation}"

    def needs(call: Call) -> tuple[Check, ...]:
        params = call.params
        arn = table_arn(call, params.get("TableName"))
        context = _item_context(
            arn,
            params,
            (params.get(parameter) or {},),
            reads=reads,
            capacity=params.get("ReturnConsumedCapacity"),
        )
        return (_check(call, action, arn, context),)

    return needs


def _search(operation: str) -> Callable[[Call], tuple[Check, ...]]:
    """Query, Scan and SearchVectors work on the table or, where one is named, on the index alone."""
    action = f"dynamodb:{operation}"

    def needs(call: Call) -> tuple[Check, ...]:
        params = call.params
        arn, index = table_arn(call, params.get("TableName")), params.get("IndexName")
        context: Context = {
            "dynamodb:Select": _select(params, index),
            "dynamodb:ReturnConsumedCapacity": str(params.get("ReturnConsumedCapacity") or "NONE"),
        }
        names = attributes(params)
        if names:
            context["dynamodb:Attributes"] = names
        # A Scan reads all partition keys: it has no leading key to compare.
        hash_key = _hash_key(arn, index) if operation == "Query" else None
        leading = key_condition(params, hash_key) if hash_key else None
        if leading is not None:
            context["dynamodb:LeadingKeys"] = [leading]
        return (_check(call, action, f"{arn}/index/{index}" if index else arn, context),)

    return needs


def _batch_get(call: Call) -> tuple[Check, ...]:
    found = []
    for name, request in (call.params.get("RequestItems") or {}).items():
        arn = table_arn(call, name)
        keys = request.get("Keys") or []
        merged = {**request, "Key": {attribute: None for key in keys for attribute in key}}
        context = _item_context(
            arn, merged, keys, reads=True, capacity=call.params.get("ReturnConsumedCapacity")
        )
        found.append(_check(call, "dynamodb:BatchGetItem", arn, context))
    return tuple(found) or (_check(call, "dynamodb:BatchGetItem", table_arn(call, None)),)


def _batch_write(call: Call) -> tuple[Check, ...]:
    """BatchWriteItem is an action of its own: PutItem and DeleteItem are not asked."""
    found = []
    for name, requests in (call.params.get("RequestItems") or {}).items():
        arn = table_arn(call, name)
        items = [
            (request.get("PutRequest") or {}).get("Item")
            or (request.get("DeleteRequest") or {}).get("Key")
            or {}
            for request in requests
        ]
        merged = {"Item": {attribute: None for item in items for attribute in item}}
        context = _item_context(arn, merged, items, capacity=call.params.get("ReturnConsumedCapacity"))
        del context["dynamodb:ReturnValues"]
        found.append(_check(call, "dynamodb:BatchWriteItem", arn, context))
    return tuple(found) or (_check(call, "dynamodb:BatchWriteItem", table_arn(call, None)),)


# Member of a transaction's item → (action, where the key is).
_TRANSACT = {
    "Get": ("dynamodb:GetItem", "Key"),
    "Put": ("dynamodb:PutItem", "Item"),
    "Update": ("dynamodb:UpdateItem", "Key"),
    "Delete": ("dynamodb:DeleteItem", "Key"),
    "ConditionCheck": ("dynamodb:ConditionCheckItem", "Key"),
}


def _transact(call: Call) -> tuple[Check, ...]:
    """Each member is checked as the single-item action it stands for.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
    """
    found = []
    for item in call.params.get("TransactItems") or ():
        for member, (action, where) in _TRANSACT.items():
            params = item.get(member)
            if not params:
                continue
            arn = table_arn(call, params.get("TableName"))
            context = _item_context(
                arn,
                params,
                (params.get(where) or {},),
                reads=member == "Get",
                enclosing=call.operation,
                capacity=call.params.get("ReturnConsumedCapacity"),
            )
            found.append(_check(call, action, arn, context))
    action = "dynamodb:GetItem" if call.operation == "TransactGetItems" else "dynamodb:PutItem"
    return tuple(found) or (_check(call, action, table_arn(call, None)),)


# ---------------------------------------------------------------- PartiQL


def _statement(call: Call, text: Any, parameters: Any, enclosing: str = "") -> Check:
    statement = partiql.parse(str(text or ""))
    if statement is None:
        # DynamoDB answers ValidationException; without an action to name, the right to read anything is asked
        return _check(call, "dynamodb:PartiQLSelect", table_arn(call, None))
    arn = table_arn(call, statement.table)
    context: Context = {}
    hash_key = _hash_key(arn, statement.index)
    leading = statement.leading_keys(hash_key, list(parameters or ())) if hash_key else None
    if leading is not None:
        context["dynamodb:LeadingKeys"] = leading
    names = statement.attributes()
    if names:
        context["dynamodb:Attributes"] = names
    if statement.verb == "Select":
        context["dynamodb:FullTableScan"] = leading is None
        everything = "ALL_PROJECTED_ATTRIBUTES" if statement.index else "ALL_ATTRIBUTES"
        context["dynamodb:Select"] = "SPECIFIC_ATTRIBUTES" if names is not None else everything
    elif statement.verb in ("Update", "Delete"):
        context["dynamodb:ReturnValues"] = statement.returning
    if enclosing:
        context["dynamodb:EnclosingOperation"] = enclosing
    if statement.index and statement.verb == "Select":
        arn = f"{arn}/index/{statement.index}"
    return _check(call, statement.action, arn, context)


def _execute_statement(call: Call) -> tuple[Check, ...]:
    return (_statement(call, call.params.get("Statement"), call.params.get("Parameters")),)


_NO_STATEMENT: tuple[dict[str, Any], ...] = ({},)


def _execute_many(parameter: str, enclosing: str) -> Callable[[Call], tuple[Check, ...]]:
    return lambda call: tuple(
        _statement(call, item.get("Statement"), item.get("Parameters"), enclosing)
        for item in call.params.get(parameter) or _NO_STATEMENT
    )


# ---------------------------------------------------------------- tables, backups, streams

# Operations on one table, index, backup, stream …, and the parameter that names it.
NAMED: Mapping[str, str] = {
    **dict.fromkeys(
        words(
            "CreateBackup CreateTable DeleteTable DescribeContinuousBackups DescribeContributorInsights "
            "DescribeKinesisStreamingDestination DescribeTable DescribeTableReplicaAutoScaling "
            "DescribeTimeToLive DisableKinesisStreamingDestination EnableKinesisStreamingDestination "
            "StartBulkPutItems UpdateContinuousBackups UpdateContributorInsights "
            "UpdateKinesisStreamingDestination UpdateTable UpdateTableReplicaAutoScaling UpdateTimeToLive"
        ),
        "TableName",
    ),
    **dict.fromkeys(
        words(
            "DeleteResourcePolicy GetResourcePolicy ListTagsOfResource PutResourcePolicy TagResource "
            "UntagResource"
        ),
        "ResourceArn",
    ),
    **dict.fromkeys(("ExportTableToPointInTime",), "TableArn"),
    **dict.fromkeys(("DeleteBackup", "DescribeBackup"), "BackupArn"),
    **dict.fromkeys(("CancelBulkOperation", "DescribeBulkOperation"), "BulkOperationArn"),
    "DescribeExport": "ExportArn",
    "DescribeImport": "ImportArn",
}
# These work on the index where one is named.
_INDEXED = frozenset(("DescribeContributorInsights", "UpdateContributorInsights"))
# Listings: of one table's where it is named, else of everything.
_LISTINGS: Mapping[str, str] = {"ListExports": "TableArn", "ListImports": "TableArn"}
WILDCARD_ONLY = (
    "DescribeEndpoints",
    "DescribeLimits",
    "ListBackups",
    "ListBulkOperations",
    "ListContributorInsights",
    "ListGlobalTables",
    "ListTables",
)
# Restoring fills a table item by item, and each kind of access to it is asked.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_IAM.html
_RESTORE = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")


def _named(operation: str, parameter: str) -> Callable[[Call], tuple[Check, ...]]:
    action = f"dynamodb:{operation}"

    def needs(call: Call) -> tuple[Check, ...]:
        params = call.params
        arn = table_arn(call, params.get(parameter))
        if operation in _INDEXED and params.get("IndexName"):
            arn = f"{arn}/index/{params['IndexName']}"
        context = request_tags(tags_in(params.get("Tags")) or {}) or tag_keys(params.get("TagKeys") or ())
        found = [_check(call, action, arn, context)]
        if operation == "CreateTable":
            if context:
                found.append(_check(call, "dynamodb:TagResource", arn, dict(context), dependent=True))
            if params.get("ResourcePolicy"):
                found.append(_check(call, "dynamodb:PutResourcePolicy", arn, dependent=True))
        return tuple(found)

    return needs


def _global_table(operation: str) -> Callable[[Call], tuple[Check, ...]]:
    action = f"dynamodb:{operation}"
    both = operation in ("CreateGlobalTable", "UpdateGlobalTable", "UpdateGlobalTableSettings")

    def needs(call: Call) -> tuple[Check, ...]:
        name = call.params.get("GlobalTableName") or "*"
        start = f"arn:{resources.partition_of(call.region)}:dynamodb::{call.account}"
        found = _check(call, action, f"{start}:global-table/{name}")
        return (found, _check(call, action, table_arn(call, name))) if both else (found,)

    return needs


def _restore(call: Call) -> tuple[Check, ...]:
    params = call.params
    action = f"dynamodb:{call.operation}"
    source = params.get("BackupArn") or params.get("SourceTableArn") or params.get("SourceTableName")
    target = table_arn(call, params.get("TargetTableName"))
    return (
        _check(call, action, table_arn(call, source)),
        _check(call, action, target),
        *(_check(call, f"dynamodb:{name}", target, dependent=True) for name in _RESTORE),
    )


def _import_table(call: Call) -> tuple[Check, ...]:
    name = (call.params.get("TableCreationParameters") or {}).get("TableName")
    return (_check(call, "dynamodb:ImportTable", table_arn(call, name)),)


def _listing(operation: str, parameter: str) -> Callable[[Call], tuple[Check, ...]]:
    action = f"dynamodb:{operation}"

    def needs(call: Call) -> tuple[Check, ...]:
        arn = call.params.get(parameter)
        return (_check(call, action, str(arn)),) if arn else (Check(action, "*", call.account),)

    return needs


def _wildcard(operation: str) -> Callable[[Call], tuple[Check, ...]]:
    action = f"dynamodb:{operation}"
    return lambda call: (Check(action, "*", call.account, wildcard_only=True),)


def _stream(operation: str, parameter: str) -> Callable[[Call], tuple[Check, ...]]:
    action = f"dynamodb:{operation}"

    def needs(call: Call) -> tuple[Check, ...]:
        # an iterator is the stream's ARN with a position: `arn:…/stream/…|1|…`
        arn = str(call.params.get(parameter) or "").partition("|")[0]
        return (_check(call, action, arn if arn.startswith("arn:") else table_arn(call, "*/stream/*")),)

    return needs


OPERATIONS: Mapping[str, Callable[[Call], tuple[Check, ...]]] = {
    "GetItem": _on_item("GetItem", "Key", reads=True),
    "PutItem": _on_item("PutItem", "Item"),
    "UpdateItem": _on_item("UpdateItem", "Key"),
    "DeleteItem": _on_item("DeleteItem", "Key"),
    "Query": _search("Query"),
    "Scan": _search("Scan"),
    "SearchVectors": _search("SearchVectors"),
    "BatchGetItem": _batch_get,
    "BatchWriteItem": _batch_write,
    "TransactGetItems": _transact,
    "TransactWriteItems": _transact,
    "ExecuteStatement": _execute_statement,
    "BatchExecuteStatement": _execute_many("Statements", ""),
    "ExecuteTransaction": _execute_many("TransactStatements", "ExecuteTransaction"),
    "ImportTable": _import_table,
    "RestoreTableFromBackup": _restore,
    "RestoreTableToPointInTime": _restore,
    **{operation: _named(operation, parameter) for operation, parameter in NAMED.items()},
    **{
        operation: _global_table(operation)
        for operation in (
            "CreateGlobalTable",
            "DescribeGlobalTable",
            "DescribeGlobalTableSettings",
            "UpdateGlobalTable",
            "UpdateGlobalTableSettings",
        )
    },
    **{operation: _listing(operation, parameter) for operation, parameter in _LISTINGS.items()},
    **{operation: _wildcard(operation) for operation in WILDCARD_ONLY},
}

STREAMS: Mapping[str, Callable[[Call], tuple[Check, ...]]] = {
    "DescribeStream": _stream("DescribeStream", "StreamArn"),
    "GetShardIterator": _stream("GetShardIterator", "StreamArn"),
    "GetRecords": _stream("GetRecords", "ShardIterator"),
    "ListStreams": _wildcard("ListStreams"),
}
