"""The marks of the corpus, in the words and variants of domain §3.3 and §3.4, with what each of them says (C16)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """A mark as it is written. ``label``: a field that names itself, which also stands in cover tables."""

    text: str
    axis: str
    level: str
    period: str | None = None
    label: bool = False


TS, S, C, R, IN = "top_secret", "secret", "confidential", "restricted", "internal"

STATE = (
    Form("绝密★30年", "state", TS, "P30Y"),
    Form("绝密★长期", "state", TS, "long_term"),
    Form("机密★5年", "state", S, "P5Y"),
    Form("机密★10年", "state", S, "P10Y"),
    Form("秘密★1年", "state", C, "P1Y"),
    Form("秘密★6个月", "state", C, "P6M"),
    Form("机密★", "state", S, "P20Y"),
    Form("秘密★", "state", C, "P10Y"),
    Form("机 密 ★ 1 年", "state", S, "P1Y"),
    Form("机　密★１年", "state", S, "P1Y"),
    Form("機密★5年", "state", S, "P5Y"),
    Form("絕密★長期", "state", TS, "long_term"),
    Form("机密☆3年", "state", S, "P3Y"),
    Form("秘密＊2年", "state", C, "P2Y"),
    Form("秘密*3年", "state", C, "P3Y"),
    Form("绝密·永久", "state", TS, "long_term"),
    Form("机密★三年", "state", S, "P3Y"),
    Form("秘密★十年", "state", C, "P10Y"),
    Form("绝密★启封前", "state", TS, "启封前"),
    Form("绝密★会议开始前", "state", TS, "会议开始前"),
    Form("机密★2030年5月1日前", "state", S, "2030-05-01"),
    Form("【机密★5年】", "state", S, "P5Y"),
    Form("机密级★5年", "state", S, "P5Y"),
    Form("密级：机密★5年", "state", S, "P5Y", label=True),
    Form("密级: 秘密★1年", "state", C, "P1Y", label=True),
)
ENTERPRISE = (
    Form("机密", "enterprise", S),
    Form("机　密", "enterprise", S),
    Form("秘密", "enterprise", C),
    Form("絕密", "enterprise", TS),
    Form("（机密）", "enterprise", S),
    Form("【秘密】", "enterprise", C),
    Form("受控文件", "enterprise", IN),
    Form("內部資料", "enterprise", IN),
    Form("密级：机密", "enterprise", S, label=True),
    Form("密级：秘密", "enterprise", C, label=True),
    Form("保密等级：绝密", "enterprise", TS, label=True),
)
COMMERCIAL = (
    Form("东方厂核心商密10年", "commercial", S, "P10Y"),
    Form("东方厂 核心商密 5年", "commercial", S, "P5Y"),
    Form("普通商密 3年", "commercial", C, "P3Y"),
    Form("核心商密", "commercial", S),
    Form("普通商密", "commercial", C),
)
WORK = (
    Form("工作秘密", "work", IN),
    Form("内部资料 注意保密", "work", IN),
    Form("内部文件 不得外传", "work", IN),
    Form("工作秘密，不得外泄", "work", IN),
)
FOREIGN = (
    Form("TOP SECRET//SI//NOFORN", "foreign", TS),
    Form("SECRET//REL TO USA, FVEY", "foreign", S),
    Form("SECRET//NOFORN", "foreign", S),
    Form("CONFIDENTIAL//NOFORN", "foreign", C),
    Form("CUI//SP-CTI//NOFORN", "foreign", R),
    Form("COSMIC TOP SECRET", "foreign", TS),
    Form("NATO SECRET", "foreign", S),
    Form("NATO CONFIDENTIAL", "foreign", C),
    Form("NATO RESTRICTED", "foreign", R),
    Form("OFFICIAL-SENSITIVE", "foreign", R),
    Form("RESTREINT UE/EU RESTRICTED", "foreign", R),
    Form("TRÈS SECRET UE/EU TOP SECRET", "foreign", TS),
    Form("STRENG GEHEIM", "foreign", TS),
    Form("VS-VERTRAULICH", "foreign", C),
    Form("VS-NfD", "foreign", R),
    Form("極秘", "foreign", TS),
    Form("社外秘", "foreign", R),
)
FORMS = STATE + ENTERPRISE + COMMERCIAL + WORK + FOREIGN
EXAM = (
    Form("绝密★启用前", "exam", TS, "启用前"),
    Form("机密★启用前", "exam", S, "启用前"),
    Form("秘密★启用前", "exam", C, "启用前"),
)
"""Only on papers that are exam papers: the generator gives them such a body."""
