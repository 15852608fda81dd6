"""Names for made-up people: common surnames and given names, put together by a seeded dice."""

from __future__ import annotations

from random import Random

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
    "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟"
)
GIVEN = (
    "建国 建华 志强 志刚 国栋 国庆 玉兰 玉梅 桂英 桂芳 秀英 秀兰 淑珍 淑华 丽娟 丽萍 春燕 春梅 "
    "晓东 晓燕 晓雯 海涛 海燕 文博 文静 雅琴 雅楠 俊杰 俊峰 浩然 浩宇 子涵 子轩 雨桐 雨辰 思远 "
    "明 勇 军 磊 涛 超 斌 鹏 辉 刚 洋 静 敏 丽 娜 婷 雪 倩 颖 琳 洁 红 霞 燕 蕾 博 凯 宁 欣 悦 "
    "立新 立群 振华 振东 永刚 永红 庆华 凤霞 凤英 金花 宝山 宝珍 连生 长林 德明 德福 瑞芳 瑞雪"
).split()


def a_name(dice: Random) -> str:
    return dice.choice(SURNAMES) + dice.choice(GIVEN)
