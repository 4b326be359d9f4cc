"""An item of a benchmark, the same said in other words, and another problem of the kind."""

from __future__ import annotations

ITEM = (
    "Kylar went to the store to buy glasses for his new apartment. One glass costs $5, but every second glass costs "
    "only 60% of the price. Kylar wants to buy 16 glasses. How much does he need to pay for them?"
)
SAID = (
    "Kylar visited the shop to purchase glasses for his new flat. A single glass is priced at $5, however, every "
    "alternate glass is priced at just 60% of the original cost. Kylar plans to buy sixteen glasses. What will he pay?"
)
OTHER = (
    "Marta went to the market to buy plates for her new kitchen. One plate costs $7, but every third plate costs only "
    "half of the price. Marta wants to buy 12 plates. How much does she need to pay for them?"
)
