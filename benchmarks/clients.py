"""Clients that post orders and changes of them, and ask again until the shop says that it has them."""

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from benchmarks.baskets import PRICE, Shop

PATH = "/api/v1/orders/"
CSRF = "b" * 32
ANSWERS_WITHIN = 15
PAUSES = (0.1, 0.5)
CHANGED_SHARE = 0.15
FINISHES_WITHIN = 60


@dataclass(slots=True)
class Change:
    """A cancellation, or a refund of `quantity` pieces of `product`, of an order of this client."""

    key: str
    product: str = ""
    quantity: int = 0
    acknowledged: bool = False


@dataclass(slots=True)
class Sent:
    """An order as it was sent: pieces by product. `acknowledged` once the shop answered that it has it."""

    key: str
    lines: dict[str, int]
    acknowledged: bool = False
    changes: list[Change] = field(default_factory=list)


class Client(threading.Thread):
    """Orders until told to stop, and finishes what it has begun; `sent` is its ledger, `met` what it met."""

    def __init__(self, number: int, port: int, session: str, shop: Shop, stop: threading.Event) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self._port, self._shop, self._told = port, shop, stop
        self._headers = {
            "Content-Type": "application/json",
            "Cookie": f"sessionid={session}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
        }
        self._chance = random.Random(f"{shop.seed}-{number}")  # noqa: S311 (made-up orders)
        self.sent: list[Sent] = []
        self.met: Counter[str] = Counter()

    def run(self) -> None:
        while not self._told.is_set():
            self._order()
            known = [one for one in self.sent if one.acknowledged and not one.changes]
            if known and self._chance.random() < CHANGED_SHARE:
                self._change(self._chance.choice(known))
            time.sleep(self._chance.uniform(*PAUSES))

    def _order(self) -> None:
        sent = Sent(str(uuid.uuid4()), {product: self._chance.randint(1, 3) for product in self._products()})
        self.sent.append(sent)
        lines = [
            {"product": product, "quantity": pieces, "unit_price": str(PRICE)} for product, pieces in sent.lines.items()
        ]
        shopper = f"user:{self._chance.randint(1, self._shop.shoppers)}"
        body = {"key": sent.key, "placed_at": _now(), "currency": "EUR", "shopper": shopper, "lines": lines}
        sent.acknowledged = self._post(body)

    def _change(self, sent: Sent) -> None:
        common = {"order_key": sent.key, "at": _now()}
        if self._chance.random() < 0.5:
            change, asked = Change(str(uuid.uuid4())), {"change": "cancel"}
        else:
            product = self._chance.choice(sorted(sent.lines))
            change = Change(str(uuid.uuid4()), product, self._chance.randint(1, sent.lines[product]))
            lines = [{"product": product, "quantity": change.quantity}]
            asked = {"change": "refund", "lines": lines}
        sent.changes.append(change)
        change.acknowledged = self._post({**common, **asked, "key": change.key})

    def _products(self) -> list[str]:
        return list(self._shop.basket(self._chance))

    def _post(self, body: Mapping[str, Any]) -> bool:
        """Send the same body until it is acknowledged; False where it is refused, or never was in a long time."""
        gives_up = None
        while True:
            status = self._ask(body)
            if status in (200, 201):
                # 200: an earlier try was recorded, and its answer was lost.
                self.met["made" if status == 201 else "answered_again"] += 1
                return True
            self.met[f"status_{status}" if status else "no_answer"] += 1
            if 400 <= status < 500:
                return False
            if self._told.is_set():
                gives_up = gives_up or time.monotonic() + FINISHES_WITHIN
                if time.monotonic() > gives_up:
                    return False
            time.sleep(self._chance.uniform(0.1, 0.4))

    def _ask(self, body: Mapping[str, Any]) -> int:
        """The answer's status; 0 where there was none, or half of one."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWERS_WITHIN)
        try:
            connection.request("POST", PATH, json.dumps(body), self._headers)
            answer = connection.getresponse()
            json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return 0
        else:
            return answer.status
        finally:
            connection.close()


def _now() -> str:
    return datetime.now(UTC).isoformat()
