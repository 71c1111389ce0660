"""Rules as data (C7): Sigma YAML loaded, checked, compiled, proved by cases, read out as sentences."""

from gapwatch_collector.rules.cases import run_cases
from gapwatch_collector.rules.load import RuleSet, check, load, shipped_folder
from gapwatch_collector.rules.model import CaseResult, Clause, Problem, Rule
from gapwatch_collector.rules.sentence import render_sentence

__all__ = [
    "CaseResult",
    "Clause",
    "Problem",
    "Rule",
    "RuleSet",
    "check",
    "load",
    "render_sentence",
    "run_cases",
    "shipped_folder",
]
