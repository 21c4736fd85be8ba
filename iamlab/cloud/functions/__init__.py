"""Lambda functions that really run, each in a process of its own under its role.

`runner` is the program inside that process, `worker` starts and ends it, `environments` keeps warm ones and gives them
their role, and `answers` says in AWS's words what came of a run.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""
