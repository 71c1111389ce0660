"""What each certificate says, and that nothing can be issued where nothing may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from gapwatch_collector.authority.certificates import DEVELOPMENT_MARK, host_certificate, is_development
from gapwatch_proto.identity import OFFICER_OID, read_csr, read_host_certificate
from gapwatch_proto.wire import COLLECTOR_TLS_NAME
from support.agents import ScriptedAgent
from support.policies import officer
from support.zones import zone_keys

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def constraints(certificate: x509.Certificate) -> x509.BasicConstraints:
    return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value


def test_the_online_ca_can_issue_leaves_only() -> None:
    keys = zone_keys()
    assert (constraints(keys.ca).ca, constraints(keys.ca).path_length) == (True, 0)
    keys.ca.verify_directly_issued_by(keys.root)


def test_the_collectors_certificate_outlives_every_clock() -> None:
    tls = x509.load_pem_x509_certificates(zone_keys().tls_chain_pem)
    assert len(tls) == 2
    leaf = tls[0]
    assert leaf.not_valid_before_utc == datetime(1970, 1, 1, tzinfo=UTC)
    assert leaf.not_valid_after_utc.year == 9999
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [COLLECTOR_TLS_NAME]
    assert not constraints(leaf).ca


def test_a_hosts_leaf_is_short_lived_backdated_and_names_host_and_chain_key() -> None:
    keys, agent = zone_keys(), ScriptedAgent()
    request = read_csr(agent.csr())
    leaf = host_certificate(request, agent.host_id, (keys.ca, keys.ca_key), NOW)
    assert leaf.not_valid_before_utc == NOW - timedelta(hours=1)
    assert leaf.not_valid_after_utc == NOW + timedelta(days=7)
    identity = read_host_certificate(leaf)
    assert (identity.host_id, identity.chain_key) == (agent.host_id, agent.public_chain_key)
    assert not constraints(leaf).ca


def test_an_officers_certificate_is_marked_and_issues_nothing() -> None:
    certificate = officer(1).certificate
    assert certificate.extensions.get_extension_for_oid(OFFICER_OID)
    assert not constraints(certificate).ca
    certificate.verify_directly_issued_by(zone_keys().root)


@pytest.mark.parametrize("which", ["root", "ca", "tls", "host", "officer"])
def test_every_certificate_of_a_development_set_says_so(which: str) -> None:
    keys, agent = zone_keys(), ScriptedAgent()
    certificate = {
        "root": keys.root,
        "ca": keys.ca,
        "tls": x509.load_pem_x509_certificate(keys.tls_chain_pem),
        "host": host_certificate(read_csr(agent.csr()), agent.host_id, (keys.ca, keys.ca_key), NOW),
        "officer": officer(1).certificate,
    }[which]
    assert is_development(certificate)
    assert DEVELOPMENT_MARK in certificate.subject.rfc4514_string()
