"""Notes that stay inside the desk."""

import uuid
from collections.abc import Sequence

from django.db import transaction

from uzel.domain.permissions import Action, Actor
from uzel.services.files import attach, get_uploads
from uzel.services.rights import check_agent, check_may
from uzel.services.writing import check_text, find_written, mark_read
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import NewEntry, add_entry
from uzel.store.reach import get_ticket


@transaction.atomic
def note(
    number: int, text: str, *, uploads: Sequence[uuid.UUID] = (), client_key: uuid.UUID | None = None, by: Actor
) -> int:
    """Write what only the desk reads; gives the id of the entry."""
    agent_id = check_agent(by)
    reached = get_ticket(number, by)
    check_may(reached, Action.NOTE, by)
    written = find_written(client_key, person_id=by.person_id)
    if written is not None:
        return written.id
    files = get_uploads(uploads, by=by)
    entry = add_entry(
        NewEntry(
            ticket_id=reached.ticket.id,
            kind="note",
            text=check_text(text, has_files=bool(files)),
            person_id=by.person_id,
            agent_id=agent_id,
            client_key=client_key,
        )
    )
    attach(files, entry)
    mark_read(reached.ticket.id, entry.id, by=by)
    record(by, "note", "ticket", reached.ticket.id, None, {"entry": entry.id})
    announce("entry", reached.ticket.id, internal=True, entry_id=entry.id)
    return entry.id
