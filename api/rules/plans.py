"""What a workspace's plan lets its people do: the mission's tables."""

from enum import StrEnum


class Plan(StrEnum):
    FREE = "free"
    STANDARD = "standard"
    ADVANCED = "advanced"
    ENTERPRISE = "enterprise"

    @property
    def rank(self) -> int:
        return list(Plan).index(self)


class Provider(StrEnum):
    """Where a visit takes place."""

    LIVEKIT = "livekit"  # here
    GOOGLE_MEET = "google_meet"
    MICROSOFT_TEAMS = "microsoft_teams"
    ZOOM = "zoom"


class Feature(StrEnum):
    RECORDING = "recording"
    DICTATION = "dictation"
    HQ_QUEUE = "hq_queue"  # of waiting patients of several workspaces


AUTO = "auto"  # in place of a provider: the best that there is

PROVIDERS: dict[Plan, frozenset[Provider]] = {
    Plan.FREE: frozenset({Provider.GOOGLE_MEET}),
    Plan.STANDARD: frozenset({Provider.LIVEKIT, Provider.GOOGLE_MEET, Provider.MICROSOFT_TEAMS}),
    Plan.ADVANCED: frozenset(Provider),
    Plan.ENTERPRISE: frozenset(Provider),
}
# The mission's two tables disagree on recording: it belongs to Advanced and Enterprise.
FEATURES: dict[Plan, frozenset[Feature]] = {
    Plan.FREE: frozenset(),
    Plan.STANDARD: frozenset(),
    Plan.ADVANCED: frozenset({Feature.RECORDING, Feature.DICTATION}),
    Plan.ENTERPRISE: frozenset(Feature),
}
# People in one visit at a time; None: as many as the server carries.
SEATS: dict[Plan, int | None] = {
    Plan.FREE: 0,
    Plan.STANDARD: 2,
    Plan.ADVANCED: 8,
    Plan.ENTERPRISE: None,
}


def plan_of(text: str) -> Plan:
    """What cannot be read gives nothing away."""
    return Plan(text) if text in set(Plan) else Plan.FREE


def in_force(now: Plan, begun_under: Plan | None) -> Plan:
    """The plan of one visit: a running one keeps what it began with, whatever comes meanwhile."""
    return now if begun_under is None else max(now, begun_under, key=lambda plan: plan.rank)


def has_room(plan: Plan, others: int) -> bool:
    """Whether one more may come to a visit in which `others` are."""
    seats = SEATS[plan]
    return seats is None or others < seats


def least(wanted: Provider | Feature) -> Plan:
    """The smallest plan that has it."""
    return next(plan for plan in Plan if wanted in PROVIDERS[plan] | FEATURES[plan])
