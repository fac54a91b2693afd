"""Obstetrics. Only what a pregnant woman may have is prescribed here."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

ANTENATAL = Course(
    code="antenatal-care",
    name="正常妊娠监督",
    icd="Z34.900",
    source="孕前和孕期保健指南（2018）",
    weight=8,
    sex="female",
    age=(20, 29, 41),
    pregnant=(12, 26),
    past="孕前月经规律，否认高血压、糖尿病史。",
    bmi=(19, 27),
    visits=(
        Visit(
            complaint="停经 {week} 周，产前检查",
            history="停经 {week} 周，无腹痛、阴道流血，{未觉胎动|自觉胎动正常}，饮食、睡眠可。",
            examination="血压 {systolic}/{diastolic} mmHg，胎心 {138-152} 次/分，双下肢无水肿。",
            plan="均衡营养，补充叶酸和钙；腹痛、阴道流血、流液立即就诊。",
            panels=("blood", "urine", "glucose", "thyroid", "hepatitis-b"),
            values={"hgb": (108, 128), "glu": (4.0, 5.0)},
            studies=(("obstetric-us", "宫内单活胎，大小与孕 {week} 周相符。"),),
            drugs=(Rx("folic-04", "1", "qd", 31), Rx("calcium-d3", "1", "qd", 30)),
        ),
    ),
    follow=Visit(
        complaint="妊娠 {week} 周，产前检查",
        history="妊娠 {week} 周，胎动正常，无头痛、视物模糊、阴道流血流液。",
        examination="血压 {systolic}/{diastolic} mmHg，宫高符合孕周，胎心 {136-150} 次/分，双下肢无水肿。",
        plan="自数胎动，4 周后复诊。",
        panels=("blood", "urine"),
        values={"hgb": (104, 124)},
        drugs=(Rx("calcium-d3", "1", "bid", 30), Rx("iron-150", "1", "qd", 30, share=0.3)),
    ),
)

GESTATIONAL_DIABETES = Course(
    code="gestational-diabetes",
    name="妊娠期糖尿病",
    icd="O24.400",
    source="妊娠期高血糖诊治指南（2022）",
    weight=3,
    sex="female",
    age=(22, 32, 43),
    pregnant=(24, 27),
    past="母亲有 2 型糖尿病。",
    bmi=(22, 30),
    visits=(
        Visit(
            complaint="妊娠 {week} 周，糖耐量异常",
            history="妊娠 {week} 周，糖筛查异常，无多饮多尿，胎动正常。",
            examination="血压 {systolic}/{diastolic} mmHg，宫高符合孕周，胎心 {138-150} 次/分。",
            plan="医学营养治疗，餐后运动 30 分钟，每日 4 次血糖监测，空腹低于 5.3、餐后 2 小时低于 6.7 mmol/L。",
            panels=("ogtt", "hba1c", "urine"),
            values={"glu": (5.1, 5.8), "ogtt1": (10.1, 12.2), "ogtt2": (8.6, 10.6), "hba1c": (5.1, 5.8)},
            studies=(("obstetric-us", "宫内单活胎，羊水正常，大小与孕 {week} 周相符。"),),
            drugs=(Rx("calcium-d3", "1", "qd", 30),),
        ),
        Visit(
            complaint="妊娠 {week} 周，妊娠期糖尿病复诊",
            history="饮食运动控制 2 周，空腹血糖达标，餐后血糖部分偏高，胎动正常。",
            examination="血压 {systolic}/{diastolic} mmHg，胎心 {136-150} 次/分。",
            plan="继续监测；餐后血糖持续超标者加用餐时胰岛素，警惕低血糖。",
            panels=("glucose",),
            values={"glu": (4.6, 5.5)},
            drugs=(
                Rx("insulin-aspart", "4", "tid", 14, route="subcutaneous", share=0.3),
                Rx("folic-04", "1", "qd", 31),
            ),
            after=(13, 15),
        ),
    ),
)

GESTATIONAL_HYPERTENSION = Course(
    code="gestational-hypertension",
    name="妊娠期高血压",
    icd="O13.x00",
    source="妊娠期高血压疾病诊治指南（2020）",
    weight=2,
    sex="female",
    age=(22, 32, 44),
    pregnant=(28, 32),
    bmi=(23, 31),
    returns=0.95,
    visits=(
        Visit(
            complaint="妊娠 {week} 周，发现血压升高 3 天",
            history="妊娠 {week} 周，产检发现血压升高，无头痛、视物模糊、上腹痛，胎动正常。",
            examination="血压 {systolic}/{diastolic} mmHg，双下肢轻度水肿，胎心 {138-150} 次/分，膝反射正常。",
            plan="每日监测血压、胎动，左侧卧位；头痛、眼花、上腹痛、胎动减少立即急诊。",
            vitals={"systolic": (142, 156), "diastolic": (91, 102)},
            panels=("blood", "urine", "liver", "kidney", "coagulation"),
            values={"hgb": (106, 128), "alb": (34, 40), "ua": (260, 350)},
            studies=(("obstetric-us", "宫内单活胎，脐血流 S/D {2.2|2.4|2.6}，羊水正常。"),),
            drugs=(Rx("labetalol-50", "2", "bid", 14), Rx("calcium-d3", "1", "bid", 15)),
        ),
        Visit(
            complaint="妊娠 {week} 周，妊娠期高血压复诊",
            history="规律服药，家庭血压 {128-138}/{80-88} mmHg，无头痛、眼花，胎动正常。",
            examination="血压 {systolic}/{diastolic} mmHg，双下肢轻度水肿，胎心 {138-150} 次/分。",
            plan="继续降压，每周产检，监测尿蛋白。",
            vitals={"systolic": (128, 140), "diastolic": (80, 89)},
            panels=("urine", "blood"),
            values={"hgb": (106, 126)},
            drugs=(Rx("labetalol-50", "2", "bid", 14),),
            after=(7, 9),
        ),
    ),
)

ANAEMIA = Course(
    code="anaemia-in-pregnancy",
    name="贫血并发于妊娠、分娩和产褥期",
    icd="O99.000",
    source="妊娠期铁缺乏和缺铁性贫血诊治指南（2014）",
    weight=2,
    sex="female",
    age=(20, 28, 40),
    pregnant=(20, 28),
    visits=(
        Visit(
            complaint="妊娠 {week} 周，发现贫血",
            history="妊娠 {week} 周，产检发现血红蛋白降低，活动后乏力，无阴道流血、黑便。",
            examination="睑结膜苍白，血压 {systolic}/{diastolic} mmHg，胎心 {140-152} 次/分。",
            plan="口服铁剂，进食红肉和富含维生素 C 的食物，4 周后复查。",
            panels=("blood", "iron"),
            values={"hgb": (84, 103), "mcv": (72, 81), "rbc": (3.1, 3.7), "ferritin": (4, 14), "iron": (3.5, 7.5)},
            drugs=(Rx("iron-150", "1", "qd", 30), Rx("folic-04", "1", "qd", 31)),
        ),
        Visit(
            complaint="妊娠 {week} 周，贫血复诊",
            history="服铁剂 4 周，乏力减轻，大便色黑，胎动正常。",
            examination="睑结膜稍苍白，胎心 {138-150} 次/分。",
            plan="继续补铁至产后 3 个月。",
            panels=("blood",),
            values={"hgb": (104, 116), "mcv": (78, 86), "rbc": (3.4, 3.9)},
            drugs=(Rx("iron-150", "1", "qd", 30),),
            after=(27, 31),
        ),
    ),
)

THREATENED = Course(
    code="threatened-abortion",
    name="先兆流产",
    icd="O20.000",
    source="自然流产诊治中国专家共识（2020 年版）",
    weight=2,
    sex="female",
    age=(20, 29, 42),
    pregnant=(6, 8),
    n=(1, 3),
    visits=(
        Visit(
            complaint="停经 {week} 周，阴道少量流血 {n} 天",
            history="停经 {week} 周，{n} 天来阴道少量褐色分泌物，轻度下腹坠胀，无组织物排出。",
            examination="下腹无压痛，宫口闭，宫颈无举痛，子宫增大与孕周相符。",
            plan="适当休息，避免性生活；流血增多、腹痛加重立即就诊。",
            panels=("hcg", "blood"),
            values={"hcg": (22000, 98000), "progesterone": (38, 76), "hgb": (108, 134)},
            studies=(("obstetric-us", "宫内早孕，可见卵黄囊及原始心管搏动。"),),
            drugs=(Rx("dydrogesterone-10", "1", "tid", 14), Rx("folic-04", "1", "qd", 31)),
        ),
        Visit(
            complaint="停经 {week} 周，先兆流产复诊",
            history="用药后流血停止 {3-6} 天，无腹痛。",
            examination="腹软，无压痛。",
            plan="继续用药至孕 12 周，按期产检。",
            panels=("hcg",),
            values={"hcg": (70000, 160000), "progesterone": (42, 82)},
            studies=(("obstetric-us", "宫内早孕，胎心搏动良好，头臀长与孕周相符。"),),
            drugs=(Rx("dydrogesterone-10", "1", "tid", 14),),
            after=(12, 15),
        ),
    ),
)

DEPARTMENT = Department(
    "obstetrics", "产科", 6, (ANTENATAL, GESTATIONAL_DIABETES, GESTATIONAL_HYPERTENSION, ANAEMIA, THREATENED), beds=6
)
