"""Cardiology."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

_HYPERTENSION_FOLLOW = Visit(
    complaint="高血压 {known}，复诊取药",
    history="高血压病史 {known}，规律服药，家庭自测血压 {125-138}/{76-86} mmHg，无头晕、胸闷。",
    examination="血压 {systolic}/{diastolic} mmHg，心率 {pulse} 次/分，律齐，双下肢无水肿。",
    plan="继续原方案，低盐饮食，每日食盐少于 5 g，4 周后复诊。",
    vitals={"systolic": (122, 146), "diastolic": (72, 88)},
    drugs=(
        Rx("amlodipine-5", "1", "qd", 28),
        Rx("valsartan-80", "1", "qd", 28, share=0.5, otherwise=Rx("metoprolol-47", "0.5", "qd", 28)),
    ),
)

HYPERTENSION = Course(
    code="hypertension",
    name="特发性(原发性)高血压",
    icd="I10.x00",
    source="中国高血压防治指南（2024 年修订版）",
    weight=10,
    male=0.54,
    age=(32, 62, 90),
    n=(1, 6),
    past="父亲有高血压。",
    bmi=(22, 30),
    visits=(
        Visit(
            complaint="间断头晕 {n} 个月，测血压升高",
            history="{n} 个月前无明显诱因出现头晕，多次测血压 {146-164}/{92-102} mmHg，无胸痛、视物旋转。",
            examination="血压 {systolic}/{diastolic} mmHg，心率 {pulse} 次/分，律齐，各瓣膜区未闻及杂音。",
            plan="限盐、减重、戒烟限酒，每日家庭自测血压，2 周后复诊。",
            vitals={"systolic": (146, 172), "diastolic": (90, 104)},
            panels=("kidney", "glucose", "lipids", "electrolytes", "uacr"),
            values={"ldl": (2.4, 4.1), "tg": (0.9, 2.9)},
            studies=(("ecg", "窦性心律，{正常心电图|左心室高电压}。"),),
            drugs=(Rx("amlodipine-5", "1", "qd", 14), Rx("valsartan-80", "1", "qd", 14, share=0.4)),
        ),
    ),
    follow=_HYPERTENSION_FOLLOW,
)

CORONARY = Course(
    code="stable-coronary-disease",
    name="稳定型心绞痛",
    icd="I20.800",
    source="慢性稳定型心绞痛诊断与治疗指南（中华医学会心血管病学分会，2007）；稳定性冠心病诊断与治疗指南（2018）",
    weight=5,
    male=0.62,
    age=(46, 66, 88),
    n=(1, 6),
    past="吸烟 {15-25} 年，父亲有冠心病。",
    past_of_women="不吸烟，父亲有冠心病。",
    visits=(
        Visit(
            complaint="活动后胸闷、胸痛 {n} 个月",
            history="{n} 个月来快走或上 {3-4} 层楼时胸骨后压榨样疼痛，持续 {3-5} 分钟，休息后缓解，无静息痛。",
            examination="血压 {systolic}/{diastolic} mmHg，心率 {pulse} 次/分，律齐，双肺无啰音。",
            plan="避免过度劳累，随身备硝酸甘油；疼痛超过 20 分钟不缓解立即呼叫急救。预约冠脉评估。",
            panels=("blood", "cardiac", "lipids", "glucose", "kidney", "liver"),
            values={"ldl": (2.8, 4.6), "tg": (1.0, 2.6)},
            studies=(
                ("ecg", "窦性心律，{V4–V6 导联 ST 段水平型压低 0.05 mV|T 波低平|正常范围心电图}。"),
                ("echo", "左室舒张功能减低，射血分数 {55-66}%，未见节段性室壁运动异常。"),
            ),
            drugs=(
                Rx("aspirin-100", "1", "qd", 30, otherwise=Rx("clopidogrel-75", "1", "qd", 30)),
                Rx("atorvastatin-20", "1", "qn", 28),
                Rx("metoprolol-47", "0.5", "qd", 28),
                Rx("nitroglycerin-05", "1", "once", 1, route="sublingual", needed=True),
            ),
        ),
    ),
    follow=Visit(
        complaint="冠心病 {known}，复诊",
        history="规律服药，近 1 个月心绞痛{未发作|发作 1 次，休息后缓解}，无黑便、牙龈出血。",
        examination="血压 {systolic}/{diastolic} mmHg，心率 {pulse} 次/分，律齐。",
        plan="继续抗血小板、他汀治疗，LDL-C 目标低于 1.8 mmol/L，4 周后复诊。",
        vitals={"pulse": (56, 72)},
        panels=("lipids", "liver"),
        values={"ldl": (1.3, 2.4), "tg": (0.8, 1.9)},
        drugs=(
            Rx("aspirin-100", "1", "qd", 30, otherwise=Rx("clopidogrel-75", "1", "qd", 30)),
            Rx("atorvastatin-20", "1", "qn", 28),
            Rx("metoprolol-47", "0.5", "qd", 28),
            Rx("isosorbide-60", "0.5", "qd", 28, share=0.4),
        ),
    ),
)

FIBRILLATION = Course(
    code="atrial-fibrillation",
    name="心房颤动",
    icd="I48.x00",
    source="心房颤动诊断和治疗中国指南（2023）",
    weight=3,
    male=0.55,
    age=(55, 72, 92),
    past="高血压 {5-15} 年，CHA2DS2-VASc 评分 {2-4} 分。",
    visits=(
        Visit(
            complaint="心悸 {n} 天",
            history="{n} 天前突发心悸，伴乏力，无黑矇、晕厥，无胸痛。",
            examination="心率 {pulse} 次/分，心律绝对不齐，第一心音强弱不等，脉搏短绌。",
            plan="抗凝预防卒中，控制心室率，避免外伤，注意出血。",
            vitals={"pulse": (96, 132)},
            panels=("blood", "thyroid", "electrolytes", "kidney", "coagulation", "bnp"),
            values={"ntprobnp": (180, 900)},
            studies=(
                ("ecg", "心房颤动，平均心室率 {pulse} 次/分。"),
                ("echo", "左房增大，左房前后径 {40-48} mm，射血分数 {55-64}%。"),
            ),
            drugs=(Rx("rivaroxaban-20", "1", "qd", 28), Rx("bisoprolol-5", "0.5", "qd", 30)),
        ),
    ),
    follow=Visit(
        complaint="心房颤动 {known}，复诊",
        history="规律抗凝，无黑便、血尿、皮下瘀斑，偶有心悸。",
        examination="心率 {pulse} 次/分，心律不齐，双下肢无水肿。",
        plan="继续抗凝及心率控制，每 3～6 个月复查血常规和肾功能。",
        vitals={"pulse": (66, 90)},
        panels=("blood", "kidney"),
        drugs=(Rx("rivaroxaban-20", "1", "qd", 28), Rx("bisoprolol-5", "0.5", "qd", 30)),
    ),
)

HEART_FAILURE = Course(
    code="heart-failure",
    name="心力衰竭",
    icd="I50.900",
    source="中国心力衰竭诊断和治疗指南 2024",
    weight=2.5,
    male=0.58,
    age=(52, 72, 92),
    n=(1, 4),
    past="陈旧性心肌梗死 {2-8} 年，曾行冠脉支架植入术。",
    visits=(
        Visit(
            complaint="活动后气促 {n} 周，加重伴双下肢水肿 3 天",
            history="{n} 周来平地快走即气促，夜间需高枕，3 天前双下肢水肿，尿量减少。",
            examination="颈静脉充盈，双肺底少许湿啰音，心界向左扩大，双下肢中度凹陷性水肿。",
            plan="限盐限水，每日晨起称体重，3 天内增加超过 2 kg 及时就诊。",
            vitals={"systolic": (106, 128), "diastolic": (66, 80), "pulse": (84, 104), "saturation": (93, 96)},
            panels=("blood", "bnp", "kidney", "electrolytes", "liver"),
            values={"ntprobnp": (1800, 6500), "na": (134, 140), "k": (3.8, 4.7)},
            studies=(
                ("echo", "左室扩大，射血分数 {31-39}%，二尖瓣轻中度反流。"),
                ("ecg", "窦性心律，陈旧性前壁心肌梗死。"),
            ),
            drugs=(
                Rx("sacubitril-valsartan-100", "0.5", "bid", 14),
                Rx("bisoprolol-5", "0.5", "qd", 20),
                Rx("spironolactone-20", "1", "qd", 14),
                Rx("dapagliflozin-10", "1", "qd", 14),
                Rx("furosemide-20", "1", "qd", 7),
            ),
        ),
    ),
    follow=Visit(
        complaint="慢性心力衰竭 {known}，复诊",
        history="规律服药，可平地步行 {500-1000} 米，夜间能平卧，体重平稳。",
        examination="颈静脉无怒张，双肺未闻及啰音，双下肢无明显水肿。",
        plan="继续四联治疗，逐步滴定剂量，复查肾功能及血钾。",
        vitals={"systolic": (102, 124), "diastolic": (62, 76), "pulse": (58, 74)},
        panels=("bnp", "kidney", "electrolytes"),
        values={"ntprobnp": (420, 1700), "k": (4.0, 5.0)},
        drugs=(
            Rx("sacubitril-valsartan-100", "1", "bid", 28),
            Rx("bisoprolol-5", "1", "qd", 30),
            Rx("spironolactone-20", "1", "qd", 28),
            Rx("dapagliflozin-10", "1", "qd", 28),
        ),
    ),
)

DYSLIPIDEMIA = Course(
    code="dyslipidemia",
    name="混合性高脂血症",
    icd="E78.200",
    source="中国血脂管理指南（2023 年）",
    weight=3,
    male=0.58,
    age=(30, 52, 78),
    past="饮酒少量。",
    bmi=(23, 31),
    visits=(
        Visit(
            complaint="体检发现血脂升高 {n} 周",
            history="{n} 周前体检发现血脂升高，无胸闷、腹痛，平素喜食油腻，运动少。",
            examination="血压 {systolic}/{diastolic} mmHg，心肺查体无异常，未见黄色瘤。",
            plan="低脂饮食，每周运动 150 分钟，服他汀 4～6 周后复查血脂、肝酶和肌酸激酶。",
            panels=("lipids", "liver", "glucose"),
            values={"tg": (2.3, 5.2), "ldl": (3.6, 5.2), "hdl": (0.8, 1.2)},
            studies=(("carotid-us", "双侧颈动脉内中膜{未见增厚|增厚，右侧分叉处小斑块}。"),),
            drugs=(Rx("atorvastatin-20", "1", "qn", 28),),
        ),
        Visit(
            complaint="血脂异常复诊",
            history="服药 {4-6} 周，无肌痛、乏力，饮食已控制。",
            examination="心肺查体无异常。",
            plan="血脂达标，继续服药，3 个月后复查。",
            panels=("lipids", "liver"),
            values={"tg": (1.2, 2.2), "ldl": (1.9, 2.9)},
            drugs=(Rx("atorvastatin-20", "1", "qn", 28),),
            after=(30, 42),
        ),
    ),
)

DEPARTMENT = Department(
    "cardiology",
    "心血管内科",
    11,
    (HYPERTENSION, CORONARY, FIBRILLATION, HEART_FAILURE, DYSLIPIDEMIA),
    beds=10,
)
