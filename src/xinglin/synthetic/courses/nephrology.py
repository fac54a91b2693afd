"""Nephrology."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

KIDNEY_DISEASE = Course(
    code="chronic-kidney-disease",
    name="慢性肾脏病",
    icd="N18.900",
    source="KDIGO 慢性肾脏病评估与管理临床实践指南（2024）",
    weight=4,
    male=0.58,
    age=(32, 60, 88),
    egfr=(33, 56),
    past="高血压 {5-15} 年。",
    visits=(
        Visit(
            complaint="发现肌酐升高 {n} 个月",
            history="{n} 个月前体检发现肌酐升高，夜尿 {2-3} 次，尿中泡沫增多，无水肿、肉眼血尿。",
            examination="血压 {systolic}/{diastolic} mmHg，双眼睑及双下肢无水肿，双肾区无叩痛。",
            plan="优质低蛋白低盐饮食，避免肾毒性药物，血压目标低于 130/80 mmHg。",
            vitals={"systolic": (132, 156), "diastolic": (78, 94)},
            panels=("kidney", "blood", "electrolytes", "urine", "uacr"),
            values={
                "urea": (8.8, 14),
                "ua": (380, 540),
                "uacr": (220, 1300),
                "upro": "阳性(1+)|阳性(2+)",
                "k": (4.2, 5.2),
            },
            studies=(("urinary-us", "双肾大小正常，皮质回声增强。"),),
            drugs=(Rx("losartan-50", "1", "qd", 28), Rx("dapagliflozin-10", "1", "qd", 28)),
        ),
    ),
    follow=Visit(
        complaint="慢性肾脏病 3 期 {known}，复诊",
        history="规律服药，家庭血压 {122-134}/{72-82} mmHg，无水肿，尿量正常。",
        examination="血压 {systolic}/{diastolic} mmHg，双下肢无水肿。",
        plan="继续肾素-血管紧张素系统阻断剂和 SGLT2 抑制剂，3 个月查尿蛋白。",
        vitals={"systolic": (120, 138), "diastolic": (68, 84)},
        panels=("kidney", "electrolytes"),
        values={"urea": (8.5, 13), "ua": (380, 520), "k": (4.3, 5.3)},
        drugs=(Rx("losartan-50", "1", "qd", 28), Rx("dapagliflozin-10", "1", "qd", 28)),
    ),
)

ADVANCED = Course(
    code="advanced-kidney-disease",
    name="慢性肾脏病 4 期",
    icd="N18.400",
    source="KDIGO 慢性肾脏病评估与管理临床实践指南（2024）；KDIGO 慢性肾脏病矿物质和骨异常指南（2017）",
    weight=1.5,
    male=0.58,
    age=(38, 62, 85),
    egfr=(17, 28),
    past="高血压 {10-20} 年，慢性肾炎 {5-15} 年。",
    visits=(
        Visit(
            complaint="乏力、食欲减退 {n} 周",
            history="{n} 周来乏力、食欲减退，夜尿增多，双踝轻度水肿，无呕吐、气促。",
            examination="轻度贫血貌，血压 {systolic}/{diastolic} mmHg，双踝轻度凹陷性水肿，双肺无啰音。",
            plan="低盐低磷优质低蛋白饮食，保护前臂血管，讨论肾脏替代治疗；气促、尿少、无力立即就诊。",
            vitals={"systolic": (136, 158), "diastolic": (78, 94)},
            panels=("kidney", "blood", "electrolytes", "bone", "iron"),
            values={
                "urea": (15, 26),
                "ua": (420, 600),
                "hgb": (86, 108),
                "rbc": (2.9, 3.7),
                "k": (4.6, 5.4),
                "p": (1.45, 1.95),
                "ca": (2.0, 2.2),
                "pth": (110, 320),
                "vitd": (9, 22),
                "ferritin": (60, 180),
            },
            drugs=(
                Rx("amlodipine-5", "1", "qd", 28),
                Rx("furosemide-20", "1", "qd", 14),
                Rx("iron-150", "1", "qd", 28),
                Rx("calcitriol-025", "1", "qd", 30),
            ),
        ),
    ),
    follow=Visit(
        complaint="慢性肾脏病 4 期 {known}，复诊",
        history="规律服药，乏力减轻，尿量约 1500 mL/d，无气促。",
        examination="血压 {systolic}/{diastolic} mmHg，双下肢无水肿。",
        plan="继续一体化治疗，每月复查。",
        vitals={"systolic": (126, 146), "diastolic": (72, 86)},
        panels=("kidney", "blood", "electrolytes"),
        values={
            "urea": (15, 26),
            "ua": (400, 560),
            "hgb": (94, 114),
            "rbc": (3.1, 3.9),
            "k": (4.5, 5.4),
            "p": (1.4, 1.85),
            "ca": (2.05, 2.3),
        },
        drugs=(
            Rx("amlodipine-5", "1", "qd", 28),
            Rx("iron-150", "1", "qd", 28),
            Rx("calcitriol-025", "1", "qd", 30),
        ),
    ),
)

NEPHROTIC = Course(
    code="nephrotic-syndrome",
    name="肾病综合征",
    icd="N04.900",
    source="KDIGO 肾小球疾病管理临床实践指南（2021）",
    weight=1,
    male=0.6,
    age=(18, 36, 70),
    n=(1, 3),
    visits=(
        Visit(
            complaint="双下肢水肿、泡沫尿 {n} 周",
            history="{n} 周前晨起眼睑水肿，渐及双下肢，尿中大量泡沫，无肉眼血尿、皮疹、关节痛。",
            examination="眼睑及双下肢中度凹陷性水肿，腹软，移动性浊音阴性，血压 {systolic}/{diastolic} mmHg。",
            plan="肾活检已完成（微小病变），足量激素治疗，预防感染；肢体肿痛、胸痛立即就诊。",
            panels=("urine-protein", "urine", "liver", "kidney", "lipids", "ddimer", "hepatitis-b"),
            values={
                "uprot24": (4.0, 9.5),
                "alb": (17, 27),
                "ldl": (4.4, 7.2),
                "tg": (2.2, 4.2),
                "upro": "阳性(3+)|阳性(4+)",
                "ddimer": (0.6, 1.6),
            },
            drugs=(
                Rx("prednisone-5", "12", "qd", 28, per_kg=1.0, step="1"),
                Rx("calcium-d3", "1", "qd", 30),
                Rx("furosemide-20", "1", "bid", 7),
            ),
        ),
        Visit(
            complaint="肾病综合征激素治疗 4 周复诊",
            history="水肿消退，尿泡沫减少，无发热、胃痛，食欲增加。",
            examination="满月脸，双下肢无水肿。",
            plan="继续足量至缓解后 2 周，再缓慢减量，不可自行停药。",
            panels=("urine-protein", "liver", "glucose"),
            values={"uprot24": (0.1, 1.1), "alb": (30, 39)},
            drugs=(Rx("prednisone-5", "10", "qd", 28, per_kg=0.9, step="1"), Rx("calcium-d3", "1", "qd", 30)),
            after=(26, 30),
        ),
    ),
)

CYSTITIS = Course(
    code="urinary-infection",
    name="泌尿道感染",
    icd="N39.000",
    source="尿路感染诊断与治疗中国专家共识（2015 版）",
    weight=4,
    sex="female",
    age=(18, 45, 88),
    n=(1, 4),
    returns=0.4,
    visits=(
        Visit(
            complaint="尿频、尿急、尿痛 {n} 天",
            history="{n} 天来尿频、尿急、排尿灼痛，无发热、腰痛，末次月经正常或已绝经。",
            examination="下腹轻压痛，双肾区无叩痛。",
            plan="多饮水，勤排尿；发热、腰痛立即复诊。",
            panels=("urine", "blood"),
            values={
                "uleu": "阳性(2+)|阳性(3+)",
                "unit": "阳性|阴性",
                "ublood": "阳性(1+)|阳性(2+)|阴性",
                "crp": (1, 14),
            },
            drugs=(Rx("fosfomycin-3", "1", "once", 1),),
        ),
        Visit(
            complaint="尿路感染复查",
            history="治疗后尿频、尿痛消失。",
            examination="下腹无压痛，双肾区无叩痛。",
            plan="多饮水，注意个人卫生。",
            panels=("urine",),
            after=(6, 9),
        ),
    ),
)

DEPARTMENT = Department("nephrology", "肾内科", 4, (KIDNEY_DISEASE, ADVANCED, NEPHROTIC, CYSTITIS), beds=4)
