"""The evaluator (C8): reads the log in order, turns entries into facts, facts into alerts, and keeps its place."""

from gapwatch_collector.evaluate.core import Core, EvaluationSettings
from gapwatch_collector.evaluate.evaluator import Evaluator
from gapwatch_collector.evaluate.replay import replay

__all__ = ["Core", "EvaluationSettings", "Evaluator", "replay"]
