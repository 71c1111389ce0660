"""Machine-readable labels, seen through the decision."""

import pickle

import pytest

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.label_policy import LabelPolicy
from gapwatch_agent.inspector.marks import find_marks

GUID = "3a5fd5d0-6a3f-4c15-8f0e-7d0a7a1d9f11"


def _find(*pairs, policy=None, kind=""):
    fragments = [Fragment(value, part="property", key=key) for key, value in pairs]
    return find_marks(fragments, policy=policy or LabelPolicy(), kind=kind)


def _purview(name, enabled="true"):
    return (f"MSIP_Label_{GUID}_Name", name), (f"MSIP_Label_{GUID}_Enabled", enabled)


@pytest.mark.parametrize(
    ("name", "axis", "level"),
    [
        ("机密", "enterprise", "secret"),
        ("绝密级", "enterprise", "top_secret"),
        ("機密", "enterprise", "secret"),
        ("秘密-研发", "enterprise", "confidential"),
        ("内部公开", "enterprise", "internal"),
        ("高度机密", "enterprise", "secret"),
        ("Confidential", "enterprise", "confidential"),
        ("Highly Confidential\\Finance", "enterprise", "secret"),
        ("Confidential - All Employees", "enterprise", "confidential"),
        ("Internal Use Only", "enterprise", "internal"),
        ("Secret", "enterprise", "secret"),
        ("机密★5年", "state", "secret"),
        ("核心商密", "commercial", "secret"),
        ("工作秘密", "work", "internal"),
        ("NATO Secret", "foreign", "secret"),
        ("SECRET//NOFORN", "foreign", "secret"),
    ],
)
def test_purview_is_read_by_its_name(name, axis, level):
    found = _find(*_purview(name))
    assert (found.mark.axis, found.mark.level) == (axis, level)
    assert [item.grammar for item in found.mark.evidence] == ["purview"]
    assert found.mark.evidence[0].part == "property"
    assert ("purview", f"MSIP_Label_{GUID}_Name", name) in [(x.carrier, x.key, x.value) for x in found.labels]


@pytest.mark.parametrize("name", ["Public", "General", "Personal", "公开", "常规", "", GUID, "Project Secret Garden"])
def test_names_that_mean_no_secret(name):
    assert _find(*_purview(name)).mark.axis == ""


def test_only_what_is_enabled_counts():
    assert _find(*_purview("机密", enabled="false")).mark.axis == ""
    assert _find(*_purview("机密")[:1]).mark.axis == ""


def test_the_unit_s_table_says_what_a_guid_means():
    policy = LabelPolicy(guid_levels={GUID.upper(): ("commercial", "secret")})
    found = _find(*_purview("Blue"), policy=policy).mark
    assert (found.axis, found.level) == ("commercial", "secret")


def test_a_mail_s_header_holds_all_its_keys():
    value = f"MSIP_Label_{GUID}_Enabled=true; MSIP_Label_{GUID}_Name=机密; MSIP_Label_{GUID}_SiteId=x;"
    assert _find(("msip_labels", value)).mark.level == "secret"


@pytest.mark.parametrize(
    ("key", "value", "axis", "level", "carrier"),
    [
        ("CLASSIFICATION", "SECRET", "foreign", "secret", "titus"),
        ("Classification", "Confidential", "foreign", "confidential", "titus"),
        ("AcmeClassification", "Internal", "foreign", "internal", "titus"),
        ("CLASSIFICATION", "机密", "enterprise", "secret", "titus"),
        ("CLASSIFICATION", "机密★3年", "state", "secret", "titus"),
        ("bjDocumentSecurityLabel", "OFFICIAL-SENSITIVE", "foreign", "restricted", "boldon_james"),
        (
            "bjDocumentSecurityLabel",
            "This item's classification is Confidential. x",
            "foreign",
            "confidential",
            "boldon_james",
        ),
        ("bjDocumentLabelXML", '<sisl><element uid="id" value="SECRET" /></sisl>', "foreign", "secret", "boldon_james"),
        (
            "urn:bails:NationalSecurity:BusinessAuthorizationCategory:Name",
            "Confidential",
            "enterprise",
            "confidential",
            "odf",
        ),
        ("X-Protective-Marking", "VER=2018.6, NS=gov.au, SEC=PROTECTED, ORIGIN=a@b", "foreign", "confidential", "mail"),
        ("SIO-Label", 'marking="SECRET"; fgcolor=black', "foreign", "secret", "mail"),
        ("密级", "机密", "enterprise", "secret", "property"),
        ("SecretLevel", "秘密★5年", "state", "confidential", "property"),
        ("密 级", "内部", "enterprise", "internal", "property"),
        ("SecLevel", "Top Secret", "enterprise", "top_secret", "property"),
    ],
)
def test_other_systems(key, value, axis, level, carrier):
    found = _find((key, value))
    assert (found.mark.axis, found.mark.level) == (axis, level)
    assert found.labels[0].carrier == carrier
    assert found.mark.evidence[0].grammar == carrier


def test_stanag_takes_policy_and_classification_together():
    found = _find(("stanag4774.policy", "NATO"), ("stanag4774.classification", "SECRET"), ("stanag4774.category", "x"))
    assert (found.mark.axis, found.mark.level, found.mark.evidence[0].text) == ("foreign", "secret", "NATO SECRET")
    assert [label.key for label in found.labels] == [
        "stanag4774.policy",
        "stanag4774.classification",
        "stanag4774.category",
    ]
    chinese = _find(("stanag4774.policy", "某某集团"), ("stanag4774.classification", "机密"))
    assert (chinese.mark.axis, chinese.mark.level) == ("enterprise", "secret")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("TitusGUID", GUID),
        ("CLASSIFICATION", "Public"),
        ("密级", "公开"),
        ("密级", "非密"),
        ("bjDocumentSecurityLabel", "No Marking"),
    ],
)
def test_labels_that_mark_nothing_are_still_listed(key, value):
    found = _find((key, value))
    assert found.mark.axis == ""
    assert len(found.labels) == 1


def test_keys_are_configurable():
    assert _find(("涉密标签", "机密")).mark.axis == ""
    assert _find(("涉密标签", "机密"), policy=LabelPolicy(keys=frozenset({"涉密 标签"}))).mark.level == "secret"
    policy = LabelPolicy(frozenset({"a"}), {GUID: ("state", "secret")})
    assert pickle.loads(pickle.dumps(policy)) == policy


def test_the_file_s_type_names_the_carrier():
    assert _find(("密级", "机密"), kind="ofd").labels[0].carrier == "ofd"
    assert _find(("密级", "机密"), kind="odt").labels[0].carrier == "odf"


def test_a_period_beside_the_level():
    assert _find(("密级", "机密"), ("保密期限", "5年")).mark.period == "P5Y"


def test_it_is_bounded():
    found = _find(*((f"x{number}classification", "机密" * 300) for number in range(100)))
    assert len(found.labels) == 16
    assert all(len(label.value) <= 200 for label in found.labels)
