from livekit.protocol import rtc

from signaling.permissions import MAX_ENTRIES, SubscriptionPermissions

SIDS = {"PA_1": "ann", "PA_2": "bob", "PA_3": "eve"}


def test_everybody_may_have_everything_at_first() -> None:
    assert SubscriptionPermissions().allows("ann", "TR_1")


def test_a_publisher_chooses_by_identity_and_sid_and_track() -> None:
    permissions = SubscriptionPermissions()
    permissions.update(
        rtc.SubscriptionPermission(
            track_permissions=[
                rtc.TrackPermission(participant_identity="ann", all_tracks=True),
                rtc.TrackPermission(participant_sid="PA_2", track_sids=["TR_1"]),
                rtc.TrackPermission(participant_sid="PA_gone", all_tracks=True),
            ]
        ),
        SIDS.get,
    )
    assert permissions.allows("ann", "TR_2")
    assert permissions.allows("bob", "TR_1")
    assert not permissions.allows("bob", "TR_2")
    assert not permissions.allows("eve", "TR_1")


def test_the_last_word_counts_alone() -> None:
    permissions = SubscriptionPermissions()
    permissions.update(rtc.SubscriptionPermission(all_participants=False), SIDS.get)
    assert not permissions.allows("ann", "TR_1")
    permissions.update(rtc.SubscriptionPermission(all_participants=True), SIDS.get)
    assert permissions.allows("ann", "TR_1")


def test_an_endless_list_is_cut() -> None:
    permissions = SubscriptionPermissions()
    everybody = [
        rtc.TrackPermission(participant_identity=str(n), all_tracks=True)
        for n in range(MAX_ENTRIES + 1)
    ]
    permissions.update(rtc.SubscriptionPermission(track_permissions=everybody), SIDS.get)
    assert permissions.allows(str(MAX_ENTRIES - 1), "TR_1")
    assert not permissions.allows(str(MAX_ENTRIES), "TR_1")


def test_an_entry_for_nobody_changes_nothing() -> None:
    permissions = SubscriptionPermissions()
    nobody = rtc.SubscriptionPermission(track_permissions=[rtc.TrackPermission(all_tracks=True)])
    assert not permissions.update(nobody, SIDS.get)
    assert permissions.allows("ann", "TR_1")


def test_everybody_goes_before_every_entry() -> None:
    permissions = SubscriptionPermissions()
    permissions.update(rtc.SubscriptionPermission(), SIDS.get)
    entry = rtc.TrackPermission(all_tracks=True)
    everybody = rtc.SubscriptionPermission(all_participants=True, track_permissions=[entry])
    assert permissions.update(everybody, SIDS.get)
    assert permissions.allows("ann", "TR_1")
