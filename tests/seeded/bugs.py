"""Mistakes that somebody could make in what guards people: each planted on purpose, for a test to notice.

A bug is a function that takes a `MonkeyPatch` and changes the dashboard by it; beside it stands the test
that has to fail then. Most are a changed word or line of a function.
"""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

import pytest

from dashboard import accounts, headers, second_factor
from messages_app import (
    access,
    answers,
    audit,
    audit_chain,
    audit_questions,
    erasing,
    filters,
    logins,
    personal_file,
    privacy,
    saved,
    sharing,
)
from messages_app.admin import PeopleAdmin
from messages_app.analysis import facets, live
from messages_app.analysis.query import MessageQuery
from messages_app.archive import forgetting, forgotten, keeping
from messages_app.exports import csv_file, direct_csv, jobs
from messages_app.exports.making import Making
from messages_app.views import accounts as own_account
from messages_app.views import (
    export_jobs,
    exports,
    login,
    message,
    people,
    revealing,
    visiting,
)

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Bug:
    """What is wrong with the dashboard, and the test that says so, by its name for pytest."""

    plant: Plant
    caught_by: str


BUGS: dict[str, Bug] = {}


def _bug(file: str, test: str) -> Callable[[Plant], Plant]:
    def note(plant: Plant) -> Plant:
        BUGS[plant.__name__.replace("_", " ")] = Bug(plant, f"tests/{file}::{test}")
        return plant

    return note


def _edited(patch: pytest.MonkeyPatch, function: Any, old: str, new: str) -> None:
    """Change `old` in a function's source to `new`, where it stands: who imported it has the bug too."""
    found = function.fget if isinstance(function, property) else function
    assert callable(found)
    plain: FunctionType = inspect.unwrap(found)
    source = textwrap.dedent(inspect.getsource(plain))
    assert source.count(old) == 1, f"{plain.__name__} has changed: this bug is no longer one"
    changed = textwrap.indent(source.replace(old, new), " ")
    # Within a function that knows what the method's own class body knew: `super()` needs it.
    around = f"def around({', '.join(plain.__code__.co_freevars)}):\n{changed}"
    (outer,) = _codes(compile(around, f"<{plain.__name__}, seeded>", "exec"))
    (code,) = (one for one in _codes(outer) if one.co_name == plain.__name__)
    patch.setattr(plain, "__code__", code)


