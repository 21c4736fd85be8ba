"""Exercises of `07-identity-federation`."""

from __future__ import annotations

from iamlab.course.federation_of_people import DEMAND_THE_AUDIENCE, ON_THE_WIRE, SESSION_TAGS
from iamlab.course.federation_of_programs import A_BROKERS_POWERS, ONE_BRANCH

EXERCISES = (ON_THE_WIRE, DEMAND_THE_AUDIENCE, A_BROKERS_POWERS, ONE_BRANCH, SESSION_TAGS)
