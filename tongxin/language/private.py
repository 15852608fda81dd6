"""Private data in text that others may read: telephone and identity numbers, cards, plates, names, doors.

`find` says where they are, `mask` hides them. Precise rather than greedy: what officials are called
(张书记), public short numbers (12345) and the number of a building stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tongxin.kit.identity import id_check_digit

from .terms import is_known, tagged

PHONE, IDENTITY, CARD, PLATE = "phone", "identity", "card", "plate"
EMAIL, ACCOUNT, NAME, DOOR = "email", "account", "name", "door"
KINDS = {
    PHONE: "电话号码",
    IDENTITY: "身份证号",
    CARD: "银行卡号",
    PLATE: "车牌号",
    EMAIL: "邮箱",
    ACCOUNT: "微信号或QQ号",
    NAME: "姓名",
    DOOR: "门牌号",
}


@dataclass(frozen=True)
class Span:
    """Where in a text something private stands: text[start:end]."""

    start: int
    end: int
    kind: str


# One character for one, so that places in the text stay where they are.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_SPOKEN = _NARROW | str.maketrans(
    "〇零一幺二两三四五六七八九①②③④⑤⑥⑦⑧⑨", "0011223456789" + "123456789"
)
_GAP = r"[ \-—–.·_/]?"

_MOBILE = re.compile(rf"(?<![\d.])(?:\+?0?086{_GAP}|\+?86{_GAP})?(1[3-9](?:{_GAP}\d){{9}})(?!\d)")
_LANDLINE = re.compile(r"(?<![\d-])\(?0\d{2,3}\)?[ \-—]{0,2}[2-8]\d{2,3}[ -]?\d{4}(?!\d)")
_LOCAL = re.compile(
    r"(?:电话|座机|固话|手机|联系方式|致电|打给|tel)[^\d\n]{0,6}([2-8]\d{6,7})(?!\d)", re.I
)
_IDENTITY = re.compile(rf"(?<!\d)(?:\d{_GAP}){{17}}[\dxX](?![\dA-Za-z])")
_NAMED_IDENTITY = re.compile(r"身份证[^\d\n]{0,8}(\d{15}(?:\d{2}[\dxX])?)(?!\d)")
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){15,18}\d(?!\d)")
_NAMED_CARD = re.compile(r"(?:银行卡|卡号|账号|账户)[^\d\n]{0,8}(\d(?:[ -]?\d){11,18})(?!\d)")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Za-hj-np-z][·• .-]?"
    r"(?=[A-Za-z]*\d)[A-HJ-NP-Za-hj-np-z0-9]{5,6}(?![A-Za-z0-9])"
)
_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{2,20}){1,3}",
    re.ASCII,
)
_ACCOUNT = re.compile(
    r"(?:微信|威信|薇信|v信|vx|wx|wechat|qq|扣扣|企鹅号)(?:号码?|账号)?[^\w\n]{0,3}(?:是|为|:|加)?[^\w\n]{0,3}"
    r"([a-z][a-z0-9_-]{5,19}|\d{5,12})(?![a-z0-9_-])",
    re.I,
)
_DOORS = (
    re.compile(r"\d{1,3}(?:号楼|栋|幢|座|号院)[ -]?(\d{1,2}(?:单元|门洞|门|梯)[ -]?\d{3,4}(?:室|户|号)?)"),
    re.compile(r"\d{1,3}(?:号楼|栋|幢|座)[ -]?(\d{3,4}(?:室|户|号)?)(?![\d年路级米户元])"),
    re.compile(r"(?<![\d-])(\d{1,3}-\d{1,2}-\d{3,4})(?![\d-])"),
    re.compile(r"(?<!\d)(\d{1,2}单元[ -]?\d{3,4}(?:室|户|号)?)"),
    re.compile(r"(?<!\d)(\d{3,4})室(?!内|外|温)"),
)  # fmt: skip

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田"
    "任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季"
    "俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛祝左涂谷祁时舒耿牟卜肖詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍覃霍"
    "翁隋植甘景薄单包司柏宁柯阮桂闵强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠"
    "郜晏栾郁商蒙喻揭窦迟宇敖糜鄢冷卓仇艾蓝巩稽井练仲乐虞卞封竺冼原衣楚佟栗匡宗巫鞠僧桑荆谌银扬明沙伏岑习胥蔺"
)
_TWO = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|端木|轩辕|司徒"
# A name ends where the sentence goes on like this.
_AFTER = r"(?=$|[\s，。,.、；;：:！!？?（）()“”\"'《》\d~～/-]|住|家|的|在|电话|手机|联系|身份|微信|是|今年|年龄|说|反映|和|与|及|先生|女士|同志|男|女|于|因|行动|生病|患|卧床|独居|瘫|摔|被|已|一个人|到|去|没)"
_FULL = rf"((?:{_TWO})[\u4e00-\u9fff]{{1,2}}?|[{SURNAMES}][\u4e00-\u9fff]{{1,2}}?){_AFTER}"
_INTRO = re.compile(
    r"(?:我叫|我名叫|名叫|名字叫|叫做|本人姓名|本人叫|本人|我是|姓名|联系人|(?<!企)业主|户主|住户|居民|村民|患者|病人|租户|租客|房东|"
    r"店主|车主|投诉人|举报人|反映人|报告人|当事人|受害人|经手人|监护人|家长|儿子|女儿|孩子|父亲|母亲|爸爸|妈妈|丈夫|妻子|老公|老婆|"
    r"爷爷|奶奶|外公|外婆|哥哥|姐姐|弟弟|妹妹|邻居)[ :：是叫为]{0,2}" + _FULL
)
_HONOURED = re.compile(
    rf"((?:{_TWO})[\u4e00-\u9fff]{{1,2}}|[{SURNAMES}][\u4e00-\u9fff]{{2}})(?:先生|女士|小姐|阿姨|大爷|大妈|大娘|奶奶|爷爷|老人|老先生)"
)
_NO_NAME = frozenset(
    "许可 房屋 合同 先生 女士 小姐 某某 孙子 孙女 代表 方面 单位 全体 委员 自己 多次 曾经 和谐 都是 都在 于是 连续 常年 经常 严重 安全 何时 向来 明明 应该 强烈 任何 时候 "
    "关于 成立 来电 来信 路过 万一 居住 家里 老人 小孩 阿姨 叔叔 同学 老师 医生 党员 党委 许多 广大 高龄 高层 白天 连夜".split()
)


def find(text: str) -> list[Span]:
    """Return where private data stands in a text, in order, never overlapping."""
    found: list[Span] = []
    for span in sorted(_candidates(text), key=lambda span: (span.start, -span.end)):
        if not found or span.start >= found[-1].end:
            found.append(span)
    return found


def kinds_of(text: str) -> list[str]:
    """Return the kinds of private data in a text, each once, in the order of KINDS."""
    there = {span.kind for span in find(text)}
    return [kind for kind in KINDS if kind in there]


def mask(text: str) -> str:
    """Return the text with private data hidden; masking twice changes nothing more."""
    parts, at = [], 0
    for span in find(text):
        parts += [text[at : span.start], _hidden(text[span.start : span.end], span.kind)]
        at = span.end
    return "".join([*parts, text[at:]]) if parts else text


def _hidden(piece: str, kind: str) -> str:
    if kind in (PHONE, PLATE, NAME):
        keep = {PHONE: 3 if piece[:1].isdigit() else 0, PLATE: 2, NAME: 1}[kind]
        return piece[:keep] + "*" * max(len(piece) - keep, 1)
    return "***"


def _candidates(text: str) -> Iterator[Span]:
    if not text:
        return
    narrow = text.translate(_NARROW)
    yield from _numbers(narrow)
    spoken = text.translate(_SPOKEN)
    for found in _MOBILE.finditer(spoken):
        yield Span(found.start(1), found.end(1), PHONE)
    for pattern in _DOORS:
        for found in pattern.finditer(spoken):
            yield Span(*found.span(1), DOOR)
    yield from _names(text)


def _numbers(text: str) -> Iterator[Span]:
    for pattern, kind, group, holds in _NUMBERS:
        for found in pattern.finditer(text):
            if holds is None or holds(found[0]):
                yield Span(*found.span(group), kind)


def _is_identity(piece: str) -> bool:
    """Check the last digit of an identity number (GB 11643)."""
    digits = re.sub(r"[^0-9Xx]", "", piece).upper()
    return (
        len(digits) == 18 and digits[:17].isdecimal() and id_check_digit(digits[:17]) == digits[17]
    )


def _is_card(piece: str) -> bool:
    """Check a bank card's last digit (ISO/IEC 7812, Luhn), and that it begins like one."""
    digits = [int(one) for one in piece if one.isdecimal()]
    if not 16 <= len(digits) <= 19 or digits[0] not in (3, 4, 5, 6):
        return False
    doubled = [sum(divmod(2 * one, 10)) for one in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


# Which pattern means what, which of its groups is private, and what its digits must prove.
_NUMBERS: tuple[tuple[re.Pattern[str], str, int, Callable[[str], bool] | None], ...] = (
    (_IDENTITY, IDENTITY, 0, _is_identity),
    (_CARD, CARD, 0, _is_card),
    (_NAMED_IDENTITY, IDENTITY, 1, None),
    (_NAMED_CARD, CARD, 1, None),
    (_LOCAL, PHONE, 1, None),
    (_ACCOUNT, ACCOUNT, 1, None),
    (_LANDLINE, PHONE, 0, None),
    (_PLATE, PLATE, 0, None),
    (_EMAIL, EMAIL, 0, None),
)


def _names(text: str) -> Iterator[Span]:
    for found in _INTRO.finditer(text):
        if _is_name(found[1]):
            yield Span(*found.span(1), NAME)
    for found in _HONOURED.finditer(text):
        if _is_name(found[1]) and tagged(found[1])[0] == (found[1], "nr"):
            yield Span(*found.span(1), NAME)


def _is_name(word: str) -> bool:
    """Say whether what looks like a name is no word of the language (方面, 高层), nor hidden (谭某)."""
    if {word, word[:2], word[1:]} & _NO_NAME or word.endswith("某"):
        return False
    return not is_known(word) or tagged(word)[0] == (word, "nr")
