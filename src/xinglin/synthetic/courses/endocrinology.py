"""Endocrinology."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

DIABETES = Course(
    code="type-2-diabetes",
    name="2 型糖尿病",
    icd="E11.900",
    source="中国 2 型糖尿病防治指南（2020 年版）",
    weight=10,
    male=0.55,
    age=(30, 58, 88),
    n=(1, 4),
    past="母亲有糖尿病，否认胰腺炎史。",
    bmi=(22.5, 31),
    visits=(
        Visit(
            complaint="口渴、多饮、多尿 {n} 个月",
            history="{n} 个月来口渴、多饮，每日饮水约 3 L，夜尿 {2-3} 次，体重下降 {2-5} kg，无视物模糊、手足麻木。",
            examination="双足背动脉搏动正常，10 g 尼龙丝试验正常，心肺查体无异常。",
            plan="糖尿病饮食，每周运动 150 分钟，监测血糖，完善眼底检查。",
            panels=("glucose", "hba1c", "lipids", "kidney", "liver", "uacr", "urine"),
            values={
                "glu": (8.2, 14.5),
                "hba1c": (7.8, 11.2),
                "tg": (1.4, 3.6),
                "ldl": (2.4, 3.9),
                "uglu": "阳性(2+)|阳性(3+)",
                "uacr": (6, 60),
            },
            drugs=(
                Rx("metformin-500", "1", "bid", 28),
                Rx("dapagliflozin-10", "1", "qd", 28, share=0.4),
                Rx("gliclazide-30", "1", "qd", 28, share=0.15),
            ),
        ),
    ),
    follow=Visit(
        complaint="2 型糖尿病 {known}，复诊",
        history="饮食、运动控制尚可，空腹血糖 {6-8} mmol/L 左右，无低血糖、手足麻木。",
        examination="双足背动脉搏动正常，皮肤无破溃，心肺查体无异常。",
        plan="继续降糖治疗，糖化血红蛋白目标低于 7%，每年查眼底和尿白蛋白。",
        panels=("glucose", "hba1c"),
        values={"glu": (5.9, 9.4), "hba1c": (6.2, 8.6)},
        drugs=(
            Rx("metformin-500", "1", "tid", 28),
            Rx("dapagliflozin-10", "1", "qd", 28, share=0.45),
            Rx("acarbose-50", "1", "tid", 28, share=0.25),
            Rx("insulin-glargine", "10", "qn", 28, route="subcutaneous", per_kg=0.2, step="1", share=0.2),
        ),
    ),
)

GRAVES = Course(
    code="graves-disease",
    name="甲状腺功能亢进症伴弥漫性甲状腺肿",
    icd="E05.000",
    source="中国甲状腺功能亢进症和其他原因所致甲状腺毒症诊治指南（2022）",
    weight=3,
    male=0.22,
    age=(18, 36, 65),
    n=(1, 4),
    bmi=(18.5, 23),
    visits=(
        Visit(
            complaint="心悸、多汗、消瘦 {n} 个月",
            history="{n} 个月来心悸、怕热、多汗，食量增加而体重下降 {3-7} kg，易怒、手抖。",
            examination="双侧甲状腺Ⅱ度肿大，质软，可闻及血管杂音，双手细颤，轻度突眼。",
            plan="低碘饮食；发热、咽痛立即停药查血常规。2 周后复查血常规、肝功能。",
            vitals={"pulse": (98, 122)},
            panels=("thyroid", "thyroid-antibodies", "blood", "liver"),
            values={"tsh": (0.01, 0.04), "ft3": (12, 30), "ft4": (34, 76), "trab": (3.5, 24), "tpo": (60, 480)},
            studies=(("thyroid-us", "甲状腺弥漫性肿大，血流丰富，呈“火海征”。"), ("ecg", "窦性心动过速。")),
            drugs=(Rx("methimazole-10", "2", "qd", 25), Rx("propranolol-10", "1", "tid", 14)),
        ),
    ),
    follow=Visit(
        complaint="甲亢 {known}，复诊",
        history="规律服药，心悸、多汗消失，体重回升，无发热、咽痛、皮疹。",
        examination="甲状腺Ⅰ度肿大，双手无细颤，心率 {pulse} 次/分。",
        plan="继续减量维持，总疗程 18 个月以上。",
        panels=("thyroid", "blood", "liver"),
        values={"tsh": (0.2, 2.8), "ft3": (3.6, 6.2), "ft4": (13, 20)},
        drugs=(Rx("methimazole-10", "0.5", "qd", 30),),
    ),
)

HYPOTHYROID = Course(
    code="hypothyroidism",
    name="甲状腺功能减退症",
    icd="E03.900",
    source="成人甲状腺功能减退症诊治指南（2017）",
    weight=3,
    male=0.18,
    age=(20, 46, 80),
    visits=(
        Visit(
            complaint="乏力、怕冷 {n} 个月",
            history="{n} 个月来乏力、怕冷、嗜睡，体重增加，便秘，记忆力减退。",
            examination="面色略苍白，皮肤干燥，甲状腺未触及肿大，双下肢无水肿。",
            plan="左甲状腺素清晨空腹服用，6 周后复查。",
            vitals={"pulse": (54, 66)},
            panels=("thyroid", "thyroid-antibodies", "lipids", "blood"),
            values={"tsh": (14, 68), "ft3": (1.9, 3.4), "ft4": (4.5, 10.5), "tpo": (120, 590), "ldl": (3.1, 4.6)},
            studies=(("thyroid-us", "甲状腺回声弥漫性不均匀，考虑桥本甲状腺炎。"),),
            drugs=(Rx("levothyroxine-50", "1", "qd", 42),),
        ),
    ),
    follow=Visit(
        complaint="甲减 {known}，复诊",
        history="规律服左甲状腺素，无乏力、怕冷、心悸。",
        examination="甲状腺未触及肿大，心率 {pulse} 次/分。",
        plan="剂量合适，继续服药。",
        panels=("thyroid",),
        values={"tsh": (0.7, 3.9), "ft4": (13.5, 20)},
        drugs=(Rx("levothyroxine-50", "1.5", "qd", 28),),
    ),
)

OSTEOPOROSIS = Course(
    code="postmenopausal-osteoporosis",
    name="绝经后骨质疏松",
    icd="M81.000",
    source="原发性骨质疏松症诊疗指南（2022）",
    weight=3,
    sex="female",
    age=(54, 68, 90),
    past="绝经 {5-20} 年，否认骨折史。",
    bmi=(18.5, 25),
    visits=(
        Visit(
            complaint="腰背痛 {n} 个月",
            history="{n} 个月来腰背部酸痛，久站加重，身高较年轻时矮约 {2-4} cm，无下肢放射痛。",
            examination="脊柱轻度后凸，棘突叩痛阳性，四肢肌力正常。",
            plan="防跌倒，晒太阳；阿仑膦酸钠空腹用白开水送服，30 分钟内不可平卧。",
            panels=("bone", "kidney"),
            values={"vitd": (9, 19)},
            studies=(("dxa", "腰椎 T 值 -2.{6-9}，股骨颈 T 值 -2.{2-6}。"),),
            drugs=(
                Rx("alendronate-70", "1", "qw", 28),
                Rx("calcium-d3", "1", "qd", 30),
                Rx("calcitriol-025", "1", "qd", 30),
            ),
        ),
    ),
    follow=Visit(
        complaint="骨质疏松 {known}，复诊",
        history="规律用药，腰背痛减轻，无吞咽痛，无跌倒。",
        examination="脊柱活动可，棘突无叩痛。",
        plan="继续抗骨质疏松治疗，每年复查骨密度。",
        drugs=(
            Rx("alendronate-70", "1", "qw", 28),
            Rx("calcium-d3", "1", "qd", 30),
            Rx("calcitriol-025", "1", "qd", 30),
        ),
    ),
)

NODULE = Course(
    code="thyroid-nodule",
    name="非毒性单个甲状腺结节",
    icd="E04.100",
    source="甲状腺结节和分化型甲状腺癌诊治指南（第二版，2023）",
    weight=3,
    male=0.28,
    age=(22, 46, 78),
    returns=0.1,
    visits=(
        Visit(
            complaint="体检发现甲状腺结节 {n} 周",
            history="{n} 周前体检超声发现甲状腺结节，无颈部疼痛、声音嘶哑、吞咽困难。",
            examination="甲状腺{side}叶可触及约 1 cm 结节，质韧，随吞咽活动，颈部未触及肿大淋巴结。",
            plan="6～12 个月复查甲状腺超声。",
            panels=("thyroid",),
            studies=(("thyroid-us", "甲状腺{side}叶结节，约 0.{6-9} cm，边界清，C-TIRADS 3 类。"),),
        ),
    ),
)

DEPARTMENT = Department("endocrinology", "内分泌科", 8, (DIABETES, GRAVES, HYPOTHYROID, OSTEOPOROSIS, NODULE), beds=5)
