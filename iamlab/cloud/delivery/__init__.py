"""Trails: what CloudTrail writes to an account's bucket, when, and whether it may.

`model` holds a trail and what it remembers, `selectors` says which events a trail wants, `destinations` asks bucket,
key and topic as the service `cloudtrail.amazonaws.com`, and `recorder` collects events and delivers them as log files.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trails.html
"""
