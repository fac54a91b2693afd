"""The table of Chinese herbs: usual doses, pregnancy and handling by the Pharmacopoeia of 2020; prices are invented.

Incompatibilities are the eighteen antagonisms (十八反) and nineteen fears (十九畏) as the Pharmacopoeia's notes and the
tradition name them; families gather herbs of one origin.
"""

HERBS = """
huangqi|黄芪|30|||0.12
danggui|当归|12|||0.18
gancao|甘草|10||gancao|0.09
zhigancao|炙甘草|10||gancao|0.10
dangshen|党参|30|||0.15
renshen|人参|9||renshen|1.20
baizhu|白术|12|||0.16
fuling|茯苓|15|||0.11
chuanxiong|川芎|10|||0.14
baishao|白芍|15|||0.10
chishao|赤芍|12|||0.12
shudihuang|熟地黄|15|||0.10
chaihu|柴胡|10|||0.22
huangqin|黄芩|10|||0.11
chenpi|陈皮|10|||0.06
guizhi|桂枝|10|caution||0.05
mahuang|麻黄|10|||0.08
kuxingren|苦杏仁|10|||0.09
shengshigao|生石膏|60|||0.02
fabanxia|法半夏|9||banxia|0.26
qingbanxia|清半夏|9||banxia|0.28
fuzi|附子（制）|15|caution|wutou|0.32
zhichuanwu|制川乌|3|caution|wutou|0.30
zhicaowu|制草乌|3|caution|wutou|0.30
gualou|瓜蒌|15||gualou|0.12
tianhuafen|天花粉|15|caution|gualou|0.09
chuanbeimu|川贝母|10||beimu|5.80
zhebeimu|浙贝母|10||beimu|0.28
bailian|白蔹|10||bailian|0.14
baiji|白及|15||baiji|0.55
haizao|海藻|12||haizao|0.10
gansui|甘遂|1.5|never|gansui|0.60
jingdaji|京大戟|3|never|daji|0.25
yuanhua|芫花|3|never|yuanhua|0.20
danshen|丹参|15|||0.10
xuanshen|玄参|15|||0.08
beishashen|北沙参|12|||0.13
kushen|苦参|9|||0.07
xixin|细辛|3|||0.45
dingxiang|丁香|3||dingxiang|0.16
yujin|郁金|10||yujin|0.09
rougui|肉桂|5|caution|rougui|0.12
chishizhi|赤石脂|12||chishizhi|0.04
mangxiao|芒硝|12|caution|mangxiao|0.03
sanleng|三棱|10|never|sanleng|0.10
ezhu|莪术|9|never||0.09
taoren|桃仁|10|caution||0.30
honghua|红花|10|caution||0.95
chuanniuxi|川牛膝|10|caution||0.11
dahuang|大黄|15|caution||0.09
sanqi|三七|9|caution||0.85
wulingzhi|五灵脂|10||wulingzhi|0.12
bohe|薄荷|6|||0.05
cheqianzi|车前子|15|||0.09
xuanfuhua|旋覆花|9|||0.20
ejiao|阿胶|9|||2.60
muli|牡蛎|30|||0.03
gouteng|钩藤|12|||0.14
wuweizi|五味子|6|||0.35
ganjiang|干姜|10|||0.10
dazao|大枣|15|||0.05
suanzaoren|酸枣仁|15|||1.10
"""
"""code | name | most g in a dose | pregnancy | family | price of a gram"""

HANDLING = {
    "shengshigao": "先煎",
    "fuzi": "先煎",
    "zhichuanwu": "先煎",
    "zhicaowu": "先煎",
    "muli": "先煎",
    "bohe": "后下",
    "gouteng": "后下",
    "cheqianzi": "包煎",
    "xuanfuhua": "包煎",
    "ejiao": "烊化",
    "mangxiao": "冲服",
}
"""How a herb is decocted other than with the rest."""

HANDLINGS = ("先煎", "后下", "包煎", "另煎", "烊化", "冲服", "捣碎")

ANTAGONISMS = (
    ("wutou", ("banxia", "gualou", "beimu", "bailian", "baiji"), "十八反：乌头反半夏、瓜蒌、贝母、白蔹、白及"),
    ("gancao", ("gansui", "daji", "haizao", "yuanhua"), "十八反：甘草反甘遂、大戟、海藻、芫花"),
    ("mangxiao", ("sanleng",), "十九畏：芒硝畏三棱"),
    ("dingxiang", ("yujin",), "十九畏：丁香畏郁金"),
    ("renshen", ("wulingzhi",), "十九畏：人参畏五灵脂"),
    ("rougui", ("chishizhi",), "十九畏：肉桂畏赤石脂"),
)
"""Family | families that it doesn't go with | what is said of it."""
