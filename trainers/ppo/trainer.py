"""The loop of PPO, as a `transformers.Trainer` whose step is a rollout.

Checkpoints, resuming, schedules, logs and callbacks are the Trainer's. Its batch is a rollout, and `training_step`
takes all optimizer steps of it but the last, which the Trainer takes. So a checkpoint always lies between two rollouts,
and what a resumed training samples depends on the seed and the step: it ends with the same weights.

Supported: one process, or several with data parallelism (`accelerate launch`); LoRA and its like, of which the
reference is the model with its adapters off. Not supported: FSDP and DeepSpeed, which shard what is sampled from
here; vLLM; prompt and prefix tuning; a value model of its own: the value head sits on the policy's last hidden state.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from accelerate.utils import gather_object
from torch import Tensor

from curate.errors import UsageError
from trainers import models
from trainers.job import Job
from trainers.lengths import prompts_fit
from trainers.ppo.critic import CriticTrainer, value_head
from trainers.ppo.figures import Figures
from trainers.ppo.formulas import KLController, explained_variance, gae, kl_terms, policy_loss, value_loss, whiten
from trainers.ppo.judging import judge
from trainers.ppo.rollout import Rollout, cut, joined, no_dropout, roll_out, row_seed, say

EVAL = 1
"""Marks the seeds of held-out answers, which are the same at every evaluation."""


def build(job: Job) -> PPOTrainer:
    """The trainer of a job. Raises UsageError for what it cannot do."""
    prompts_fit(job)
    if job.config.batch.device == "auto":
        raise UsageError("ppo: the probe of batch: auto cannot make answers long; say {effective: 64, device: 8}")
    if job.config.stop is not None and job.config.stop.on == "eval_loss":
        raise UsageError("ppo has no held-out loss; stop: {on: eval_reward} or {on: pass@8}")
    if job.peft is not None and job.peft.is_prompt_learning:
        raise UsageError("ppo cannot sample through prompt or prefix tuning; take peft: {type: lora}")
    if job.peft is not None:
        from peft import get_peft_model

        job.model = get_peft_model(job.model, job.peft)
    if not any(weight.requires_grad for weight in job.model.parameters()):
        raise UsageError("nothing would be trained: every parameter is frozen (freeze:, peft:)")
    reference = None
    if job.arguments.beta > 0 and job.peft is None:
        reference = models.load_model(job.start, job.arguments).requires_grad_(requires_grad=False).eval()
    return PPOTrainer(job, reference)


class PPOTrainer(CriticTrainer):
    """PPO. reference: the frozen model KL is measured against; None with β 0, and with adapters."""

    def __init__(self, job: Job, reference: Any) -> None:
        arguments = copy.copy(job.arguments)
        self.on_device = arguments.per_device_train_batch_size
        arguments.per_device_train_batch_size *= arguments.gradient_accumulation_steps  # a rollout
        arguments.gradient_accumulation_steps = 1
        if arguments.ddp_find_unused_parameters is None:
            arguments.ddp_find_unused_parameters = False  # the value head is used, but after the model's forward
        no_dropout(job.model)
        job.model.value_head = value_head(job.model)
        self.rewards, self.adapted = job.rewards, job.peft is not None
        super().__init__(
            model=job.model,
            args=arguments,
            data_collator=list,
            train_dataset=job.train,
            eval_dataset=job.held_out,
            processing_class=job.tokenizer,
            callbacks=job.callbacks,
        )
        self.reference = None if reference is None else reference.to(self.accelerator.device)
        self.control_kl = KLController(arguments.beta, arguments.kl_target, arguments.kl_horizon)
        self.figures = Figures(self.accelerator)

    def training_step(self, model: Any, inputs: list[dict[str, Any]], num_items_in_batch: Any = None) -> Tensor:  # noqa: ARG002
        """Roll out, judge, and learn in epochs of mini-batches; the optimizer's last step is left to the Trainer."""
        rollout = self._experience(inputs)
        model.train()
        batches = [rows for epoch in range(self.args.num_ppo_epochs) for rows in self._mini_batches(inputs, epoch)]
        losses = []
        for number, rows in enumerate(batches):
            losses.append(self._learn(model, rollout, rows))
            if number + 1 < len(batches):
                if self.args.max_grad_norm > 0:
                    self.accelerator.clip_grad_norm_(model.parameters(), self.args.max_grad_norm)
                self.optimizer.step()
                model.zero_grad()
        return torch.stack(losses).mean()

    @torch.no_grad()
    def _experience(self, inputs: list[dict[str, Any]]) -> Rollout:
        """A rollout with everything that is learned from: old log-probabilities and values, advantages, returns."""
        place = (self.state.global_step, self.accelerator.process_index)
        rollout = self._rolled_out(inputs, [row_seed(self.args.seed, *place, row) for row in range(len(inputs))])
        pieces = [rollout.take(rows) for rows in cut(torch.arange(len(inputs)), self.on_device)]
        width = rollout.ids.shape[1]
        said = [say(self.model, piece, self.args.temperature, self.model.value_head) for piece in pieces]
        old = joined([one.log_probs for one in said], width)
        values = joined([one.values for one in said if one.values is not None], width)
        entropy = joined([one.entropy for one in said], width)

        judged = judge(self.rewards, self.args.reward_weights, inputs, *self._written(rollout), self.state)
        rewards = torch.tensor([float("nan") if one is None else one for one in judged.totals], device=old.device)
        known = ~rewards.isnan()
        mask = (rollout.mask * known[:, None]).float()  # what no reward could judge is not learned from
        self.figures.note_rewards(judged.each, rewards, rollout)
        self.figures.note(judged.metrics)

        scores = self._kl_rewards(pieces, old, mask, known)
        last = (rollout.mask.sum(1) - 1).clamp(min=0)
        paid = rewards.nan_to_num()
        if self.args.missing_eos_penalty is not None:
            paid = paid - self.args.missing_eos_penalty * ~rollout.ended
        scores[torch.arange(len(inputs)), last] += paid * known
        advantages, returns = gae(scores, values, mask, self.args.gamma, self.args.lam)
        if self.args.whiten_advantages:
            advantages = whiten(advantages, mask, self.figures.sum)
        rollout.more = {
            "old": old, "values": values, "advantages": advantages, "returns": returns, "learned": mask
        }  # fmt: skip
        known_before = explained_variance(values, returns, mask)
        self.figures.note({"entropy": self.figures.mean(entropy, mask), "value/explained_variance": known_before})
        return rollout

    def _kl_rewards(self, pieces: Sequence[Rollout], old: Tensor, mask: Tensor, known: Tensor) -> Tensor:
        """What each token loses for leaving the reference: -β KL. Notes KL in nats, per token and per sequence."""
        if self.args.beta == 0:
            return torch.zeros_like(old)
        model = self.model if self.reference is None else self.reference
        with model.disable_adapter() if self.reference is None else nullcontext():
            said = [say(model, piece, self.args.temperature).log_probs for piece in pieces]
        reference = joined(said, old.shape[1])
        penalty = kl_terms(old, reference, self.args.kl_estimator) * mask
        nats = kl_terms(old, reference, "k3") * mask
        sequences = float(self.figures.sum(known.sum().float()))
        per_sequence = float(self.figures.sum(nats.sum())) / max(sequences, 1)
        self.figures.note({"kl": self.figures.mean(nats, mask), "beta": self.control_kl.coefficient})
        self.figures.note({"objective/kl": per_sequence})
        scores = -self.control_kl.coefficient * penalty
        self.control_kl.update(per_sequence, int(sequences))
        return scores

    def _learn(self, model: Any, rollout: Rollout, rows: Tensor) -> Tensor:
        """Gradients of one mini-batch, some rows at a time; the loss is a mean over its tokens on all processes."""
        total = self.figures.sum(rollout.more["learned"][rows].sum().float()).clamp(min=1)
        share = self.accelerator.num_processes / total  # processes' gradients are averaged, so each counts its own
        seen: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=total.device))
        for some in cut(rows, self.on_device):
            piece = rollout.take(some)
            more, mask = piece.more, piece.more["learned"]
            said = say(model, piece, self.args.temperature, self.model.value_head)
            assert said.values is not None  # there is a head
            policy, clipped = policy_loss(said.log_probs, more["old"], more["advantages"], self.args.epsilon)
            value, held = value_loss(said.values, more["values"], more["returns"], self.args.cliprange_value)
            terms = policy + self.args.vf_coef * value - self.args.entropy_coef * said.entropy
            loss = (terms * mask).sum() * share
            self.accelerator.backward(loss)
            seen["loss"] += loss.detach()
            told = {
                "policy/loss": policy, "value/loss": value, "policy/clip_ratio": clipped, "value/clip_ratio": held,
                "policy/approx_kl": kl_terms(more["old"], said.log_probs, "k3"),
            }  # fmt: skip
            for name, figures in told.items():
                seen[name] += (figures.detach() * mask).sum() * share
        for name, figure in seen.items():
            if name != "loss":  # which the Trainer logs
                self.figures.note({name: float(self.figures.sum(figure)) / self.accelerator.num_processes})
        return seen["loss"]

    def _mini_batches(self, inputs: Sequence[Any], epoch: int) -> Iterator[Tensor]:
        """The rows of a rollout in a random order, in `num_mini_batches` parts. The order is the step's own."""
        seed = row_seed(self.args.seed, self.state.global_step, epoch, self.accelerator.process_index)
        order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(seed))
        yield from order.tensor_split(min(self.args.num_mini_batches, len(inputs)))

    def _rolled_out(self, inputs: Sequence[dict[str, Any]], seeds: Sequence[int]) -> Rollout:
        prompts = [row["prompt"] for row in inputs]
        return roll_out(
            self.model,
            self.processing_class,
            prompts,
            seeds,
            max_tokens=self.args.max_completion_length,
            temperature=self.args.temperature,
            at_once=self.args.generation_batch_size,
        )

    def _written(self, rollout: Rollout) -> tuple[list[str], list[list[int]]]:
        return self.processing_class.batch_decode(rollout.token_ids, skip_special_tokens=True), rollout.token_ids

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: Any = None,  # noqa: ARG002
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """The mean reward of one answer to each held-out prompt, sampled as in training, with the same seeds always."""
        dataset = self.eval_dataset if eval_dataset is None else eval_dataset
        found: list[tuple[float | None, int]] = []
        mine = range(self.accelerator.process_index, len(dataset), self.accelerator.num_processes)
        for at in range(0, len(mine), self.args.per_device_eval_batch_size):
            places = mine[at : at + self.args.per_device_eval_batch_size]
            rows = [dataset[place] for place in places]
            rollout = self._rolled_out(rows, [row_seed(self.args.seed, EVAL, place) for place in places])
            judged = judge(self.rewards, self.args.reward_weights, rows, *self._written(rollout), self.state)
            found += zip(judged.totals, map(len, rollout.token_ids), strict=True)
        found = gather_object(found)
        known = [value for value, _ in found if value is not None]
        metrics = {
            f"{metric_key_prefix}_reward": sum(known) / len(known) if known else 0.0,
            f"{metric_key_prefix}_undecided": 1 - len(known) / max(len(found), 1),
            f"{metric_key_prefix}_completions/mean_length": sum(length for _, length in found) / max(len(found), 1),
        }
        self.log(metrics)
        self.control: Any = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def floating_point_ops(self, inputs: Any) -> int:  # noqa: ARG002
        """Not counted: the inputs are prompts, and the answers are not known here."""
        return 0

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add what was noted since the last log of the training, averaged over its steps."""
        if not any(name.startswith("eval_") for name in logs):
            logs = logs | self.figures.taken()
        super().log(logs, start_time)
