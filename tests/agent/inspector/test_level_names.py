"""Names of labels."""

import pytest

from gapwatch_agent.inspector import level_names


@pytest.mark.parametrize(
    ("name", "axis", "said"),
    [
        ("Confidential", "enterprise", ("enterprise", "confidential")),
        ("confidential", "foreign", ("foreign", "confidential")),
        ("Contoso\\Highly Confidential", "enterprise", ("enterprise", "secret")),
        ("Most Secret", "foreign", ("foreign", "top_secret")),
        ("Official-Sensitive", "foreign", ("foreign", "restricted")),
        ("Protected B", "foreign", ("foreign", "restricted")),
        ("Unclassified", "foreign", ("foreign", "unclassified")),
        ("机密（研发）", "foreign", ("enterprise", "secret")),
        ("公司-机密", "enterprise", ("enterprise", "secret")),
        ("受限", "enterprise", ("enterprise", "restricted")),
        ("密级：秘密★5年", "enterprise", ("state", "confidential")),
    ],
)
def test_what_a_name_means(name, axis, said):
    found = level_names.match(name, axis)
    assert (found.axis, found.level) == said


@pytest.mark.parametrize(
    "name", ["", "   ", "Public", "General", "Unclassified", "公开", "机密性", "The Secret Garden"]
)
def test_names_that_mean_nothing(name):
    assert level_names.match(name, "enterprise") is None
