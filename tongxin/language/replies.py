"""What a reply to a resident lacks: read beside the message before it is sent, as hints only.

Five questions, each answered from what can be pointed at: does it speak of the same matter, does
it answer every point asked, does it say what was done and on what basis, is it in time, is its tone
right. A hint names the sentence it is about; what to do with it is the writer's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .words import normal, words_of

MOST_POINTS = 6
SHORT = 30  # characters below which a reply can hardly explain anything
READ = 4000  # characters of either text that are read
OPENING = 80  # characters in which a message says its matter
LEAST_SHARED = 2  # matter words of the opening that a reply to it takes up
QUOTE = 60

# Words that say nothing of the matter: address, courtesy, the business of writing itself.
_IDLE = frozenset(
    "您好 你好 领导 尊敬 书记 市长 网友 谢谢 感谢 请问 希望 反映 问题 情况 有关 相关 部门 我们 你们 他们 "
    "它们 自己 这个 那个 这些 那些 什么 怎么 如何 为什么 为何 是否 能否 可以 可否 现在 已经 没有 不是 就是 "
    "还是 但是 因为 所以 如果 一个 一下 一直 时候 解决 处理 回复 答复 关注 支持 留言 来信 收悉 建议 咨询 投诉 "
    "要求 请求 进行 由于 对于 关于 以及 非常 多次 尽快 给予 百忙 抽空 居民 业主 市民 群众 老百姓 人员 工作 "
    "什么时候 几时 何时 哪天 多少 多久 这是 这样 为了 另外 请求 恳请 今天 昨天 目前 之前 以后 一次 这样 那么 不能 不知 知道 需要 应该 感觉 觉得 大家 政府 领导们".split()
)
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;\n]?")
_NUMBERED = re.compile(
    r"(?:^|[。；;\s])(?:[（(]?[1-9一二三四五六][)）、.．]|第[一二三四五六][，、是])"
)
_ASKS = re.compile(
    r"[?？]|什么时候|何时|为什么|为何|怎么|如何|是否|能否|可否|能不能|可不可以|是不是|有没有|多少|多久|哪里|哪儿|"
    r"哪个|到底|吗[。！]?$|呢[。！]?$"
)
_RHETORIC = re.compile(r"难道|凭什么|何在|天理|良心|谁能告诉|为人民服务|百忙")  # asks nothing
_DEMANDS = re.compile(
    r"希望|请求|恳请|恳求|强烈要求|要求|建议|盼望|盼|请(?:尽快|有关|相关|派|帮|给|安排|处理|解决|问)|望.{0,6}(?:解决|处理|回复)"
)
_ASKS_WHEN = re.compile(r"什么时候|何时|几时|多久|哪天|几号|时间")
_ASKS_MUCH = re.compile(r"多少钱|多少|收费标准|标准是|几元|补贴标准|费用")
_DATE = re.compile(
    r"\d{2,4}年|\d{1,2}月|\d{1,2}[日号]|\d+个?(?:工作日|工作时|小时|天|周|月|年)|今[天日年晚]|明[天日年]|昨[天日]|本[周月]|"
    r"下[周月]|年底|月底|近期|日前|春节|汛期|供暖季|[一二三四五六七八九十]+(?:天|日|月|周)"
)
_NUMBER = re.compile(r"\d|[一二三四五六七八九十百千万]+(?:元|块|%|平方|人|户|次)")
_LAW = re.compile(
    r"《[^》]{2,60}》|第[\d一二三四五六七八九十百]+条|(?:依据|根据|按照|依照|参照).{2,40}(?:规定|要求|办法|条例|标准|政策|文件|方案|规划|合同|法)|"
    r"(?:条例|办法|规定|细则|标准|法律|政策|文件)"
)
_WHO = re.compile(
    r"[\u4e00-\u9fff]{1,14}?(?:局|委员会|居委会|村委会|街道|社区|中心|大队|中队|支队|派出所|公司|物业|办事处|法院|学校|"
    r"医院|政府|管委会|指挥部|工作站|网格员|志愿者|师傅|书记|民警|工作人员|队|科|所)"
)
_DONE = re.compile(
    r"已(?:经)?(?!转|收|知|将|悉|交|批转|按)[\u4e00-\u9fff]{1,8}|现场|上门|核实|核查|调查|检查|查看|维修|修复|更换|清理|清运|整改|协调|约谈|处罚|"
    r"责令|走访|联系了|安装|拆除|疏通|施工|完成|到位|解决了|确认|经查|了解到|告知|立案|补发|退还|开通|调整"
)
_WILL = re.compile(
    r"将(?:于|在|会|按|继续|进一步)|计划|预计|拟|列入|纳入|争取|下一步|届时|待.{1,20}后|安排"
)
_WHY = re.compile(
    r"因为|由于|因此|所以|原因|鉴于|考虑到|为了|受.{1,12}影响|不属于|不符合|需要(?:先|有)?|条件|依法|涉及|按规定"
)
_PASSED = re.compile(
    r"(?:已|现|将)?(?:批)?转(?:交|给|办|至|送|呈|达|发|由|请)?[^，。；]{0,30}"
    r"(?:部门|单位|局|所|委|办|区|县|镇|街道|领导)(?:进一步|认真|及时)?(?:阅处|调查|研究|核查|核实|处理|核处|办理|办复|解决)*"
)
_RUDE = re.compile(
    r"不归(?:我们|我|本)[^，。]{0,6}管|不关(?:我们|我)的?事|爱找谁找谁|自己想办法|自己解决|无理取闹|胡搅蛮缠|少废话|别再(?:打|问|来|反映|投诉)|"
    r"没办法就是没办法|说过(?:很多|多少)遍|不可能的|管不了|你懂什么|懒得|活该|闹事|刁民|烦不烦|随便你"
)
_LOUD = re.compile(r"[!！]{2,}|[?？]{2,}")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)")


@dataclass(frozen=True)
class Hint:
    """Something to look at before sending: `kind` says what, `about` quotes the sentence.

    Kinds: off_topic, unanswered (about: the message's point), no_when, no_amount, only_passed_on,
    no_action, no_basis, too_short, late, rude, loud, private (about: the reply's sentence).
    """

    kind: str
    about: str = ""


@dataclass
class Review:
    """Hints, and what they rest on: points found and answered, words shared, what is cited."""

    hints: list[Hint] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    answered: int = 0
    shared: list[str] = field(default_factory=list)
    score: float = 0.0  # 0–1, for measuring against people's marks; shown to nobody


def sentences_of(text: str) -> list[str]:
    return [
        one.strip() for one in _SENTENCE.findall(text[:READ]) if one.strip(" 　。！？!?；;\n\t")
    ]


def points_of(message: str) -> list[str]:
    """Return what a message asks or demands, sentence by sentence, at most six."""
    found = [
        sentence
        for sentence in sentences_of(message)
        if _ASKS.search(sentence) or _DEMANDS.search(sentence) or _NUMBERED.match(sentence)
    ]
    real = (one for one in dict.fromkeys(found) if not _RHETORIC.search(one))
    return [one for one in real if _matter(one)][:MOST_POINTS]


def _matter(text: str) -> list[str]:
    """Return the words of a text that say what it is about, each once."""
    words = words_of(normal(text))
    return list(dict.fromkeys(word for word in words if len(word) > 1 and word not in _IDLE))


def _takes_up(words: Iterable[str], reply: str) -> list[str]:
    """Return the words a reply takes up; of a long one, either half counts (停车位: 停车)."""
    return [
        word
        for word in words
        if word in reply or (len(word) > 2 and (word[:2] in reply or word[-2:] in reply))
    ]


def check_reply(message: str, reply: str, *, is_late: bool = False) -> Review:
    """Return what a reply to a message lacks. Work is bounded: 4,000 characters of each are read.

    `is_late` says that the time for it has passed.
    """
    message, reply = message[:READ], reply[:READ]
    review = Review()
    plain = normal(reply)
    if not plain:
        return review
    matter = _matter(message)[:60]
    review.shared = _takes_up(matter, plain)
    share = len(review.shared) / len(matter) if matter else 1.0
    review.points = points_of(message)
    hints = review.hints
    if len(plain) < SHORT:
        hints.append(Hint("too_short"))
    elif _is_off(matter, _matter(message[:OPENING]), plain):
        hints.append(Hint("off_topic"))
    _check_points(review, plain)
    _check_substance(review, reply, plain)
    if is_late and not re.search(r"抱歉|歉意|延误|超过|逾期|较晚|久等|对不起", reply):
        hints.append(Hint("late"))
    _check_tone(hints, reply)
    review.score = _score(review, share, reply, plain)
    return review


def _is_off(matter: list[str], opening: list[str], plain: str) -> bool:
    """Whether a reply takes up next to nothing of how the message opens, nor of the rest."""
    if len(opening) < 2 * LEAST_SHARED or len(_takes_up(opening, plain)) >= LEAST_SHARED:
        return False
    return len(_takes_up(matter, plain)) < 2 * LEAST_SHARED


def _check_points(review: Review, plain: str) -> None:
    for point in review.points:
        kind = _lack(point, plain, alone=len(review.points) == 1)
        if kind:
            review.hints.append(Hint(kind, _quote(point)))
        else:
            review.answered += 1


def _lack(point: str, plain: str, *, alone: bool) -> str:
    """Return what a reply lacks to answer a point, "" for nothing; a date answers a when."""
    if _ASKS_WHEN.search(point) and _ASKS.search(point):
        return "" if _DATE.search(plain) else "no_when"
    if _ASKS_MUCH.search(point):
        return "" if _NUMBER.search(plain) else "no_amount"
    return "" if alone or _takes_up(_matter(point), plain) else "unanswered"


def _check_substance(review: Review, reply: str, plain: str) -> None:
    """Whether it says what was or will be done, and on what basis."""
    passed = next((one for one in sentences_of(reply) if _PASSED.search(one)), "")
    own = _PASSED.sub("", reply)  # what others shall do is nothing done
    acts = _DONE.search(own) or _WILL.search(own)
    explains = _LAW.search(own) or _WHY.search(own)
    if passed and not acts and not explains:
        review.hints.append(Hint("only_passed_on", _quote(passed)))
    elif not acts and not explains:
        review.hints.append(Hint("no_action"))
    elif not (_LAW.search(reply) or _WHO.search(reply) or _DATE.search(plain)):
        review.hints.append(Hint("no_basis"))


def _check_tone(hints: list[Hint], reply: str) -> None:
    for sentence in sentences_of(reply):
        if _RUDE.search(sentence):
            hints.append(Hint("rude", _quote(sentence)))
        if _PHONE.search(sentence):
            hints.append(Hint("private", _quote(_PHONE.sub("…", sentence))))
    if loud := _LOUD.search(reply):
        hints.append(Hint("loud", reply[max(0, loud.start() - 20) : loud.end()].strip()))


def _score(review: Review, share: float, reply: str, plain: str) -> float:
    """Return how much speaks for a reply that explains itself (0–1): a mean of five parts."""
    told = min(len(plain) / 200, 1.0)
    points = review.answered / len(review.points) if review.points else 1.0
    acts = min(len(_DONE.findall(plain)) / 3, 1.0)
    basis = (
        sum(bool(found) for found in (_LAW.search(reply), _WHY.search(plain), _DATE.search(plain)))
        / 3
    )
    parts = (min(share / 0.4, 1.0), points, acts, basis, told)
    only_passed = any(hint.kind == "only_passed_on" for hint in review.hints)
    return sum(parts) / len(parts) * (0.5 if only_passed else 1.0)


def _quote(sentence: str) -> str:
    sentence = " ".join(sentence.split())
    return sentence if len(sentence) <= QUOTE else sentence[: QUOTE - 1] + "…"
