"""People who don't exist: names, numbers and addresses that look real and can't be anybody's.

Surnames and characters of given names are frequent ones (annual reports on names of the Ministry of Public Security).
Identity numbers have a right check character, but begin with 99, which GB/T 2260 gives to no province. Telephone
numbers begin with 154, which no operator has (numbering plan of the Ministry of Industry and Information Technology).
The city and its streets are invented.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from xinglin.capabilities.patients.identity_number import SYSTEM, check_character
from xinglin.synthetic.chance import Chance

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
    "金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
"""Frequent surnames, the most frequent first."""
_WEIGHTS = tuple(accumulate(1 / (rank + 6) for rank in range(len(SURNAMES))))

GIVEN = {
    ("male", "elder"): "国建华明文军志德福生林海荣永平贵宝庆忠义祥春发根水全",
    ("female", "elder"): "秀英桂兰玉珍凤芳淑素梅花莲翠霞云琴香月菊红萍爱华珠",
    ("male", "middle"): "伟强磊军勇杰涛超鹏辉波斌刚健明亮峰飞宇洋凯俊浩东",
    ("female", "middle"): "静丽敏艳娟霞燕玲丹萍婷雪慧倩颖莉娜琳璐蕾洁晶佳",
    ("male", "young"): "子轩浩宇梓睿泽俊博文晨奕铭皓然辰嘉瑞逸航沐阳昊天",
    ("female", "young"): "梓涵欣怡诗雨子萱可馨思语若汐雨桐佳琪一诺梦瑶芷晴",
}
REGIONS = {"青囊区": "9901", "橘井区": "9902", "云林区": "9903", "本草县": "9921", "百合县": "9922"}
"""Districts of the invented city and the beginning of identity numbers there."""
STREETS = ("杏林路", "仲景大道", "思邈街", "时珍路", "青囊巷", "橘井南路", "扁鹊路", "元化东街", "叔和路", "灵枢街")


@dataclass(frozen=True)
class Person:
    """Somebody: `sex` is male or female; `identity` is None for those who have no number at hand."""

    name: str
    sex: str
    born: date
    identity: str | None
    phone: str
    address: str


def name(chance: Chance, sex: str, born: int) -> str:
    """A name as it was given in a year."""
    generation = "elder" if born < 1970 else "middle" if born < 2000 else "young"
    given = GIVEN[sex, generation]
    single = {"elder": 0.12, "middle": 0.35, "young": 0.05}[generation]
    first = chance.one(given)
    if chance.of(single):
        return chance.weighted(SURNAMES, _WEIGHTS) + first
    second = chance.one(given)
    return chance.weighted(SURNAMES, _WEIGHTS) + first + second


def identity_number(region: str, born: date, sex: str, order: int) -> str:
    """A resident identity number; the parity of its 17th digit tells the sex (GB 11643-1999)."""
    order = order % 500 * 2 + (sex == "male")
    digits = f"{region}01{born:%Y%m%d}{order:03d}"
    return digits + check_character(digits)


def person(chance: Chance, sex: str, age: float, today: date) -> Person:
    """Somebody of this sex and age in years."""
    born = today - timedelta(days=int(age * 365.2425) + 1)
    district = chance.one(tuple(REGIONS))
    # Small children and a few others come without their number.
    known = not chance.of(0.4 if age < 3 else 0.03)
    identity = identity_number(REGIONS[district], born, sex, chance.whole(0, 499)) if known else None
    place = f"杏林市{district}{chance.one(STREETS)} {chance.whole(1, 399)} 号"
    place += f" {chance.whole(1, 30)} 幢 {chance.whole(1, 24)}{chance.whole(1, 4):02d} 室" if chance.of(0.8) else ""
    return Person(name(chance, sex, born.year), sex, born, identity, f"154{chance.whole(0, 99999999):08d}", place)


def numbered(person: Person) -> tuple[str, str] | None:
    """The identity number as identifier system and value."""
    return (SYSTEM, person.identity) if person.identity else None
