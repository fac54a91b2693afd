"""Gynaecology."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

VAGINOSIS = Course(
    code="bacterial-vaginosis",
    name="急性阴道炎",
    icd="N76.000",
    source="细菌性阴道病诊治指南（2021 修订版）",
    weight=5,
    sex="female",
    age=(20, 33, 55),
    n=(3, 10),
    returns=0.4,
    past="未妊娠，避孕套避孕。",
    visits=(
        Visit(
            complaint="白带增多伴异味 {n} 天",
            history="{n} 天来白带增多，灰白色，有鱼腥味，外阴轻度瘙痒，无下腹痛。",
            examination="阴道壁附着稀薄灰白色分泌物，胺试验阳性，宫颈光滑，无举痛。",
            plan="治疗期间避免饮酒和性生活，忌阴道冲洗。",
            panels=("vaginal",),
            values={"clue": "阳性"},
            drugs=(Rx("metronidazole-200", "2", "bid", 7),),
        ),
    ),
)

CANDIDIASIS = Course(
    code="vulvovaginal-candidiasis",
    name="外阴和阴道念珠菌病",
    icd="B37.300",
    source="外阴阴道假丝酵母菌病诊治规范修订稿（中华医学会妇产科学分会，2012）",
    weight=4,
    sex="female",
    age=(18, 31, 50),
    n=(2, 7),
    returns=0.3,
    visits=(
        Visit(
            complaint="外阴瘙痒、白带豆渣样 {n} 天",
            history="{n} 天来外阴剧烈瘙痒、灼痛，白带呈豆渣样，近期{服用抗生素|劳累、熬夜}。",
            examination="外阴充血，阴道黏膜充血，大量白色凝乳状分泌物。",
            plan="保持外阴清洁干燥，穿棉质内裤，症状持续或反复时复诊。",
            panels=("vaginal", "glucose"),
            values={"candida": "阳性"},
            drugs=(Rx("clotrimazole-vaginal", "1", "once", 1, route="vaginal"),),
        ),
    ),
)

BLEEDING = Course(
    code="abnormal-uterine-bleeding",
    name="异常的子宫和阴道出血",
    icd="N93.900",
    source="异常子宫出血诊断与治疗指南（2022 更新版）",
    weight=4,
    sex="female",
    age=(18, 40, 50),
    n=(8, 16),
    past="月经既往规律，未服避孕药。",
    visits=(
        Visit(
            complaint="阴道不规则流血 {n} 天",
            history="停经 {40-55} 天后阴道流血 {n} 天，量{多|中等}，无腹痛、晕厥。",
            examination="外阴血染，宫口闭，宫颈无举痛，子宫正常大小，附件区无压痛。",
            plan="止血、调整周期；出血量大、头晕立即就诊。",
            panels=("hcg", "blood", "coagulation", "thyroid"),
            values={"hcg": (1, 3), "progesterone": (0.6, 3), "hgb": (88, 122)},
            studies=(("gynecology-us", "子宫附件未见明显异常，内膜厚约 {9-13} mm。"),),
            drugs=(Rx("tranexamic-500", "2", "tid", 5), Rx("dydrogesterone-10", "1", "bid", 10)),
        ),
        Visit(
            complaint="异常子宫出血复诊",
            history="用药后 {3-5} 天血止，停药后撤退性出血 {5-7} 天。",
            examination="外阴、阴道无血迹，子宫附件无压痛。",
            plan="后半周期孕激素 3 个周期，记录月经。",
            panels=("blood",),
            values={"hgb": (100, 126)},
            drugs=(Rx("dydrogesterone-10", "1", "bid", 14),),
            after=(24, 32),
        ),
    ),
)

DYSMENORRHOEA = Course(
    code="dysmenorrhoea",
    name="痛经",
    icd="N94.600",
    source="妇产科学（第 9 版，2018）",
    weight=2,
    sex="female",
    age=(16, 22, 35),
    n=(1, 6),
    returns=0.2,
    visits=(
        Visit(
            complaint="经期下腹痛 {n} 年",
            history="月经来潮第 1～2 天下腹坠痛，伴恶心、腰酸，影响上课或工作，经量正常，无性交痛。",
            examination="腹软，下腹无压痛，未触及包块。",
            plan="经期保暖，疼痛开始时即服止痛药，进行性加重时复查。",
            studies=(("gynecology-us", "子宫附件未见明显异常。"),),
            drugs=(Rx("ibuprofen-300", "1", "bid", 3, otherwise=Rx("paracetamol-500", "1", "tid", 3)),),
        ),
    ),
)

POLYCYSTIC = Course(
    code="polycystic-ovary-syndrome",
    name="多囊卵巢综合征",
    icd="E28.200",
    source="多囊卵巢综合征中国诊疗指南（2018）",
    weight=2,
    sex="female",
    age=(18, 25, 36),
    n=(1, 4),
    bmi=(22, 31),
    visits=(
        Visit(
            complaint="月经稀发 {n} 年",
            history="月经 {2-4} 个月 1 次，伴面部痤疮、体毛增多，体重增加，暂无生育要求，不吸烟。",
            examination="面部散在痤疮，上唇及脐下体毛稍多，颈部轻度黑棘皮，血压 {systolic}/{diastolic} mmHg。",
            plan="减重 5%～10%，规律运动，口服避孕药调整周期，下肢肿痛、胸痛立即停药就诊。",
            panels=("sex-hormones", "glucose", "lipids", "hcg", "thyroid"),
            values={
                "lh": (9.5, 19),
                "fsh": (4.2, 7.4),
                "testosterone": (2.0, 3.3),
                "hcg": (1, 3),
                "progesterone": (0.6, 2.4),
                "tg": (1.1, 2.6),
            },
            studies=(("gynecology-us", "双侧卵巢多囊样改变，单切面卵泡数大于 12 个。"),),
            drugs=(Rx("drospirenone-ee", "1", "qd", 21), Rx("metformin-500", "1", "bid", 28, share=0.5)),
        ),
    ),
    follow=Visit(
        complaint="多囊卵巢综合征 {known}，复诊",
        history="服药后月经规律，痤疮减轻，无头痛、下肢肿痛。",
        examination="血压 {systolic}/{diastolic} mmHg，面部痤疮减轻。",
        plan="继续 3～6 个周期，监测血压和体重。",
        drugs=(Rx("drospirenone-ee", "1", "qd", 21), Rx("metformin-500", "1", "bid", 28, share=0.5)),
    ),
)

FIBROID = Course(
    code="uterine-fibroid",
    name="子宫平滑肌瘤",
    icd="D25.900",
    source="子宫肌瘤的诊治中国专家共识（2017）",
    weight=3,
    sex="female",
    age=(30, 44, 54),
    n=(1, 12),
    returns=0.1,
    visits=(
        Visit(
            complaint="体检发现子宫肌瘤 {n} 个月",
            history="{n} 个月前体检发现子宫肌瘤，月经量{正常|稍多}，无尿频、腹痛。",
            examination="子宫稍大，前壁结节感，活动好，附件区未触及包块。",
            plan="无症状，3～6 个月复查超声；经量增多、贫血时手术评估。",
            panels=("blood",),
            values={"hgb": (108, 136)},
            studies=(("gynecology-us", "子宫肌壁间低回声结节，大小约 {2-4} cm，边界清。"),),
            drugs=(Rx("iron-150", "1", "qd", 30, share=0.2),),
        ),
    ),
)

DEPARTMENT = Department(
    "gynecology", "妇科", 6, (VAGINOSIS, CANDIDIASIS, BLEEDING, DYSMENORRHOEA, POLYCYSTIC, FIBROID), beds=5
)
