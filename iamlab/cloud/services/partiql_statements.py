"""PartiQL that DynamoDB knows runs, and no other.

In: the statements of a call. Out: nothing, or the refusal of one that says more than authorisation can read: a join, a
statement inside of another, a comment.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from iamlab.cloud.call import Call
from iamlab.cloud.catalogue import partiql
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services import guard
from iamlab.cloud.state import LabState


@guard("dynamodb", "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction")
def statements_are_the_ones_decided_on(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: DynamoDB has no such statement.
    """
    params = call.params
    listed = [params, *(params.get("Statements") or ()), *(params.get("TransactStatements") or ())]
    texts = [str(one["Statement"]) for one in listed if one.get("Statement")]
    if any(partiql.parse(text) is None for text in texts):
        raise AwsError("ValidationException", "Statement wasn't well formed, can't be processed")
