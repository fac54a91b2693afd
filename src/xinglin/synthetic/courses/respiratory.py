"""Respiratory medicine."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

COLD = Course(
    code="common-cold",
    name="急性上呼吸道感染",
    icd="J06.900",
    source="普通感冒规范诊治的专家共识（2012）；急性上呼吸道感染基层诊疗指南（2018）",
    weight=6,
    age=(18, 35, 85),
    n=(1, 4),
    returns=0.1,
    visits=(
        Visit(
            complaint="{鼻塞、流涕|咽痛、流涕} {n} 天",
            history="{n} 天前受凉后鼻塞、流清涕、咽部不适，{无发热|低热，最高 37.8 ℃}，无气促、胸痛。",
            examination="咽部充血，扁桃体无肿大，双肺呼吸音清，未闻及啰音。",
            plan="多休息、多饮水，无需抗菌药；持续高热或气促随时复诊。",
            vitals={"temperature": (36.4, 37.8)},
            panels=("blood",),
            values={"wbc": (4.0, 9.0), "neut": (45, 66), "crp": (0.5, 9)},
            drugs=(
                Rx("paracetamol-500", "1", "tid", 3),
                Rx("loratadine-10", "1", "qd", 5),
                Rx("lianhua-350", "4", "tid", 5, share=0.4),
            ),
        ),
    ),
)

INFLUENZA = Course(
    code="influenza",
    name="流行性感冒伴呼吸道表现",
    icd="J11.100",
    source="流行性感冒诊疗方案（2020 年版，国家卫生健康委员会）",
    weight=3,
    age=(18, 36, 80),
    n=(1, 2),
    returns=0.1,
    visits=(
        Visit(
            complaint="高热、全身酸痛 {n} 天",
            history="{n} 天前突起高热，最高 {peak} ℃，伴寒战、头痛、全身肌肉酸痛、干咳，家中有类似病人。",
            examination="急性热病容，咽部充血，双肺呼吸音粗，未闻及啰音。",
            plan="居家隔离，多饮水，48 小时内开始抗病毒治疗；气促、意识改变立即就诊。",
            vitals={"temperature": (38.5, 39.6), "pulse": (92, 116)},
            panels=("blood", "influenza"),
            values={"wbc": (3.0, 7.0), "neut": (50, 76), "crp": (3, 22), "flua": "阳性"},
            drugs=(
                Rx("oseltamivir-75", "1", "bid", 5),
                Rx("paracetamol-500", "1", "tid", 3),
                Rx("ambroxol-30", "1", "tid", 5, share=0.5),
            ),
        ),
    ),
)

PNEUMONIA = Course(
    code="pneumonia",
    name="肺炎",
    icd="J18.900",
    source="中国成人社区获得性肺炎诊断和治疗指南（2016 年版）",
    weight=4,
    male=0.54,
    age=(18, 55, 88),
    n=(3, 6),
    visits=(
        Visit(
            complaint="发热、咳嗽、咳痰 {n} 天",
            history="{n} 天前受凉后发热，最高 {peak} ℃，咳{黄脓痰|黄白痰}，伴乏力，无咯血，CURB-65 评分 0～1 分。",
            examination="{side}下肺可闻及细湿啰音，语颤稍增强，心率 {pulse} 次/分。",
            plan="抗感染治疗 3 天后复诊评估；气促、意识改变、持续高热立即就诊。",
            vitals={"temperature": (37.9, 39.2), "pulse": (88, 110), "saturation": (94, 97)},
            panels=("blood", "procalcitonin", "liver", "kidney"),
            values={"wbc": (10.5, 17), "neut": (78, 90), "crp": (42, 160), "pct": (0.1, 1.6)},
            studies=(("chest-ct", "{side}肺下叶斑片状实变影，边界模糊，考虑感染性病变。"),),
            drugs=(
                Rx("moxifloxacin-400", "1", "qd", 7, otherwise=Rx("amoxiclav-457", "1", "tid", 7)),
                Rx("ambroxol-30", "1", "tid", 7),
                Rx("paracetamol-500", "1", "tid", 3, share=0.6),
            ),
        ),
        Visit(
            complaint="肺炎治疗后复诊",
            history="治疗 1 周，体温正常 {3-4} 天，咳嗽、咳痰明显减少。",
            examination="双肺呼吸音稍粗，啰音{消失|明显减少}。",
            plan="停用抗菌药，继续化痰，4 周后复查胸部影像。",
            panels=("blood",),
            values={"wbc": (5, 9), "neut": (52, 70), "crp": (2, 16)},
            drugs=(Rx("ambroxol-30", "1", "tid", 7),),
            after=(6, 9),
        ),
    ),
)

COPD = Course(
    code="copd",
    name="慢性阻塞性肺疾病",
    icd="J44.900",
    source="慢性阻塞性肺疾病诊治指南（2021 年修订版）",
    weight=4,
    male=0.75,
    age=(48, 68, 88),
    past="吸烟 {20-30} 年，每日约 20 支，已戒烟 {1-8} 年。",
    past_of_women="不吸烟，长期接触厨房油烟和燃煤。",
    bmi=(18, 25),
    visits=(
        Visit(
            complaint="反复咳嗽、咳痰 {5-12} 年，活动后气促 1 年",
            history="每年冬春季咳嗽、咳白痰超过 3 个月，近 1 年上 2 层楼即气促，mMRC 分级 2 级。",
            examination="桶状胸，双肺叩诊过清音，呼吸音减低，呼气相延长。",
            plan="戒烟，接种流感和肺炎疫苗，指导吸入装置使用，呼吸康复锻炼。",
            vitals={"saturation": (92, 96), "pulse": (76, 94)},
            panels=("blood",),
            studies=(
                ("spirometry", "吸入支气管舒张剂后 FEV1/FVC {52-66}%，FEV1 占预计值 {45-72}%，阻塞性通气功能障碍。"),
                ("chest-ct", "双肺肺气肿，支气管壁增厚。"),
            ),
            drugs=(
                Rx("tiotropium-18", "1", "qd", 30, route="inhalation"),
                Rx("acetylcysteine-600", "1", "qd", 30, share=0.5),
            ),
        ),
    ),
    follow=Visit(
        complaint="慢阻肺 {known}，复诊",
        history="规律吸入药物，近 1 个月无急性加重，平地步行 {400-900} 米。",
        examination="双肺呼吸音减低，未闻及干湿啰音，血氧饱和度 {saturation}%。",
        plan="继续吸入治疗，痰量增多或气促加重及时就诊。",
        vitals={"saturation": (92, 96)},
        drugs=(
            Rx("tiotropium-18", "1", "qd", 30, route="inhalation"),
            Rx("budesonide-formoterol", "2", "bid", 15, route="inhalation", share=0.5),
        ),
    ),
)

ASTHMA = Course(
    code="asthma",
    name="支气管哮喘",
    icd="J45.900",
    source="支气管哮喘防治指南（2020 年版）",
    weight=4,
    male=0.46,
    age=(18, 38, 75),
    past="变应性鼻炎 {3-10} 年，母亲有哮喘。",
    visits=(
        Visit(
            complaint="反复喘息、胸闷 {2-10} 年，加重 {n} 天",
            history="接触{冷空气|粉尘|花粉}后喘息、胸闷，夜间及清晨明显，{n} 天来每日发作。",
            examination="双肺散在呼气相哮鸣音，无三凹征，血氧饱和度 {saturation}%。",
            plan="避免过敏原，规律吸入控制药物，吸入后漱口，随身备缓解药物。",
            vitals={"saturation": (94, 97), "pulse": (82, 104)},
            panels=("blood", "ige"),
            values={"ige": (120, 780)},
            studies=(("spirometry", "支气管舒张试验阳性，FEV1 改善 {13-24}%，绝对值增加 {240-460} mL。"),),
            drugs=(
                Rx("budesonide-formoterol", "1", "bid", 30, route="inhalation"),
                Rx("montelukast-10", "1", "qn", 30, share=0.6),
                Rx("salbutamol-inhaler", "2", "once", 1, route="inhalation", needed=True),
            ),
        ),
    ),
    follow=Visit(
        complaint="哮喘 {known}，复诊",
        history="近 4 周日间症状每周少于 2 次，无夜间憋醒，ACT 评分 {20-24} 分。",
        examination="双肺呼吸音清，未闻及哮鸣音。",
        plan="维持当前级别治疗，控制满 3 个月考虑降级。",
        drugs=(Rx("budesonide-formoterol", "1", "bid", 30, route="inhalation"),),
    ),
)

COUGH = Course(
    code="acute-bronchitis",
    name="急性支气管炎",
    icd="J20.900",
    source="咳嗽的诊断与治疗指南（2021）",
    weight=5,
    age=(18, 42, 85),
    n=(4, 12),
    returns=0.2,
    visits=(
        Visit(
            complaint="咳嗽 {n} 天",
            history="{n} 天前感冒后咳嗽，咳{少量白痰|少量黏痰}，夜间明显，无发热、咯血、盗汗。",
            examination="咽部稍充血，双肺呼吸音粗，{未闻及啰音|偶闻干啰音}。",
            plan="对症治疗，多饮水；咳嗽超过 3 周或咯血、发热复诊。",
            panels=("blood",),
            values={"crp": (1, 12)},
            studies=(("chest-xray", "双肺纹理增多，未见实变影。"),),
            drugs=(
                Rx("ambroxol-30", "1", "tid", 7),
                Rx("acetylcysteine-600", "1", "qd", 6, share=0.3),
                Rx("loratadine-10", "1", "qd", 6, share=0.4),
            ),
        ),
    ),
)

DEPARTMENT = Department(
    "respiratory", "呼吸与危重症医学科", 9, (COLD, INFLUENZA, PNEUMONIA, COPD, ASTHMA, COUGH), beds=9
)
