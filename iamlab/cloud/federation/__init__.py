"""Who somebody is that an identity provider outside of AWS vouches for.

SAML responses and OIDC tokens come in, a `Proof` goes out: the principal that trust policies name, the condition keys
that the provider's claims fill, and what they say about the session to be. Whatever can't be verified is refused.
"""
