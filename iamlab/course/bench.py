"""Where an exercise meets the lab: what stands in the account, and what would be allowed there.

Nothing here changes anything: calls are rehearsed, not made.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.cloud import Lab
from iamlab.cloud.rehearsal import UnknownPrincipal, federated, principal, rehearse
from iamlab.course.demand import Ask
from iamlab.course.scene import Scene
from iamlab.course.standing import Root, Standing, standing
from iamlab.policy import Policy

if TYPE_CHECKING:
    from iamlab.engine import Decision


_STORE = "course"


class Missing(Exception):
    """A user or role that a check needs is not there; the text says which, in words for the learner."""


class Bench:
    """One exercise's view of the running lab."""

    def __init__(self, lab: Lab, scene: Scene) -> None:
        self.lab = lab
        self.scene = scene
        stores = lab.state.stores
        if _STORE not in stores:
            stores[_STORE] = Root(lab.root_session(), lab.clock.now)
        self.root: Root = stores[_STORE]
        """Never limited by what a learner writes: setting up and looking go through it."""
        self._seen: dict[str, Standing] = {}

    @classmethod
    def running(cls, scene: Scene) -> Bench | None:
        """The bench in the lab that runs in this process; None if none does."""
        lab = Lab.current()
        return cls(lab, scene) if lab is not None else None

    @classmethod
    def current(cls, scene: Scene) -> Bench:
        """The bench in the running lab; starts a lab if none runs."""
        return cls(Lab.current() or Lab.start(), scene)

    # ------------------------------------------------------------ what would be allowed
    def ask(self, ask: Ask) -> Decision:
        """The decision on a call as if it were made: the one that denies, else the first.

        Raises:
            Missing: who should make the call does not exist.
        """
        state = self.lab.state
        try:
            if ask.claims:
                caller = federated(state, ask.who, ask.claims, ask.claimed_tags)
            else:
                caller = principal(state, ask.who, mfa=ask.mfa, age=timedelta(minutes=ask.minutes_old))
        except UnknownPrincipal as gone:
            raise Missing(str(gone)) from gone
        made = rehearse(state, caller, ask.service, ask.operation, ask.params, ask.region)
        return next((decision for decision in made if not decision.allowed), made[0])

    # ------------------------------------------------------------ what stands in the account
    def look(self, piece: str) -> Standing:
        """What stands of `user/ana`, `role/App`, `group/Devs`, `policy/Read`; asked once per bench."""
        if piece not in self._seen:
            self._seen[piece] = standing(self.root, piece)
        return self._seen[piece]

    def gone(self) -> bool:
        return self.scene.gone(self.look, self.root)

    def incomplete(self) -> bool:
        return self.scene.incomplete(self.look, self.root)

    def touched(self) -> bool:
        return self.scene.touched(self.look)

    def stands(self, piece: str) -> bool:
        """True if `user/ana`, `role/App`, `group/Devs` exists."""
        return self.look(piece) is not None

    def has_own_policy(self, piece: str) -> bool:
        """True if a policy hangs on this very piece, inline or attached (not through a group)."""
        state = self.look(piece) or {}
        return bool(state.get("policies") or state.get("attached"))

    def is_bounded(self, piece: str) -> bool:
        """True if a user or role stands under a permissions boundary."""
        return bool((self.look(piece) or {}).get("boundary"))

    def has_second_factor(self, user: str) -> bool:
        """True if an MFA device is enabled for a user."""
        return bool((self.look(f"user/{user}") or {}).get("mfa"))

    def keys(self, user: str) -> list[str]:
        """`Active` or `Inactive` for each access key of a user, oldest first.

        Raises:
            Missing: there is no such user.
        """
        if not self.stands(f"user/{user}"):
            raise Missing(f"there is no user named `{user}`")
        iam = self.root.client("iam")
        keys = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        return [key["Status"] for key in sorted(keys, key=lambda key: key["CreateDate"])]

    def invalid_policy(self) -> str | None:
        """Words about the first policy of this exercise that breaks the grammar; None if all are well."""
        for where, kind, document in self.scene.documents(self.look):
            # The lab refuses most broken policies when they are put; some it takes, as AWS does.
            for finding in Policy(dict(document)).errors(kind):
                place = f", line {finding.span.line}" if finding.span else ""
                return f"The policy `{where}` breaks the grammar{place}: {finding.message}"
        return None
