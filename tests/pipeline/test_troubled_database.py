"""What the database refuses for one delivery is that delivery's trouble, not everybody's."""

import pytest
from django.db import connection
from django.utils import timezone

from tests.pipeline.conftest import make_mail
from uzel.channelkit.contract import RawDelivery
from uzel.pipeline import intake
from uzel.store.blobs import blobs
from uzel.store.deliveries import LARGE, store_delivery
from uzel.store.models import Channel, Delivery, Entry


def refuse(monkeypatch: pytest.MonkeyPatch, sqlstate: str) -> None:
    """The database answers with this error whenever the mail about «взрыв» is written."""
    honest = intake.record

    def record(incoming: object, *rest: object) -> object:
        if "взрыв" in incoming.event.subject:  # type: ignore[attr-defined] # only read here
            with connection.cursor() as cursor:
                cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{sqlstate}'; END $$")
        return honest(incoming, *rest)  # type: ignore[arg-type] # passed through

    monkeypatch.setattr(intake, "record", record)


def bring_three(mailbox: Channel) -> dict[str, str]:
    for number, subject in enumerate(("раз", "взрыв", "два")):
        store_delivery(mailbox.id, RawDelivery(external_id=f"b{number}", body=make_mail(subject=subject)))
    while intake.take_in_batch(50):
        pass
    return dict(Delivery.objects.values_list("external_id", "state"))


@pytest.mark.parametrize("sqlstate", ["54000", "57014"])
def test_a_mail_that_no_index_can_hold_is_put_aside_and_its_neighbours_pass(
    sqlstate: str, mailbox: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, sqlstate)
    assert bring_three(mailbox) == {"b0": "done", "b1": "quarantined", "b2": "done"}


@pytest.mark.parametrize("sqlstate", ["40P01", "53200", "55P03"])
def test_a_mail_refused_by_a_busy_database_waits_and_is_taken_in_later(
    sqlstate: str, mailbox: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, sqlstate)
    assert bring_three(mailbox) == {"b0": "done", "b1": "new", "b2": "done"}
    assert Delivery.objects.get(external_id="b1").not_before > timezone.now()

    monkeypatch.undo()
    Delivery.objects.filter(external_id="b1").update(not_before=timezone.now())
    while intake.take_in_batch(50):
        pass
    assert Delivery.objects.get(external_id="b1").state == "done"
    assert Entry.objects.filter(direction="in").count() == 3


def test_a_mail_whose_file_is_gone_is_put_aside_and_its_neighbours_pass(mailbox: Channel) -> None:
    store_delivery(mailbox.id, RawDelivery(external_id="large", body=make_mail(text="x" * LARGE)))
    store_delivery(mailbox.id, RawDelivery(external_id="small", body=make_mail(sender="anna@nord.example")))
    digest = Delivery.objects.get(external_id="large").blob_id
    assert digest is not None
    blobs().path(digest).unlink()
    while intake.take_in_batch(50):
        pass

    assert dict(Delivery.objects.values_list("external_id", "state")) == {"large": "quarantined", "small": "done"}
    assert digest[:12] in Delivery.objects.get(external_id="large").error
