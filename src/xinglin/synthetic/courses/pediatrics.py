"""Paediatrics. Doses go by weight."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

_FEVER = (
    Rx("ibuprofen-susp", frequency="tid", days=2, per_kg=8, otherwise=Rx("paracetamol-susp", "1", "tid", 2, per_kg=12)),
)

COLD = Course(
    code="child-cold",
    name="急性上呼吸道感染",
    icd="J06.900",
    source="诸福棠实用儿科学（第 9 版，2022）",
    weight=8,
    male=0.54,
    age=(1, 4, 13),
    n=(1, 3),
    returns=0.15,
    past="足月顺产，按计划接种疫苗。",
    visits=(
        Visit(
            complaint="发热、流涕 {n} 天",
            history="{n} 天前发热，最高 {peak} ℃，流清涕，轻咳，精神可，饮食稍差，大小便正常。",
            examination="神志清，精神可，咽充血，双肺呼吸音清，心音有力，腹软，未见皮疹。",
            plan="多饮水，体温 38.5 ℃ 以上且不适时用退热药；精神差、抽搐、呼吸急促立即就诊。",
            vitals={"temperature": (37.6, 39.0)},
            panels=("blood",),
            values={"crp": (0.5, 10)},
            drugs=(*_FEVER, Rx("loratadine-syrup", frequency="qd", days=5, bands=((30, "5"), (99, "10")), share=0.5)),
        ),
    ),
)

PNEUMONIA = Course(
    code="child-mycoplasma-pneumonia",
    name="肺炎支原体性肺炎",
    icd="J15.700",
    source="儿童肺炎支原体肺炎诊疗指南（2023 年版，国家卫生健康委员会）",
    weight=3,
    male=0.5,
    age=(4, 7, 13),
    n=(4, 7),
    past="足月顺产，按计划接种疫苗，班级有同学咳嗽。",
    visits=(
        Visit(
            complaint="发热、刺激性干咳 {n} 天",
            history="{n} 天前发热，最高 {peak} ℃，阵发性干咳，头孢治疗效果不佳。",
            examination="精神可，呼吸平稳，{side}下肺呼吸音稍低，可闻及少许湿啰音。",
            plan="阿奇霉素每日 1 次，服 3 天停 4 天；发热不退或呼吸急促及时复诊。",
            vitals={"temperature": (38.0, 39.3), "saturation": (95, 98)},
            panels=("blood", "mycoplasma", "liver"),
            values={"crp": (9, 48), "mp": "阳性"},
            studies=(("chest-xray", "{side}肺下野斑片状阴影。"),),
            drugs=(
                Rx("azithromycin-susp", frequency="qd", days=3, per_kg=10),
                Rx("ambroxol-solution", frequency="bid", days=5, bands=((22, "2.5"), (99, "5"))),
                *_FEVER,
            ),
        ),
        Visit(
            complaint="支原体肺炎复诊",
            history="热退 {2-4} 天，咳嗽减轻，精神、饮食好。",
            examination="双肺呼吸音清，啰音消失。",
            plan="完成第 2 疗程，4 周后复查胸片。",
            panels=("blood",),
            values={"crp": (0.5, 9)},
            drugs=(Rx("azithromycin-susp", frequency="qd", days=3, per_kg=10),),
            after=(6, 8),
        ),
    ),
)

DIARRHEA = Course(
    code="child-rotavirus-enteritis",
    name="轮状病毒性肠炎",
    icd="A08.000",
    source="中国儿童急性感染性腹泻病临床实践指南（2016 年）",
    weight=3,
    male=0.55,
    age=(1, 2, 5),
    n=(1, 3),
    returns=0.3,
    past="足月顺产，未接种轮状病毒疫苗。",
    visits=(
        Visit(
            complaint="呕吐、腹泻 {n} 天",
            history="{n} 天前呕吐 {2-4} 次，随后蛋花汤样便，每日 {5-9} 次，尿量稍减少，低热。",
            examination="精神可，皮肤弹性好，眼窝稍凹陷，腹软，肠鸣音活跃，轻度脱水。",
            plan="口服补液，继续饮食；无尿 6 小时、血便、频繁呕吐立即就诊。",
            vitals={"temperature": (37.0, 38.3)},
            panels=("blood", "stool", "rotavirus", "electrolytes"),
            values={"rota": "阳性", "crp": (0.5, 8), "na": (135, 142), "k": (3.4, 4.2)},
            drugs=(
                Rx("ors-3", "1", "tid", 2),
                Rx("smectite-3", frequency="tid", days=3, bands=((12, "0.5"), (99, "1"))),
                Rx("boulardii-250", "1", "bid", 5, share=0.6),
            ),
        ),
    ),
)

ASTHMA = Course(
    code="child-asthma",
    name="支气管哮喘",
    icd="J45.900",
    source="儿童支气管哮喘诊断与防治指南（2016 年版）",
    weight=2,
    male=0.62,
    age=(4, 7, 13),
    past="婴儿期湿疹，母亲有变应性鼻炎。",
    visits=(
        Visit(
            complaint="反复喘息 {1-3} 年，再发 {n} 天",
            history="感冒后喘息，夜间咳嗽明显，{n} 天来活动后气促，无发热。",
            examination="呼吸稍促，双肺可闻及呼气相哮鸣音，无三凹征。",
            plan="雾化吸入，规律使用控制药物，避免过敏原，建立哮喘日记。",
            vitals={"saturation": (94, 97)},
            panels=("blood", "ige"),
            values={"ige": (150, 900), "crp": (0.5, 6)},
            drugs=(
                Rx("budesonide-neb", "2", "bid", 5, route="inhalation"),
                Rx("montelukast-5", "1", "qn", 28, otherwise=Rx("montelukast-4", "1", "qn", 28)),
                Rx("salbutamol-inhaler", "2", "once", 1, route="inhalation", needed=True),
            ),
        ),
    ),
    follow=Visit(
        complaint="哮喘 {known}，复诊",
        history="近 4 周无喘息发作，运动、睡眠不受影响，C-ACT 评分 {22-26} 分。",
        examination="双肺呼吸音清，未闻及哮鸣音。",
        plan="继续控制治疗，每 3 个月评估。",
        drugs=(
            Rx("budesonide-neb", "1", "bid", 14, route="inhalation"),
            Rx("montelukast-5", "1", "qn", 28, otherwise=Rx("montelukast-4", "1", "qn", 28)),
        ),
    ),
)

TONSILLITIS = Course(
    code="child-streptococcal-tonsillitis",
    name="链球菌性扁桃体炎",
    icd="J03.000",
    source="诸福棠实用儿科学（第 9 版，2022）；抗菌药物临床应用指导原则（2015 年版）",
    weight=3,
    age=(4, 6, 13),
    n=(1, 3),
    returns=0.3,
    past="按计划接种疫苗，青霉素皮试阴性。",
    visits=(
        Visit(
            complaint="发热、咽痛 {n} 天",
            history="{n} 天前发热，最高 {peak} ℃，咽痛，吞咽时加重，无咳嗽、流涕。",
            examination="咽充血，双侧扁桃体Ⅱ度肿大，表面见黄白色分泌物，颈前淋巴结肿大触痛。",
            plan="抗生素服满 10 天；2 周后复查尿常规。",
            vitals={"temperature": (38.2, 39.4)},
            panels=("blood", "strep"),
            values={"wbc": (13, 20), "neut": (74, 86), "crp": (28, 90), "strep": "阳性"},
            drugs=(
                Rx(
                    "amoxicillin-granule",
                    frequency="bid",
                    days=10,
                    per_kg=22,
                    otherwise=Rx("azithromycin-susp", frequency="qd", days=5, per_kg=10),
                ),
                *_FEVER,
            ),
        ),
    ),
)

HAND_FOOT_MOUTH = Course(
    code="hand-foot-mouth-disease",
    name="手足口病",
    icd="B08.400",
    source="手足口病诊疗指南（2018 年版，国家卫生健康委员会）",
    weight=2,
    male=0.58,
    age=(1, 2, 6),
    n=(1, 3),
    returns=0.2,
    past="按计划接种疫苗，托班有手足口病患儿。",
    visits=(
        Visit(
            complaint="手足皮疹、口痛 {n} 天",
            history="{n} 天前低热，手、足、臀部出现红色丘疹及疱疹，口痛、流涎，进食少，无呕吐、惊跳。",
            examination="精神可，手足心散在丘疱疹，颊黏膜及软腭见疱疹和浅溃疡，颈软。",
            plan="居家隔离 2 周，注意口腔清洁；高热不退、精神差、肢体抖动、呕吐立即就诊。",
            vitals={"temperature": (36.9, 38.6)},
            panels=("blood",),
            values={"crp": (0.5, 8)},
            drugs=(Rx("paracetamol-susp", frequency="tid", days=2, per_kg=12),),
        ),
    ),
)

DEPARTMENT = Department(
    "pediatrics", "儿科", 12, (COLD, PNEUMONIA, DIARRHEA, ASTHMA, TONSILLITIS, HAND_FOOT_MOUTH), beds=7
)
