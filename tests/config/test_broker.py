"""Messages as files: whole before they are seen."""

import os
from pathlib import Path

import pytest
from kombu import Connection, Consumer, Producer, Queue

QUEUE = Queue("things", routing_key="things")


@pytest.fixture
def connection(tmp_path):
    options = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path), "control_folder": str(tmp_path / "c")}
    with Connection("filesystem://", transport="config.broker:Transport", transport_options=options) as connection:
        yield connection


def publish(connection, body):
    with connection.channel() as channel:
        Producer(channel, serializer="json").publish(
            body, exchange=QUEUE.exchange, routing_key=QUEUE.routing_key, declare=[QUEUE]
        )


def test_a_message_arrives(connection):
    received = []
    publish(connection, {"job": 7})

    with Consumer(connection, [QUEUE], on_message=lambda message: received.append(message.payload), no_ack=True):
        connection.drain_events(timeout=5)

    assert received == [{"job": 7}]


def test_a_message_appears_under_its_name_only_when_it_is_complete(connection, tmp_path, monkeypatch):
    appeared = []
    replace = os.replace

    def watch(half, whole):
        appeared.append(([path.name for path in tmp_path.glob("*.msg")], Path(half).read_text()))
        replace(half, whole)

    monkeypatch.setattr(os, "replace", watch)
    publish(connection, {"job": 7})

    assert appeared[0][0] == []
    assert appeared[0][1].endswith("}")
    assert len(list(tmp_path.glob("*.things.msg"))) == 1
    assert list(tmp_path.glob("*.half")) == []
