"""Gastroenterology."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

GASTRITIS = Course(
    code="helicobacter-gastritis",
    name="慢性胃炎",
    icd="K29.500",
    source="2022 中国幽门螺杆菌感染治疗指南；中国慢性胃炎诊治指南（2022 年）",
    weight=6,
    age=(20, 45, 78),
    n=(2, 8),
    visits=(
        Visit(
            complaint="上腹胀痛、嗳气 {n} 个月",
            history="{n} 个月来餐后上腹胀痛，伴嗳气、早饱，无呕血、黑便，体重无明显下降。",
            examination="腹平软，剑突下轻压痛，无反跳痛，肝脾未触及。",
            plan="铋剂四联根除幽门螺杆菌 14 天，停药至少 4 周后复查呼气试验，分餐。",
            panels=("blood", "breath"),
            values={"ubt": (8, 42)},
            studies=(("gastroscopy", "慢性非萎缩性胃炎{伴糜烂|}，胃窦为主。"),),
            drugs=(
                Rx("esomeprazole-20", "1", "bid", 14),
                Rx("bismuth-300", "2", "bid", 14),
                Rx("amoxicillin-500", "2", "bid", 14, otherwise=Rx("metronidazole-200", "2", "tid", 14)),
                Rx("clarithromycin-250", "2", "bid", 14),
            ),
        ),
        Visit(
            complaint="幽门螺杆菌根除后复查",
            history="疗程完成，停药 4 周以上，上腹不适明显减轻，口苦已消失。",
            examination="腹软，无压痛。",
            plan="根除成功，规律饮食，按需随诊。",
            panels=("breath",),
            values={"ubt": (0.1, 2.8)},
            after=(44, 56),
        ),
    ),
)

REFLUX = Course(
    code="reflux-oesophagitis",
    name="胃食管反流病伴食管炎",
    icd="K21.000",
    source="2020 年中国胃食管反流病专家共识",
    weight=5,
    male=0.55,
    age=(22, 48, 80),
    n=(1, 8),
    bmi=(22, 30),
    visits=(
        Visit(
            complaint="反酸、烧心 {n} 个月",
            history="{n} 个月来餐后及平卧时反酸、胸骨后烧灼感，每周 {3-5} 次，无吞咽困难。",
            examination="腹软，剑突下无压痛，心肺查体无异常。",
            plan="抬高床头，睡前 3 小时禁食，减重，避免浓茶咖啡；疗程 8 周。",
            panels=("blood",),
            studies=(("gastroscopy", "反流性食管炎（LA-{A|B}），贲门松弛。"), ("ecg", "窦性心律，正常心电图。")),
            drugs=(Rx("esomeprazole-20", "1", "bid", 28), Rx("mosapride-5", "1", "tid", 14, share=0.6)),
        ),
        Visit(
            complaint="反流性食管炎复诊",
            history="服药 4 周，反酸、烧心明显减轻，偶有发作。",
            examination="腹软，无压痛。",
            plan="继续服药满 8 周后减量。",
            drugs=(Rx("esomeprazole-20", "1", "qd", 28),),
            after=(27, 31),
        ),
    ),
)

ULCER = Course(
    code="duodenal-ulcer",
    name="十二指肠溃疡",
    icd="K26.900",
    source="消化性溃疡诊断与治疗共识意见（2022 年，上海）",
    weight=3,
    male=0.68,
    age=(18, 40, 75),
    n=(1, 4),
    past="近期服用布洛芬止痛。",
    visits=(
        Visit(
            complaint="空腹上腹痛 {n} 周",
            history="{n} 周来空腹及夜间上腹隐痛，进食后缓解，{无黑便|2 天前黑便 1 次}，无呕血。",
            examination="腹软，上腹偏右轻压痛，无肌紧张，肠鸣音正常。",
            plan="停用非甾体抗炎药；呕血、黑便、剧烈腹痛立即就诊。",
            panels=("blood", "stool", "breath"),
            values={"sob": "阳性|阴性", "ubt": (0.2, 3.5)},
            studies=(("gastroscopy", "十二指肠球部前壁溃疡（A{1|2} 期），大小约 0.{6-9} cm。"),),
            drugs=(Rx("esomeprazole-20", "1", "bid", 28), Rx("hydrotalcite-500", "2", "tid", 14)),
        ),
    ),
)

CONSTIPATION = Course(
    code="constipation",
    name="便秘",
    icd="K59.000",
    source="中国慢性便秘专家共识意见（2019，广州）",
    weight=3,
    male=0.35,
    age=(20, 62, 90),
    n=(6, 24),
    returns=0.3,
    visits=(
        Visit(
            complaint="排便困难 {n} 个月",
            history="{n} 个月来大便 {3-5} 日 1 次，干结，排便费力，无便血、消瘦。",
            examination="腹软，左下腹可触及肠型，无压痛。",
            plan="增加膳食纤维和饮水，晨起定时排便；便血、消瘦及时就诊。",
            panels=("blood", "stool", "thyroid"),
            drugs=(Rx("lactulose-667", "15", "qd", 14), Rx("mosapride-5", "1", "tid", 14, share=0.4)),
        ),
    ),
)

IRRITABLE = Course(
    code="irritable-bowel",
    name="肠易激综合征",
    icd="K58.900",
    source="2020 年中国肠易激综合征专家共识意见",
    weight=3,
    male=0.45,
    age=(18, 34, 60),
    n=(6, 18),
    returns=0.4,
    visits=(
        Visit(
            complaint="反复腹痛、腹泻 {n} 个月",
            history="{n} 个月来腹痛，便后缓解，稀便每日 {2-4} 次，{紧张|受凉}后加重，无脓血便、发热、消瘦。",
            examination="腹软，左下腹轻压痛，肠鸣音稍活跃。",
            plan="解释病情，避免生冷及产气食物，规律作息。",
            panels=("blood", "stool", "thyroid"),
            studies=(("colonoscopy", "结直肠黏膜未见异常。"),),
            drugs=(Rx("smectite-3", "1", "tid", 7), Rx("boulardii-250", "2", "bid", 14)),
        ),
    ),
)

COLITIS = Course(
    code="ulcerative-colitis",
    name="溃疡性结肠炎",
    icd="K51.900",
    source="中国溃疡性结肠炎诊治指南（2023 年·西安）",
    weight=2,
    age=(20, 38, 70),
    n=(1, 4),
    visits=(
        Visit(
            complaint="黏液脓血便 {n} 个月",
            history="{n} 个月来黏液脓血便，每日 {3-5} 次，伴左下腹隐痛、里急后重，无发热。",
            examination="腹软，左下腹轻压痛，无反跳痛。",
            plan="足量美沙拉秦诱导缓解，避免辛辣生冷，4 周后复诊。",
            panels=("blood", "esr", "stool", "liver", "kidney"),
            values={"crp": (6, 32), "sob": "阳性", "swbc": "5-10/HP|10-15/HP"},
            studies=(("colonoscopy", "直肠至乙状结肠黏膜弥漫充血糜烂，血管纹理消失，Mayo 内镜评分 2 分。"),),
            drugs=(Rx("mesalazine-500", "2", "tid", 28, otherwise=Rx("boulardii-250", "2", "bid", 28)),),
        ),
    ),
    follow=Visit(
        complaint="溃疡性结肠炎 {known}，复诊",
        history="规律服药，大便每日 {1-2} 次，成形，无脓血。",
        examination="腹软，无压痛。",
        plan="维持缓解治疗，每半年复查肝肾功能。",
        panels=("blood",),
        drugs=(Rx("mesalazine-500", "1", "tid", 28, otherwise=Rx("boulardii-250", "2", "bid", 28)),),
    ),
)

HEPATITIS = Course(
    code="chronic-hepatitis-b",
    name="慢性乙型病毒性肝炎",
    icd="B18.100",
    source="慢性乙型肝炎防治指南（2022 年版）",
    weight=3,
    male=0.64,
    age=(24, 46, 75),
    past="母亲为乙肝患者，不饮酒。",
    visits=(
        Visit(
            complaint="发现乙肝表面抗原阳性 {5-20} 年，肝功能异常 {n} 周",
            history="体检发现转氨酶升高，伴乏力，无黄疸、腹胀、鼻出血。",
            examination="皮肤巩膜无黄染，未见肝掌、蜘蛛痣，肝脾肋下未触及。",
            plan="启动抗病毒治疗，不可自行停药，家人筛查乙肝并接种疫苗。",
            panels=("blood", "liver", "kidney", "hepatitis-b"),
            values={"alt": (92, 260), "ast": (58, 160), "hbsag": "阳性", "hbvdna": (30000, 9000000), "afp": (2, 12)},
            studies=(("abdomen-us", "肝实质回声增粗，胆囊、脾未见异常。"),),
            drugs=(Rx("entecavir-05", "1", "qn", 28),),
        ),
    ),
    follow=Visit(
        complaint="慢性乙型肝炎 {known}，复诊取药",
        history="规律服恩替卡韦，无漏服，无乏力、纳差。",
        examination="皮肤巩膜无黄染，肝脾肋下未触及。",
        plan="继续抗病毒，每 6 个月复查病毒载量、甲胎蛋白和肝脏超声。",
        panels=("liver",),
        drugs=(Rx("entecavir-05", "1", "qn", 28),),
    ),
)

DEPARTMENT = Department(
    "gastroenterology",
    "消化内科",
    9,
    (GASTRITIS, REFLUX, ULCER, CONSTIPATION, IRRITABLE, COLITIS, HEPATITIS),
    beds=8,
)
