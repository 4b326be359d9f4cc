"""The response journal: every answer of a model, stored before anything reads it."""

from curate.responses.journal import Damage, Journal

__all__ = ["Damage", "Journal"]
