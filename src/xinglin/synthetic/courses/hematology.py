"""Haematology."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

IRON_DEFICIENCY = Course(
    code="iron-deficiency-anaemia",
    name="缺铁性贫血",
    icd="D50.900",
    source="铁缺乏症和缺铁性贫血诊治和预防的多学科专家共识（2022 年版）",
    weight=4,
    sex="female",
    age=(18, 36, 54),
    n=(1, 5),
    past="月经量多 {1-4} 年，每次 {7-9} 天。",
    visits=(
        Visit(
            complaint="乏力、头晕 {n} 个月",
            history="{n} 个月来乏力、活动后心悸、头晕，月经量多，无黑便、腹痛。",
            examination="贫血貌，睑结膜苍白，指甲{薄脆|扁平}，心率 {pulse} 次/分，肝脾未触及。",
            plan="补铁治疗，血红蛋白正常后再服 3 个月，妇科评估月经量。",
            vitals={"pulse": (86, 102)},
            panels=("blood", "iron", "stool"),
            values={
                "hgb": (68, 98),
                "mcv": (64, 77),
                "rbc": (3.3, 4.2),
                "ferritin": (2, 9),
                "iron": (2.2, 6.2),
                "tibc": (79, 98),
                "plt": (260, 420),
            },
            drugs=(Rx("iron-150", "1", "bid", 30),),
        ),
        Visit(
            complaint="缺铁性贫血复诊",
            history="服铁剂 4 周，乏力、头晕明显减轻，大便色黑。",
            examination="睑结膜稍苍白，心率 {pulse} 次/分。",
            plan="继续补铁，4 周后复查。",
            panels=("blood",),
            values={"hgb": (102, 121), "mcv": (76, 86), "rbc": (3.9, 4.6)},
            drugs=(Rx("iron-150", "1", "bid", 30),),
            after=(27, 31),
        ),
    ),
)

THROMBOCYTOPENIA = Course(
    code="immune-thrombocytopenia",
    name="特发性血小板减少性紫癜",
    icd="D69.300",
    source="成人原发免疫性血小板减少症诊断与治疗中国指南（2020 年版）",
    weight=2,
    male=0.36,
    age=(18, 40, 75),
    n=(3, 10),
    visits=(
        Visit(
            complaint="皮肤瘀点、瘀斑 {n} 天",
            history="{n} 天来双下肢散在瘀点、瘀斑，刷牙时牙龈出血，无黑便、血尿、头痛。",
            examination="双下肢散在针尖样出血点，压之不褪色，肝脾未触及，浅表淋巴结无肿大。",
            plan="避免磕碰；头痛、呕吐、黑便立即急诊。糖皮质激素治疗，1 周后查血小板。",
            panels=("blood", "coagulation", "ana", "liver", "hepatitis-b"),
            values={"plt": (14, 29)},
            drugs=(
                Rx("prednisone-5", "12", "qd", 14, per_kg=1.0, step="1"),
                Rx("pantoprazole-40", "1", "qd", 14),
                Rx("calcium-d3", "1", "qd", 30),
            ),
        ),
        Visit(
            complaint="免疫性血小板减少症复诊",
            history="服激素 2 周，无新发出血点，睡眠稍差。",
            examination="皮肤瘀斑消退，未见新鲜出血点。",
            plan="激素逐渐减量，定期查血常规。",
            panels=("blood", "glucose"),
            values={"plt": (92, 210)},
            drugs=(Rx("prednisone-5", "6", "qd", 14), Rx("pantoprazole-40", "1", "qd", 14)),
            after=(12, 15),
        ),
    ),
)

LEUKOPENIA = Course(
    code="leukopenia",
    name="白细胞减少",
    icd="D72.800",
    source="血液病学（第 2 版，2011）；内科学（第 9 版，2018）",
    weight=1.5,
    male=0.35,
    age=(20, 42, 75),
    n=(1, 6),
    visits=(
        Visit(
            complaint="体检发现白细胞减少 {n} 个月",
            history="{n} 个月前体检发现白细胞减少，无发热、口腔溃疡、关节痛，未服特殊药物。",
            examination="咽无充血，浅表淋巴结未触及肿大，肝脾肋下未触及。",
            plan="避免感染，1 个月后复查血常规，持续下降时骨髓检查。",
            panels=("blood", "ana", "thyroid", "liver"),
            values={"wbc": (2.6, 3.4)},
        ),
        Visit(
            complaint="白细胞减少复查",
            history="近 1 个月无发热、感冒。",
            examination="查体无异常。",
            plan="3 个月后复查。",
            panels=("blood",),
            values={"wbc": (2.9, 4.1)},
            after=(28, 35),
        ),
    ),
)

DEPARTMENT = Department("hematology", "血液内科", 2, (IRON_DEFICIENCY, THROMBOCYTOPENIA, LEUKOPENIA), beds=4)
