"""General surgery."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

GALLSTONE = Course(
    code="gallstone",
    name="胆囊结石",
    icd="K80.200",
    source="胆囊良性疾病外科治疗的专家共识（2021 版）",
    weight=4,
    male=0.42,
    age=(22, 50, 82),
    n=(1, 6),
    bmi=(22, 31),
    returns=0.2,
    visits=(
        Visit(
            complaint="间断右上腹痛 {n} 个月",
            history="{n} 个月来进食油腻后右上腹胀痛，向右肩背放射，数小时缓解，无发热、黄疸。",
            examination="腹软，右上腹轻压痛，Murphy 征阴性，皮肤巩膜无黄染。",
            plan="低脂饮食，择期腹腔镜胆囊切除；持续腹痛、发热、黄疸立即急诊。",
            panels=("blood", "liver", "pancreas"),
            studies=(("abdomen-us", "胆囊大小正常，腔内多发强回声伴声影，最大约 {8-16} mm，胆总管无扩张。"),),
            drugs=(Rx("ursodeoxycholic-250", "1", "bid", 25, share=0.3),),
        ),
    ),
)

HAEMORRHOID = Course(
    code="haemorrhoids",
    name="痔",
    icd="I84.900",
    source="中国痔病诊疗指南（2020）",
    weight=4,
    age=(20, 40, 75),
    n=(3, 14),
    returns=0.2,
    visits=(
        Visit(
            complaint="便后滴鲜血 {n} 天",
            history="{n} 天来便后滴鲜血，大便干结，无疼痛、消瘦、脓血便。",
            examination="肛门外观无红肿，截石位 3、7、11 点内痔Ⅱ度，指检未触及肿物，指套无血染。",
            plan="温水坐浴，多饮水，高纤维饮食；40 岁以上建议肠镜。",
            panels=("blood", "stool"),
            values={"sob": "阳性|阴性"},
            drugs=(Rx("lactulose-667", "15", "qd", 10),),
        ),
    ),
)

CELLULITIS = Course(
    code="cellulitis",
    name="蜂窝织炎",
    icd="L03.900",
    source="皮肤及软组织感染诊断和治疗共识（2009）；抗菌药物临床应用指导原则（2015 年版）",
    weight=3,
    male=0.56,
    age=(18, 48, 82),
    n=(2, 4),
    visits=(
        Visit(
            complaint="{side}小腿红肿疼痛 {n} 天",
            history="{n} 天前{side}小腿{蚊虫叮咬抓破|足癣破溃}后红肿疼痛，逐渐扩大，低热。",
            examination="{side}小腿中段红肿，约 {6-12} cm，皮温高，压痛，无波动感，足背动脉搏动正常。",
            plan="抬高患肢，抗感染 7 天，48 小时复诊；红肿迅速扩大、高热立即就诊。",
            vitals={"temperature": (37.0, 38.2)},
            panels=("blood", "glucose"),
            values={"wbc": (9.8, 15), "neut": (74, 86), "crp": (22, 88)},
            drugs=(Rx("cefuroxime-250", "2", "bid", 7, otherwise=Rx("levofloxacin-500", "1", "qd", 7)),),
        ),
        Visit(
            complaint="蜂窝织炎复诊",
            history="用药后红肿明显消退，无发热。",
            examination="{side}小腿红肿范围缩小，轻压痛，少许脱屑。",
            plan="完成疗程，治疗足癣，保持皮肤清洁。",
            panels=("blood",),
            values={"wbc": (5, 9), "neut": (54, 70), "crp": (2, 14)},
            after=(5, 8),
        ),
    ),
)

HERNIA = Course(
    code="inguinal-hernia",
    name="单侧或未特指的腹股沟疝，不伴有梗阻或坏疽",
    icd="K40.900",
    source="成人腹股沟疝诊断和治疗指南（2018 年版）",
    weight=2,
    male=0.92,
    age=(24, 62, 88),
    n=(2, 24),
    returns=0.1,
    visits=(
        Visit(
            complaint="{side}腹股沟可复性包块 {n} 个月",
            history="{n} 个月来站立、咳嗽时{side}腹股沟包块突出，平卧消失，无腹痛、呕吐。",
            examination="{side}腹股沟可触及约 {3-5} cm 包块，质软，可还纳，咳嗽冲击感阳性。",
            plan="择期手术，避免重体力劳动；包块不能还纳、疼痛、呕吐立即急诊。",
            panels=("blood", "coagulation", "glucose"),
            studies=(("ecg", "窦性心律，正常心电图。"),),
        ),
    ),
)

VARICOSE = Course(
    code="varicose-veins",
    name="下肢静脉曲张不伴有溃疡或炎症",
    icd="I83.900",
    source="中国慢性静脉疾病诊断与治疗指南（2019）",
    weight=2,
    male=0.42,
    age=(28, 54, 80),
    n=(2, 10),
    returns=0.1,
    visits=(
        Visit(
            complaint="{side}下肢浅静脉迂曲 {n} 年",
            history="{n} 年来{side}小腿浅静脉迂曲扩张，久站后酸胀，休息抬高缓解，无破溃。",
            examination="{side}小腿内侧静脉迂曲成团，轻度色素沉着，足背动脉搏动正常，Perthes 试验阴性。",
            plan="穿弹力袜，避免久站，抬高患肢，必要时手术。",
            panels=("coagulation", "ddimer"),
        ),
    ),
)

DEPARTMENT = Department(
    "general-surgery", "普通外科", 5, (GALLSTONE, HAEMORRHOID, CELLULITIS, HERNIA, VARICOSE), beds=10
)
