"""Which fake orders plant a rule: `python -m benchmarks.poisoning`.

A shop of 24,000 orders in 180 days, and attacks that sell a junk product with the most popular one. Each cell is about
attacks of 100, 300 and 900 orders: `guard`, none is significant or has enough shoppers; `held`, those that are wait for
staff; `passes`, those of so many orders are published unseen.
"""

import argparse
from pathlib import Path

from benchmarks.report import publish
from tests.poisoning import Attack, mine, shop

SIZES = (100, 300, 900)
ACCOUNTS = (1, 5, 20, 60, 300)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of the shop and the attacks")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    rows = []
    for known_junk in (True, False):
        for age in (0, 60):
            for days in (1, 7, 30):
                name = f"{'sold before' if known_junk else 'never sold'}, accounts {age} days old, within {days} days"
                cells = {
                    f"{accounts} accounts": _outcome(
                        [Attack(orders, accounts, days, age, known_junk) for orders in SIZES if orders >= accounts],
                        options.seed,
                    )
                    for accounts in ACCOUNTS
                }
                rows.append({"name": name, **cells})
    honest, mined = shop(options.seed), mine(seed=options.seed)
    unheld = sum(mined.why(key) == () for key in honest.bundles.tolist())
    share = unheld / len(honest.bundles)
    publish("poisoning", rows, {"genuine_rules_published_unheld": share}, options.json)


def _outcome(attacks: list[Attack], seed: int) -> str:
    why = {attack.orders: mine(attack, seed=seed).why(attack.planted) for attack in attacks}
    passing = [str(orders) for orders, reasons in why.items() if reasons == ()]
    if passing:
        return f"passes: {', '.join(passing)}"
    return "held" if any(why.values()) else "guard"


if __name__ == "__main__":
    main()
