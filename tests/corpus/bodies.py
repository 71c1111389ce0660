"""What stands in the corpus beside marks: reports, exam papers, texts full of level words. All made up."""

from __future__ import annotations

import random

SUBJECTS = (
    "设备采购",
    "安全生产",
    "年度预算",
    "人员培训",
    "仓库管理",
    "车辆调度",
    "档案整理",
    "项目验收",
    "节能改造",
    "供应商评审",
)
_OPENINGS = (
    "根据年初的安排，{s}工作已经按计划展开，各部门应当在本月底前完成自查并提交书面材料。",
    "经研究，现将{s}的有关事项通知如下，请结合实际认真落实，遇有问题及时反馈。",
    "为进一步规范{s}流程，减少重复劳动，综合管理部组织了三次讨论，形成了本文件。",
)
_SENTENCES = (
    "各单位要明确一名负责人，统筹推进{s}，每周汇总一次进展情况。",
    "对于在{s}中发现的问题，应当建立台账，逐项整改，逐项销号。",
    "经费由各部门在年度预算内统一安排，超出部分须另行申请。",
    "会议强调，{s}关系到全年目标的完成，务必高度重视，不得拖延。",
    "附件列出了所需的表格和联系方式，请按照说明填写后统一报送。",
    "The pilot line was stopped twice in the second week, both times for the same bearing.",
    "相关数据以统计口径为准，去年同期为一百二十六项，今年增加到一百四十三项。",
)
PLAIN_TITLES = ("关于{s}的通知", "{s}工作总结", "{s}实施方案（征求意见稿）", "第二季度{s}情况汇报", "{s}会议纪要")
TALK_OF_LEVELS = (
    "保密法规定，国家秘密的密级分为绝密、机密、秘密三级，其他信息不得标注。",
    "机密、秘密文件的分发应当履行登记手续，绝密文件由专人送达。",
    "第十六条 绝密级：董事会成员变动方案以及尚未公布的财务数据。",
    "密级（绝密/机密/秘密）：由承办人根据保密事项范围填写。",
    "密级：□绝密 □机密 □秘密",
    "本系统采用机密计算技术保护数据的机密性，并与供应商签订保密协议。",
    "小说《秘密花园》讲述了一个孩子如何找回笑容，书中的秘密令人难忘。",
    "如：机密★5年，表示该文件为机密级，保密期限为五年。",
    "client_secret = load('SECRET_KEY')  # kind: Secret, confidential: true",
    "This message is confidential and intended only for the addressee.",
    "The song Top Secret was released in 1998; The Secret Garden came out earlier.",
    "装备品质分为普通、精良、史诗、绝密级四档，秘密★★，推荐指数★★★★。",
    "登记时应注明文件名称、份号、密级、保密期限和承办人，机密级文件须双人保管。",
)
EXAM_BODY = (
    "2026年普通高等学校招生全国统一考试",
    "语文试卷",
    "考生须知：答题前请在答题卡上填写姓名、准考证号和座位号。",
    "一、选择题（本大题共10小题，每小题3分，共30分）",
    "1．下列各组词语中，加点字的读音全都正确的一项是（ ）",
)


def paragraphs(rng: random.Random, count: int = 9) -> list[str]:
    """A report's body."""
    subject = rng.choice(SUBJECTS)
    body = [rng.choice(_OPENINGS).format(s=subject)]
    body += ["".join(sentence.format(s=subject) for sentence in rng.sample(_SENTENCES, 3)) for _ in range(count - 1)]
    return body


def title(rng: random.Random) -> str:
    """A report's title."""
    return rng.choice(PLAIN_TITLES).format(s=rng.choice(SUBJECTS))
