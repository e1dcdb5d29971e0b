from livekit.protocol import rtc

from signaling.permissions import MAX_ENTRIES, SubscriptionPermissions


def test_everybody_may_have_everything_at_first() -> None:
    assert SubscriptionPermissions().allows("PA_1", "ann", "TR_1")


def test_a_publisher_chooses_by_identity_and_sid_and_track() -> None:
    permissions = SubscriptionPermissions()
    permissions.update(
        rtc.SubscriptionPermission(
            track_permissions=[
                rtc.TrackPermission(participant_identity="ann", all_tracks=True),
                rtc.TrackPermission(participant_sid="PA_2", track_sids=["TR_1"]),
            ]
        )
    )
    assert permissions.allows("PA_1", "ann", "TR_2")
    assert permissions.allows("PA_2", "bob", "TR_1")
    assert not permissions.allows("PA_2", "bob", "TR_2")
    assert not permissions.allows("PA_3", "eve", "TR_1")


def test_the_last_word_counts_alone() -> None:
    permissions = SubscriptionPermissions()
    permissions.update(rtc.SubscriptionPermission(all_participants=False))
    assert not permissions.allows("PA_1", "ann", "TR_1")
    permissions.update(rtc.SubscriptionPermission(all_participants=True))
    assert permissions.allows("PA_1", "ann", "TR_1")


def test_an_endless_list_is_cut() -> None:
    permissions = SubscriptionPermissions()
    everybody = [
        rtc.TrackPermission(participant_identity=str(n), all_tracks=True)
        for n in range(MAX_ENTRIES + 1)
    ]
    permissions.update(rtc.SubscriptionPermission(track_permissions=everybody))
    assert permissions.allows("", str(MAX_ENTRIES - 1), "TR_1")
    assert not permissions.allows("", str(MAX_ENTRIES), "TR_1")
