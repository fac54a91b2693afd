"""Rheumatology."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

_BY_WEIGHT = ((60.0, "1"), (80.0, "1.5"), (300.0, "2"))
"""Hydroxychloroquine: no more than 5 mg for each kg in a day, for the sake of the eyes."""

_QUINE = Rx("hydroxychloroquine-100", frequency="bid", days=28, bands=_BY_WEIGHT, share=0.5)
_QUINE_ALWAYS = Rx("hydroxychloroquine-100", frequency="bid", days=28, bands=_BY_WEIGHT)

ARTHRITIS = Course(
    code="rheumatoid-arthritis",
    name="类风湿关节炎",
    icd="M06.900",
    source="2018 中国类风湿关节炎诊疗指南",
    weight=4,
    male=0.22,
    age=(24, 50, 80),
    n=(2, 8),
    visits=(
        Visit(
            complaint="多关节肿痛伴晨僵 {n} 个月",
            history="{n} 个月来双手近端指间、掌指及腕关节肿痛，晨僵超过 1 小时，无皮疹、口腔溃疡。",
            examination="双手第 2、3 掌指关节及腕关节肿胀、压痛，握力下降，无皮下结节。",
            plan="甲氨蝶呤每周 1 次，切勿每日服用；次日服叶酸。4 周后查血常规、肝功能。",
            panels=("blood", "esr", "rheumatoid", "ana", "liver", "kidney", "hepatitis-b"),
            values={"rf": (48, 420), "ccp": (30, 380), "esr": (32, 88), "crp": (12, 58), "plt": (260, 430)},
            studies=(("hand-xray", "双手骨质疏松，{未见骨侵蚀|第 2 掌指关节可疑骨侵蚀}。"),),
            drugs=(
                Rx("methotrexate-25", "4", "qw", 28),
                Rx("folic-5", "1", "qw", 28),
                _QUINE,
                Rx("celecoxib-200", "1", "qd", 14, share=0.7),
            ),
        ),
    ),
    follow=Visit(
        complaint="类风湿关节炎 {known}，复诊",
        history="规律用药，晨僵少于 {10-30} 分钟，关节痛减轻，无口腔溃疡、恶心。",
        examination="双手关节无明显肿胀，{无压痛|右腕轻压痛}。",
        plan="达标治疗，继续原方案，定期监测血常规、肝肾功能。",
        panels=("blood", "esr", "liver"),
        values={"esr": (6, 30), "crp": (0.6, 9)},
        drugs=(
            Rx("methotrexate-25", "4", "qw", 28),
            Rx("folic-5", "1", "qw", 28),
            _QUINE,
        ),
    ),
)

GOUT = Course(
    code="gout",
    name="痛风",
    icd="M10.900",
    source="中国高尿酸血症与痛风诊疗指南（2019）",
    weight=4,
    male=0.93,
    age=(24, 46, 80),
    n=(1, 3),
    past="饮酒 {5-10} 年，喜食海鲜、动物内脏。",
    past_of_women="不饮酒，喜食海鲜。",
    bmi=(24, 32),
    visits=(
        Visit(
            complaint="{side}足第一跖趾关节红肿热痛 {n} 天",
            history="{n} 天前聚餐后夜间突发{side}足第一跖趾关节剧痛，局部红肿，行走困难。",
            examination="{side}足第一跖趾关节红肿、皮温高、压痛明显，未见痛风石。",
            plan="急性期抗炎镇痛，低嘌呤饮食，戒酒，多饮水；缓解 2～4 周后降尿酸。",
            panels=("kidney", "blood", "lipids", "glucose"),
            values={"ua": (470, 690), "crp": (10, 52), "wbc": (8.2, 12.5), "tg": (1.6, 4.2)},
            drugs=(Rx("colchicine-05", "1", "bid", 7), Rx("diclofenac-gel", "2", "tid", 7, route="topical", share=0.5)),
        ),
        Visit(
            complaint="痛风缓解后复诊",
            history="关节肿痛消退 {1-2} 周，已控制饮食、戒酒。",
            examination="双足关节无红肿、压痛。",
            plan="起始降尿酸，小剂量秋水仙碱预防发作，尿酸目标低于 360 μmol/L。",
            panels=("kidney", "liver"),
            values={"ua": (450, 640)},
            drugs=(Rx("febuxostat-40", "0.5", "qd", 28), Rx("colchicine-05", "1", "qd", 28)),
            after=(18, 26),
        ),
    ),
    follow=Visit(
        complaint="痛风 {known}，复诊",
        history="规律服非布司他，近 1 个月无发作，饮食控制可。",
        examination="双足关节无红肿、压痛，未见痛风石。",
        plan="继续降尿酸，长期达标治疗。",
        panels=("kidney", "liver"),
        values={"ua": (270, 400)},
        drugs=(Rx("febuxostat-40", "1", "qd", 28),),
    ),
)

SPONDYLITIS = Course(
    code="ankylosing-spondylitis",
    name="强直性脊柱炎",
    icd="M45.x00",
    source="强直性脊柱炎诊疗规范（中华医学会风湿病学分会，2022）",
    weight=2,
    male=0.74,
    age=(18, 27, 55),
    n=(4, 18),
    visits=(
        Visit(
            complaint="腰骶痛伴晨僵 {n} 个月",
            history="{n} 个月来腰骶部疼痛，夜间痛醒，晨僵约 {30-60} 分钟，活动后减轻，休息不缓解。",
            examination="双侧骶髂关节压痛，“4”字试验阳性，Schober 试验 {3-4} cm。",
            plan="非甾体抗炎药足量治疗，每日功能锻炼，睡硬板床，戒烟。",
            panels=("blood", "esr", "hlab27", "liver", "kidney"),
            values={"hlab27": "阳性", "esr": (18, 60), "crp": (9, 42)},
            studies=(("sacroiliac-mri", "双侧骶髂关节面下骨髓水肿，关节面毛糙。"),),
            drugs=(Rx("celecoxib-200", "1", "bid", 28, otherwise=Rx("paracetamol-500", "1", "tid", 7)),),
        ),
    ),
    follow=Visit(
        complaint="强直性脊柱炎 {known}，复诊",
        history="腰背痛减轻，晨僵少于 15 分钟，坚持锻炼，无眼红、胃痛。",
        examination="脊柱活动度尚可，骶髂关节无明显压痛。",
        plan="继续治疗，定期查肝肾功能。",
        panels=("blood",),
        values={"crp": (1, 12)},
        drugs=(Rx("celecoxib-200", "1", "qd", 28, otherwise=Rx("paracetamol-500", "1", "bid", 7)),),
    ),
)

LUPUS = Course(
    code="lupus",
    name="系统性红斑狼疮",
    icd="M32.900",
    source="2020 中国系统性红斑狼疮诊疗指南",
    weight=2,
    male=0.09,
    age=(18, 31, 60),
    n=(1, 4),
    visits=(
        Visit(
            complaint="面部红斑、关节痛 {n} 个月",
            history="{n} 个月来日晒后面部红斑，伴脱发、双手关节痛，无水肿、胸痛、抽搐。",
            examination="双颊蝶形红斑，口腔黏膜未见溃疡，双手关节轻压痛，无肿胀。",
            plan="严格防晒，羟氯喹用药前及每年查眼底，避免劳累和自行停药。",
            panels=("blood", "ana", "urine", "liver", "kidney", "esr"),
            values={"ana": "阳性 1:320|阳性 1:640|阳性 1:1000", "wbc": (2.6, 4.2), "plt": (98, 190), "esr": (28, 66)},
            drugs=(
                _QUINE_ALWAYS,
                Rx("prednisone-5", "3", "qd", 28),
                Rx("calcium-d3", "1", "qd", 30),
            ),
        ),
    ),
    follow=Visit(
        complaint="系统性红斑狼疮 {known}，复诊",
        history="规律服药，无发热、皮疹、关节痛，尿无泡沫。",
        examination="面部无红斑，关节无肿胀，双下肢无水肿。",
        plan="病情平稳，激素维持最小剂量，定期查尿常规。",
        panels=("blood", "urine"),
        values={"wbc": (3.4, 7.2)},
        drugs=(
            _QUINE_ALWAYS,
            Rx("prednisone-5", "1", "qd", 28),
            Rx("calcium-d3", "1", "qd", 30),
        ),
    ),
)

DEPARTMENT = Department("rheumatology", "风湿免疫科", 4, (ARTHRITIS, GOUT, SPONDYLITIS, LUPUS), beds=3)