def _codes(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


# Roles


@_bug("views/test_people.py", "test_only_who_reviews_sees_who_is_there")
def a_page_forgets_to_ask_for_its_permission(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, people.people, 'gate(request, "review")', "gate(request)")


@_bug("exports/test_exports.py", "test_t33_an_export_needs_its_permissions")
def who_sees_a_list_may_export_it(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, exports.export, '"see_messages", "export"', '"see_messages"')


@_bug("test_walk.py", "test_t05_a_change_of_roles_works_at_the_very_next_request")
def permissions_are_remembered_from_one_request_to_the_next(patch: pytest.MonkeyPatch) -> None:
    known: dict[int, frozenset[str]] = {}
    read_anew = access.permissions_of
    patch.setattr(access, "permissions_of", lambda user: known.setdefault(user.pk, read_anew(user)))


@_bug("dashboard/test_doors.py", "test_t04_who_edits_accounts_cannot_make_or_touch_a_superuser")
def who_edits_accounts_makes_superusers(patch: pytest.MonkeyPatch) -> None:
    patch.delattr(PeopleAdmin, "get_readonly_fields")


@_bug("views/test_saved.py", "test_an_own_view_is_nobody_else_s")
def a_view_of_ones_own_is_everybodys(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, saved.visible_to, "Q(owner=viewer.user_id) | Q(is_shared=True)", "")


# Masks


@_bug("test_privacy.py", "test_a_row_has_no_plain_value_left")
def a_row_is_masked_but_for_its_reference(patch: pytest.MonkeyPatch) -> None:
    reference = "client_message_id=text(record.client_message_id, mask),"
    _edited(patch, privacy.covered, reference, "")


@_bug("views/test_masking.py", "test_rows_of_either_source_are_masked_and_open_by_their_key")
def the_list_comes_as_the_source_has_it(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, answers.listed, "covered(row, query.mask) for row", "row for row")


@_bug("views/test_masking.py", "test_the_figures_json_is_masked_without_the_page")
def a_figure_names_the_number_that_it_is_of(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, facets._covered, "facet.cover(key, mask)", "key")


@_bug("views/test_masking.py", "test_no_order_tells_of_numbers_or_texts")
def rows_are_put_in_the_order_of_numbers_that_are_masked(patch: pytest.MonkeyPatch) -> None:
    patch.delitem(filters.ASKS_FOR_PERSONAL, "sort")


# Reveal


@_bug("views/test_revealing.py", "test_the_trail_keeps_who_saw_which_message_and_why")
def a_message_is_revealed_without_a_line_in_the_trail(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(message, "kept", lambda _request, _record, _form: None)


@_bug("views/test_revealing.py", "test_t37_only_so_many_are_revealed_within_an_hour")
def what_is_revealed_is_not_counted(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, revealing.RevealForm.clean,
            "not REVEALS.take(self.viewer.user_id)", "REVEALS.is_reached(self.viewer.user_id)")  # fmt: skip


# The audit trail


@_bug("test_audit_chain.py", "test_t26_a_change_of_any_field_of_a_line_is_found")
def the_hash_of_a_line_leaves_out_its_link(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, audit.line_hash, "line.link, ", "")


@_bug(
    "test_audit_chain.py",
    "test_t27_a_purge_takes_what_is_older_than_twelve_months_and_leaves_an_anchor",
)
def a_purge_leaves_no_anchor(patch: pytest.MonkeyPatch) -> None:
    anchor = "head.purged, head.purged_hash, head.purged_until = last.number, last.hash, last.at"
    _edited(patch, audit_chain.purge, anchor, "pass")


@_bug("test_audit.py", "test_t26_a_number_is_kept_as_a_keyed_digest_however_it_is_written")
def numbers_stand_in_the_trail_as_digests_without_a_key(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, audit.number_digest, 'digest("audit number", spelled.casefold())',
            '__import__("hashlib").sha256(spelled.casefold().encode()).hexdigest()')  # fmt: skip


@_bug("test_audit.py", "test_t26_the_trail_says_that_its_ends_were_changed_and_goes_on")
def a_head_that_somebody_changed_is_sealed_anew(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, audit.held_head, "is_sealed(head) and ", "")


@_bug("views/test_audit.py", "test_t26_whoever_asks_for_a_number_is_recorded")
def who_asks_for_a_sender_is_not_recorded(patch: pytest.MonkeyPatch) -> None:
    _edited(
        patch, audit_questions.numbers_of, "if asks_for_number(meant(query.sender))", "if False"
    )


# Erasure and retention


@_bug("rights/test_forgetting.py", "test_the_text_index_forgets_as_well")
def the_text_index_keeps_what_is_erased(patch: pytest.MonkeyPatch) -> None:
    patch.delitem(forgetting._BLANKED, "folded")


@_bug("rights/test_forgetting.py", "test_a_number_leaves_its_rows_and_figures_stay")
def earlier_states_outlive_an_erasure(patch: pytest.MonkeyPatch) -> None:
    states = "gone, _by_model = Observation.objects.filter(key__in=keys).delete()"
    _edited(patch, forgetting._blank, states, "gone = 0")


@_bug("rights/test_pages.py", "test_t31_flags_whose_note_names_the_number_go_too_on_whatever_row")
def a_flag_whose_note_names_the_number_stays(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, erasing.flags_of, " | Q(pk__in=_noted(number.__eq__))", "")


@_bug(
    "rights/test_pages.py", "test_t31_an_erasure_takes_views_links_and_all_files_of_exports_along"
)
def files_of_exports_outlive_an_erasure(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, erasing._drop_exports, "kept.drop_files(now)", "pass")


@_bug("rights/test_forgetting.py", "test_no_later_reading_brings_it_back_in_whatever_spelling")
def the_next_reading_brings_an_erased_number_back(patch: pytest.MonkeyPatch) -> None:
    _edited(
        patch, keeping.kept_row, "without_person(row) if forgets.covers(record) else row", "row"
    )


@_bug(
    "rights/test_provider.py", "test_t29_live_pages_show_the_number_nowhere_and_find_nothing_by_it"
)
def a_page_that_is_read_live_shows_an_erased_number(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, live.remembered, "forgets.kept(records)", "list(records)")


@_bug(
    "rights/test_forgetting.py",
    "test_the_list_holds_keyed_digests_and_every_process_hears_of_a_new_one",
)
def erased_numbers_are_listed_as_digests_without_a_key(patch: pytest.MonkeyPatch) -> None:
    keyed = 'digest(PURPOSE, digits.removeprefix("00") or number.casefold())'
    plain = '__import__("hashlib").sha256(digits.removeprefix("00").encode()).hexdigest()'
    _edited(patch, forgotten.digest_of, keyed, plain)


@_bug(
    "rights/test_pages.py", "test_t31_an_erasure_takes_views_links_and_all_files_of_exports_along"
)
def an_erasure_leaves_no_line_in_the_trail(patch: pytest.MonkeyPatch) -> None:
    line = "record(Act.ERASED, request=request, who=who, numbers=[number], note=note)"
    _edited(patch, erasing.forget, line, "pass")


@_bug("rights/test_pages.py", "test_t30_all_of_it_comes_as_one_file")
def what_staff_noted_of_somebody_is_not_in_the_file_about_that_person(
    patch: pytest.MonkeyPatch,
) -> None:
    _edited(patch, personal_file._flags, "flags_of(number)", "flags_of(number).none()")


@_bug(
    "rights/test_forgetting.py",
    "test_what_a_late_reader_kept_before_the_mark_goes_with_the_next_turn",
)
def old_rows_that_come_in_late_keep_their_numbers(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, forgetting.blank_old, "wall_time(int(done)) - AGAIN", "wall_time(int(done))")


# Share links


@_bug("views/test_sharing.py", "test_t21_what_does_not_open_looks_all_the_same[revoked]")
def a_link_that_was_ended_still_opens(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, sharing.is_open, "link.revoked_at is None and ", "")


@_bug("views/test_sharing.py", "test_t21_what_does_not_open_looks_all_the_same[expired]")
def a_link_whose_time_is_over_still_opens(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, sharing.is_open, "now < link.expires_at and ", "")


@_bug("views/test_sharing.py", "test_t19_an_owner_who_sees_less_shows_nothing")
def what_its_maker_may_is_asked_for_once(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, sharing.is_backed, " and permissions_of(link.owner) >= needs_of(link)", "")


@_bug("views/test_sharing.py", "test_t15_only_hashes_of_256_bits_are_kept")
def the_token_of_a_link_is_kept_as_it_is(patch: pytest.MonkeyPatch) -> None:
    hashed = 'sha256(secret.encode(errors="replace")).hexdigest()'
    _edited(patch, sharing.hash_of, hashed, "secret[:64]")


@_bug("views/test_sharing.py", "test_t19_a_link_ends_by_itself_and_a_visit_before_it")
def a_visit_lasts_as_long_as_its_link(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, sharing.visited, ".filter(opened_at__gt=now - VISIT)", "")


@_bug("views/test_sharing.py", "test_t18_a_preview_opens_nothing_and_asks_the_database_nothing")
def a_preview_opens_the_link(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, visiting.shared, 'request.method != "POST"', 'request.method == "HEAD"')


@_bug(
    "views/test_fence.py",
    "test_t16_t17_no_query_string_tells_of_the_outside[/shared/messages/-masked]",
)
def a_visitors_range_reaches_back_before_what_is_shared(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, MessageQuery.span, "max(start, first)", "start")


@_bug(
    "views/test_fence.py",
    "test_t16_t17_no_query_string_tells_of_the_outside[/shared/messages/KIND/ID/-masked]",
)
def a_single_row_is_shown_from_beyond_the_fence(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, answers._row, "not is_inside(key_of(kind, int(number)), query.fence)", "False")


@_bug(
    "views/test_fence.py", "test_t16_a_visitor_passes_the_gate_behind_the_fence_of_the_link_alone"
)
def a_page_that_puts_up_no_fence_lets_visitors_in(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, access.gate, "viewer.fence is not fences.present()", "False")


# Exports


@_bug("exports/test_jobs.py", "test_t33_an_export_is_as_masked_as_the_page[at once-csv]")
def the_database_writes_a_csv_also_for_who_sees_it_masked(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, Making._is_direct, " and self.answer.query.mask.is_open", "")


@_bug("exports/test_exports.py", "test_cells_made_by_the_database_are_those_made_by_hand[en--date]")
def a_formula_bears_no_apostrophe(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, csv_file.guarded, "_SUSPECT.match(text)", 'text.startswith("\'")')


@_bug("exports/test_exports.py", "test_no_cell_of_a_csv_begins_like_a_formula")
def a_formula_bears_no_apostrophe_where_the_database_writes_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(direct_csv, "_formula", lambda _opened: b"nowhere at all")


@_bug("exports/test_exports.py", "test_a_manifest_says_what_the_file_is")
def the_checksum_leaves_out_the_last_byte_of_a_piece(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, Making.pieces, "update(piece)", "update(piece[:-1])")


@_bug("exports/test_exports.py", "test_a_manifest_says_what_the_file_is")
def the_manifest_counts_the_head_of_a_file_as_a_row(patch: pytest.MonkeyPatch) -> None:
    _edited(
        patch, Making.pieces, "self.export.rows = self.rows", "self.export.rows = self.rows + 1"
    )


@_bug("exports/test_jobs.py", "test_a_file_is_for_its_maker_alone")
def a_file_is_for_all_who_may_export(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, export_jobs._own, ", owner_id=viewer.user_id", "")


@_bug("exports/test_jobs.py", "test_t33_a_file_goes_with_the_permission_and_with_a_stricter_mask")
def a_file_stays_as_open_as_its_maker_once_saw(patch: pytest.MonkeyPatch) -> None:
    seen_less = "stricter(mask_of(found), viewer.mask) != mask_of(found)"
    _edited(patch, export_jobs._own, seen_less, "False")


@_bug("exports/test_exports.py", "test_a_file_that_breaks_off_is_told_as_unfinished")
def a_file_that_broke_off_counts_as_whole(patch: pytest.MonkeyPatch) -> None:
    _edited(
        patch,
        jobs.sent,
        '{"state": FAILED, "reason": INTERRUPTED}',
        '{"state": DONE, "reason": ""}',
    )


# Accounts


@_bug("test_logins.py", "test_t10_a_login_ends_when_nobody_does_anything_and_its_page_comes_back")
def a_login_lasts_though_nobody_does_anything(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, logins.is_over, "is_idle or ", "")


@_bug("test_logins.py", "test_t10_what_a_page_asks_by_itself_keeps_no_login_alive")
def a_page_that_asks_by_itself_keeps_a_login_alive(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, logins.note, "not is_by_itself(request) and ", "")


@_bug("test_logins.py", "test_t09_what_is_sensitive_needs_a_fresh_login_and_comes_back_after_it")
def a_login_stays_fresh(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, logins.is_fresh, "< seconds", "< 10**10")


@_bug("dashboard/test_second_factor.py", "test_t09_a_code_opens_once_as_long_as_it_is_good")
def a_code_of_the_app_opens_twice(patch: pytest.MonkeyPatch) -> None:
    patch.delattr(second_factor._Once, "clean_code")


@_bug(
    "dashboard/test_second_factor.py",
    "test_t09_it_is_demanded_of_the_named_roles_and_superusers_alone",
)
def a_role_demands_the_second_factor_for_whole_pages_alone(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, login.SecondFactorFirst.process_view, "needs_login and ",
            "needs_login and not request.htmx and ")  # fmt: skip


@_bug("dashboard/test_accounts.py", "test_a_mailed_link_ends")
def a_link_for_a_forgotten_password_is_good_for_a_week(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(accounts, "FORGOTTEN", 7 * 86400)


@_bug(
    "dashboard/test_proxies.py",
    "test_t06_wrong_passwords_are_counted_whatever_port_the_address_names",
)
def wrong_passwords_are_counted_for_each_port_that_an_address_names(
    patch: pytest.MonkeyPatch,
) -> None:
    patch.delattr(accounts.ClosedAdapter, "_get_login_attempts_cache_key")


@_bug("views/test_accounts.py", "test_t10_nobody_ends_anothers_login")
def somebody_ends_the_login_of_another(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, own_account.end_session, ", user=request.user", "")


@_bug("dashboard/test_headers.py", "test_t13_t20_t34_every_address_answers_with_all_headers[get]")
def pages_may_be_kept_by_caches(patch: pytest.MonkeyPatch) -> None:
    stored = 'response.headers["Cache-Control"] = "no-store, private"'
    _edited(patch, headers.PrivateHeaders.__call__, stored, "pass")
