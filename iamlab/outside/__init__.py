"""What stands outside of AWS: identity providers, a company directory, a broker, a TLS endpoint.

They speak to AWS as the real ones do (metadata, signed assertions, tokens, LDAP, TLS) and know nothing of the lab. What
they need of it is handed in: a clock (`lab.clock.now`), a boto3 client. All of them listen on loopback only.
"""
