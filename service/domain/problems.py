"""Every way in which the service says no: code, category, what it means and the way out.

One table, from which the answers, their pages and the documentation are made.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from service.domain.faults import Fault, join

Category = Literal[
    "malformed", "invalid", "not_found", "conflict", "precondition", "forbidden", "method",
    "too_large", "unsupported", "unavailable", "internal", "unauthenticated",
    "too_many", "timeout", "misdirected",
]  # fmt: skip
MOST_ERRORS: Final = 100


class ProblemKind(Struct, frozen=True):
    """One row of the table: what a problem of this code means, and how to get out of it."""

    code: str
    category: Category
    title: str
    meaning: str
    way_out: str


def _k(code: str, category: Category, title: str, meaning: str, way_out: str) -> ProblemKind:
    return ProblemKind(code, category, title, meaning, way_out)


KINDS: Final[dict[str, ProblemKind]] = {
    kind.code: kind
    for kind in (
        _k("malformed_body", "malformed", "The body is not what was announced",
           "The body is not JSON in UTF-8, or not in the shape that this address takes; a form "
           "was cut, or has another part than the one called file.",
           "`detail` says which. /api/v1/events takes one event, a list of events or "
           '{"events": […], "expected_versions": {…}}; /api/v1/uploads a form with one file.'),
        _k("invalid_events", "invalid", "Some events are not valid",
           "At least one value of at least one event, or row of a file, breaks a rule; nothing "
           "was recorded. The receipt of a file links to the file with its messages.",
           "`errors` lists every wrong value with its rule. Mend them and send all again."),
        _k("invalid_parameter", "invalid", "A query parameter is not valid",
           "A parameter is unknown, given twice, or holds a value that it cannot have.",
           "`errors` names it, with the nearest known name."),
        _k("not_found", "not_found", "There is no such thing",
           "The address, or what it names – an event, an organisation, a list, an upload, a "
           "trial, a template – is not known.",
           "Look it up in the list above it: /api/v1/organisations, /events, /codes, /uploads, "
           "/trials, /templates."),
        _k("id_conflict", "conflict", "This id was used for something else",
           "An event with this id is in the log, or earlier in the batch, with other content.",
           "If you meant a new event, give it a new id; to change one, record a correction."),
        _k("already_registered", "conflict", "This code is registered already",
           "A code is registered once, as a trust or as a system.",
           "Use TrustChanged or SystemRenamed to record that something about it changed."),
        _k("wrong_bearer", "conflict", "This organisation's stream cannot hold this type",
           "Some types are borne by trusts only, some by systems only.",
           "Check the organisation's code and the type's documentation at /api/v1/schemas."),
        _k("cycle", "conflict", "This would make a circle",
           "Mergers and memberships of systems form no circle.",
           "Check the codes; retract the earlier event if that one was wrong."),
        _k("retracted", "conflict", "The event was retracted",
           "A retracted event cannot be corrected.",
           "Retract its retraction first, or record the event anew under a new id."),
        _k("key_reused", "conflict", "This key came with something else",
           "Within 24 hours an Idempotency-Key stands for one file, or one request, with all that "
           "it asks for.",
           "For another one use another key; for the same one send all as it was."),
        _k("not_retractable", "conflict", "This upload cannot be taken back",
           "It is still being recorded, or nothing of it was recorded.",
           "Wait until its state says that it is finished, and look at its receipt."),
        _k("diverged", "conflict", "The log is not the one that the cursor was made from",
           "The log was restored or replaced: what follows the cursor's position may differ.",
           "Read again from the beginning, or from a position that you trust."),
        _k("version_mismatch", "precondition", "The stream has moved on",
           "An expected version is not the version of the organisation's stream.",
           "Read the organisation's newest events, decide again, and send with the new version."),
        _k("draft_changed", "precondition", "Somebody else answered meanwhile",
           "Answers of the draft were changed since the version that yours started from.",
           "`errors` says what was answered, by whom and when; read the draft, decide again, and"
           " send yours with its newest version."),
        _k("not_yours", "forbidden", "The caller may not record this",
           "Each type says who may record it (DOMAIN.md §2).",
           "Ask the organisation or the operator to record it."),
        _k("unknown_caller", "unauthenticated", "Who asks is not known",
           "The request brings no key or token, or one that is not known, has expired or was "
           "revoked.",
           "Send Authorization: Bearer capmap_…, or an issuer's token; the operator makes keys: "
           "capmap keys make. A browser signs in at /sign-in."),
        _k("not_allowed", "forbidden", "No role of this key gives that",
           "What may be asked follows from the roles that the key was made with.",
           "Ask the operator for a key with a role that gives it."),
        _k("out_of_scope", "forbidden", "This organisation is not within the key's scope",
           "A key reaches organisations that its roles name, whom those systems host today, and "
           "whom they absorbed. It is not looked at whether this one is known.",
           "GET /api/v1/organisations lists those that it reaches; the operator makes keys."),
        _k("not_entitled", "forbidden", "Exact counts of this organisation are not for this caller",
           "Exact counts are for the organisation itself, for the leads of the board that hosts it "
           "today, and for the operator; all others get rounded ones (people-v1).",
           "Leave `disclosure` out: the answer then holds the most that you may have."),
        _k("not_signed_in", "invalid", "You are not signed in",
           "What came back from the issuer does not belong to a sign-in that this browser began, "
           "or the key is not one that opens anything.",
           "Begin again at /sign-in; if it comes back, tell the operator the time."),
        _k("cross_site", "forbidden", "This does not come from the service's own pages",
           "A browser that is signed in by a cookie sends changes from the service's pages alone, "
           "with the token of its session.",
           "Send X-CSRF-Token as GET /api/v1/me says it, or sign in again; programs use a key or "
           "a token in Authorization, and no cookie."),
        _k("too_many_requests", "too_many", "So many requests are not granted",
           "Each key, and each address that brings none, may ask so often in a minute; an address "
           "that brings keys which open nothing, far less often.",
           "Wait for as many seconds as Retry-After says. RateLimit tells beforehand how many are "
           "left; send several events in one batch, and ask for longer pages."),
        _k("body_too_slow", "timeout", "The body did not come in time",
           "A body must come at 8 KiB a second at least.",
           "Send it again over a better line, or in several parts; each is safe to repeat."),
        _k("took_too_long", "unavailable", "The answer was not found in time",
           "A request has a limit of time. It is not known whether what was sent was recorded.",
           "Send it again with the same ids: nothing is recorded twice. Ask for less at once."),
        _k("key_in_use", "conflict", "The first request with this key is still under way",
           "Within 24 hours an Idempotency-Key stands for one request, whose answer is given to "
           "every other that brings it.",
           "Send it again after as many seconds as Retry-After says, with the same key."),
        _k("other_host", "misdirected", "The service is not asked for by this name",
           "The name of the host is none of those by which the service is reached: a page may have "
           "sent the request in its reader's place.",
           "Use the service's own name; the operator lists others in CAPMAP_HOSTS."),
        _k("other_origin", "forbidden", "A page of another site sent this",
           "What changes something is not taken from pages of other sites.",
           "Send it from a program; the operator lists pages that may in CAPMAP_CORS_ORIGINS."),
        _k("method_not_allowed", "method", "The log is append-only",
           "Events are never changed or deleted.",
           "Record EventCorrected or EventRetracted instead."),
        _k("body_too_large", "too_large", "The body is too large",
           "What is held in memory has a limit, by default 32 MB, and a batch 10,000 events.",
           "Send several batches, or lines (application/x-ndjson), which may be longer; each is "
           "safe to repeat."),
        _k("unsupported_media_type", "unsupported", "This content type is not taken",
           "/api/v1/events takes JSON, lines of JSON and CloudEvents; /api/v1/uploads takes a "
           "form with a file; all other addresses take JSON. Nothing is taken compressed.",
           "Set Content-Type to application/json, application/x-ndjson or "
           "application/cloudevents+json (-batch+json for several); send spreadsheets and CSV to "
           "/api/v1/uploads as multipart/form-data, part file."),
        _k("unsupported_file", "unsupported", "This is not a file of rows",
           "Files of rows are taken as CSV, .xlsx, .xlsm (its data), .xls and .ods.",
           "Open the file in a spreadsheet and save it as .xlsx or as CSV UTF-8."),
        _k("unreadable_file", "invalid", "The file cannot be read",
           "It is cut, damaged, protected by a password, or not what it seems to be.",
           "Open the file in a spreadsheet, save it anew as .xlsx or as CSV UTF-8, send that."),
        _k("hidden_data", "invalid", "Something in the file is hidden",
           "Hidden sheets, rows and columns that hold data are refused: nobody who looks at the "
           "file sees what would be recorded.",
           "Unhide them (clear the filter) and look at them, or delete them; send the file again."),
        _k("trial_limit", "too_large", "The trial would be larger than a trial may be",
           "A caller has at most 20 trials, each of at most 10,000 events.",
           "Record or discard a trial first: /api/v1/trials."),
        _k("file_limit", "too_large", "The file is larger than the service reads",
           "A file has limits of size, rows, columns, sheets, and of what reading it may cost.",
           "Split the file and send the parts; each is safe to repeat."),
        _k("invalid_body", "invalid", "The body is not valid",
           "A member of the body is unknown, missing, given twice, or breaks a rule.",
           "`errors` lists every wrong value with its rule; nothing was done."),
        _k("erased", "conflict", "This name was erased",
           "The name of this person was erased, so that none is recorded again by accident.",
           "If one may be recorded after all, lift the erasure first: capmap erase --lift, or "
           "POST /api/v1/people/{person}/lifting."),
        _k("erasures_unwritten", "unavailable", "The list of erasures cannot be written",
           "An erasure is written to the list outside the database (CAPMAP_ERASURES) before "
           "anything is deleted. That failed, so nothing was erased.",
           "See that the file is there, whole, and can be written to; then send it again."),
        _k("unavailable", "unavailable", "The log cannot be reached now",
           "It is not known whether the events were recorded.",
           "Send them again with the same ids: nothing is recorded twice."),
        _k("internal", "internal", "Something went wrong here",
           "A fault of the service, noted in its log under the request's id.",
           "Try again; if it comes back, tell the operator the X-Request-ID."),
    )
}  # fmt: skip


class Problem(Struct, frozen=True):
    """One no: its kind's code, what happened this time, and every wrong value (at most 100)."""

    code: str
    detail: str
    errors: tuple[Fault, ...] = ()

    @property
    def kind(self) -> ProblemKind:
        """Return the table's row."""
        return KINDS[self.code]


def invalid_event(index: int, pointer: str, code: str, rule: str) -> Problem:
    """Return that one event of a batch breaks a rule; pointer: of the value, from the event."""
    fault = Fault(join("/events", index) + pointer, code, rule)
    return Problem("invalid_events", f"event {index} of the batch: {rule}", (fault,))


class Refused(Exception):  # noqa: N818 - a word of the domain: what was asked is refused
    """What was asked is refused; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem
