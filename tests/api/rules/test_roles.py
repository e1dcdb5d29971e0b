from api.rules.roles import ALLOWED, SCOPES, Permission, Role, sees_patient


def test_each_role_is_in_the_table_and_the_owner_may_all_that_people_may() -> None:
    assert set(ALLOWED) == set(Role)
    assert ALLOWED[Role.OWNER] == set(Permission) - {Permission.MEETINGS_RECORD}


def test_nobody_but_a_program_records() -> None:
    assert not [role for role in Role if Permission.MEETINGS_RECORD in ALLOWED[role]]
    assert Permission.MEETINGS_RECORD in SCOPES


def test_who_audits_sees_no_patient() -> None:
    assert Permission.PATIENTS_READ not in ALLOWED[Role.AUDITOR]
    assert [r for r in Role if Permission.AUDIT_READ in ALLOWED[r]] == [Role.OWNER, Role.AUDITOR]


def test_an_integration_makes_nobody_and_breaks_no_glass() -> None:
    assert not SCOPES & {Permission.STAFF_CHANGE, Permission.KEYS_CHANGE, Permission.BREAK_GLASS}


def test_a_restricted_patient_is_for_its_team() -> None:
    seen = [
        (restricted, team, glass)
        for restricted in (False, True)
        for team in (False, True)
        for glass in (False, True)
        if sees_patient(is_restricted=restricted, is_on_team=team, has_broken_glass=glass)
    ]
    assert (True, False, False) not in seen
    assert len(seen) == 7
