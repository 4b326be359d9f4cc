"""Column contracts: what each kind of trainer takes, what is wrong with a table, and rows brought into the shape.

| contract | columns | TRL 1.16 |
|---|---|---|
| sft | messages | SFTTrainer |
| prompt-completion | prompt, completion | SFTTrainer (loss on the completion only) |
| preference | prompt, chosen, rejected | DPOTrainer, RewardTrainer |
| verifiable | prompt, answer, verifier (no answer where the verifier reads others) | GRPOTrainer, RLOOTrainer |
| kto | prompt, completion, label | KTOTrainer |

Prompts and answers are written as messages, so that the model's own chat template applies; `check` takes text as well.
`tools` (JSON text) stays beside them where a table has it.
"""

from curate.schema.contracts import CONTRACTS, Contract, Name, check
from curate.schema.converting import Shaped, Thinking, convert

__all__ = ["CONTRACTS", "Contract", "Name", "Shaped", "Thinking", "check", "convert"]
