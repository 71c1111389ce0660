"""Made-up office prose in Chinese for fingerprint tests: documents of any length, the same for the same seed.

Sentences are put together from a few hundred words, so unrelated documents share words, turns of phrase and whole short
sentences as real ones do. ``LETTERHEAD`` and ``CLAUSES`` are what every document of an office has in common.
"""

from __future__ import annotations

import random
from typing import Final

_WHO: Final = [
    "各处室",
    "项目组",
    "技术部门",
    "后勤中心",
    "课题负责人",
    "验收小组",
    "参研单位",
    "采购人员",
    "值班人员",
    "评审专家",
    "机房管理员",
    "档案室",
    "财务处",
    "质量办公室",
    "总体单位",
    "配套厂家",
    "试验队",
    "测控站",
    "运输分队",
    "资料员",
    "信息中心",
    "基建科",
    "设备科",
    "计量站",
    "人力资源处",
    "规划部门",
    "联络小组",
    "保障分队",
    "现场指挥",
    "审计人员",
]
_WHEN: Final = [
    "本月底前",
    "第三季度",
    "设计定型之后",
    "汛期到来以前",
    "合同签订后十日内",
    "设备进场当天",
    "每周五下午",
    "节前",
    "首件鉴定以后",
    "年度预算批复后",
    "冬训期间",
    "联调开始以前",
    "系统割接当晚",
    "样机交付时",
    "试运行三个月后",
    "次日上午",
]
_ACT: Final = [
    "完成",
    "核对",
    "重新编写",
    "汇总",
    "移交",
    "校准",
    "更换",
    "测试",
    "封存",
    "复查",
    "登记",
    "公布",
    "调整",
    "拆除",
    "申报",
    "评估",
    "安装",
    "修订",
    "补充",
    "抽检",
    "归还",
    "压缩",
    "暂停",
    "恢复",
    "论证",
    "验收",
    "改造",
    "清点",
]
_WHAT: Final = [
    "供电线路",
    "测试大纲",
    "进度计划",
    "备品备件",
    "图纸目录",
    "温控机柜",
    "通信链路",
    "安装支架",
    "数据接口",
    "液压管路",
    "培训教材",
    "运输车辆",
    "仓库台账",
    "防火设施",
    "软件版本",
    "天线阵面",
    "试验记录",
    "采购清单",
    "外协合同",
    "振动台",
    "应急预案",
    "维修手册",
    "光缆接头",
    "计量证书",
    "值班日志",
    "会议纪要",
    "经费决算",
    "结构样件",
    "环境监测点",
    "消防水池",
    "标定参数",
    "密封圈",
    "信号处理板",
    "加工余量",
    "航材库房",
    "冷却系统",
    "考核指标",
    "备用电池",
    "进场道路",
    "观测数据",
]
_HOW: Final = [
    "逐项",
    "分批",
    "会同监理",
    "按附表要求",
    "在不影响运行的前提下",
    "参照去年的做法",
    "由两人共同",
    "以书面形式",
    "连夜",
    "结合现场情况",
    "视库存数量",
    "经主管领导同意",
    "不迟于规定时限",
    "利用停机间隙",
    "严格依照工艺文件",
    "优先",
]
_WHY: Final = [
    "以保证后续工作衔接",
    "避免重复投入",
    "为下一阶段试验留出余量",
    "防止雨季影响施工",
    "满足用户提出的新要求",
    "便于日后追溯",
    "减少现场返工",
    "消除上次检查发现的隐患",
    "使单机故障不致扩大",
    "为年终考核提供依据",
    "配合主干网改造",
    "降低运输损耗",
]

LETTERHEAD: Final = (
    "东湖装备技术研究院\n文件\n地址：滨江路一百二十八号　邮政编码：430000　总机：027-5550100　传真：027-5550101\n"
)
CLAUSES: Final = (
    "各部门接到本通知后，应当及时组织传达学习，结合本部门实际制定具体落实措施，明确责任人和完成时限，"
    "并将落实情况报院办公室备案。院办公室将会同有关部门对落实情况进行监督检查，检查结果纳入年度绩效考"
    "核，对工作不力、造成不良影响的，按照有关规定追究责任。\n"
    "本通知自印发之日起执行，此前有关规定与本通知不一致的，以本通知为准。执行中遇到的问题，请及时与院"
    "办公室联系。\n"
    "未经本院书面许可，任何单位和个人不得以任何形式复制、摘抄、转载或者引用本文件的全部或者部分内容，"
    "不得向无关人员提供。遗失本文件的，应当立即报告院办公室，并采取补救措施。收文单位应当指定专人保管"
    "，阅后按规定清退或者销毁，不得自行留存。\n"
)


def sentence(chance: random.Random) -> str:
    """One sentence of 20 to 45 characters, one in three with a figure in it."""
    pick = chance.choice
    parts = [pick(_WHEN), pick(_WHO), pick(_HOW), pick(_ACT), pick(_WHAT)]
    if chance.random() < 0.33:
        parts.append(f"共{chance.randrange(2, 980)}{pick(('件', '台', '米', '份', '处', '套'))}")
    if chance.random() < 0.6:
        parts.append("，" + pick((pick(_WHY), f"并{pick(_ACT)}{pick(_WHAT)}和{pick(_WHAT)}")))
    return "".join(parts) + "。"


def paragraphs(seed: int, characters: int) -> list[str]:
    """Paragraphs of two to six sentences, ``characters`` long together (a sentence more or less)."""
    chance = random.Random(seed)
    made: list[str] = []
    left = characters
    while left > 0:
        made.append("".join(sentence(chance) for _ in range(chance.randrange(2, 7))))
        left -= len(made[-1])
    return made


def document(seed: int, characters: int = 3000) -> str:
    """An office document without anything of another: title and body."""
    return f"关于第{seed}号工程的通知\n" + "\n".join(paragraphs(seed, characters))


def office_document(seed: int, characters: int = 3000) -> str:
    """The same inside what the whole office shares: letterhead above, clauses below."""
    return LETTERHEAD + document(seed, characters) + "\n" + CLAUSES
