"""Otorhinolaryngology."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

RHINITIS = Course(
    code="allergic-rhinitis",
    name="变应性鼻炎",
    icd="J30.400",
    source="中国变应性鼻炎诊断和治疗指南（2022 年修订版）",
    weight=5,
    male=0.54,
    age=(12, 26, 65),
    n=(1, 6),
    returns=0.4,
    visits=(
        Visit(
            complaint="阵发性喷嚏、流清涕 {n} 年，加重 1 周",
            history="{n} 年来{晨起|接触灰尘}后连续喷嚏、流清水涕、鼻痒、鼻塞，无喘息。",
            examination="双下鼻甲苍白水肿，鼻道清水样分泌物。",
            plan="避免过敏原，鼻腔盐水冲洗，鼻用激素规律使用 4 周以上。",
            panels=("ige", "blood"),
            values={"ige": (120, 680)},
            studies=(("laryngoscopy", "双侧下鼻甲肿大苍白，未见息肉，鼻咽部光滑。"),),
            drugs=(
                Rx("mometasone-nasal", "4", "qd", 15, route="nasal"),
                Rx("loratadine-10", "1", "qd", 12),
            ),
        ),
    ),
)

SINUSITIS = Course(
    code="acute-sinusitis",
    name="急性鼻窦炎",
    icd="J01.900",
    source="耳鼻咽喉头颈外科学（第 9 版，2018）；抗菌药物临床应用指导原则（2015 年版）",
    weight=3,
    age=(18, 34, 70),
    n=(7, 12),
    returns=0.4,
    visits=(
        Visit(
            complaint="鼻塞、流脓涕 {n} 天",
            history="感冒后 {n} 天鼻塞、黄脓涕，伴{side}面颊胀痛、头痛，症状先减轻后加重，无视物模糊。",
            examination="鼻黏膜充血，{side}中鼻道脓性分泌物，{side}上颌窦区压痛。",
            plan="抗感染，鼻腔冲洗；眼眶红肿、剧烈头痛立即就诊。",
            vitals={"temperature": (36.5, 37.9)},
            panels=("blood",),
            values={"wbc": (9.6, 13.8), "neut": (70, 82), "crp": (11, 46)},
            drugs=(
                Rx("amoxiclav-457", "1", "tid", 7, otherwise=Rx("levofloxacin-500", "1", "qd", 7)),
                Rx("mometasone-nasal", "4", "qd", 15, route="nasal"),
            ),
        ),
    ),
)

TONSILLITIS = Course(
    code="acute-tonsillitis",
    name="急性扁桃体炎",
    icd="J03.900",
    source="耳鼻咽喉头颈外科学（第 9 版，2018）；抗菌药物临床应用指导原则（2015 年版）",
    weight=3,
    age=(18, 26, 50),
    n=(1, 3),
    returns=0.2,
    visits=(
        Visit(
            complaint="咽痛、发热 {n} 天",
            history="{n} 天来咽痛，吞咽加重，发热，最高 {peak} ℃，无张口困难、呼吸困难。",
            examination="咽充血，双侧扁桃体Ⅱ度肿大，隐窝口脓性分泌物，下颌下淋巴结触痛。",
            plan="青霉素类疗程 10 天，多饮水；张口困难、憋气立即就诊。",
            vitals={"temperature": (37.8, 39.1), "pulse": (86, 106)},
            panels=("blood",),
            values={"wbc": (11, 18), "neut": (76, 88), "crp": (24, 92)},
            drugs=(
                Rx("amoxicillin-500", "1", "tid", 10, otherwise=Rx("azithromycin-250", "2", "qd", 3)),
                Rx("paracetamol-500", "1", "tid", 3),
            ),
        ),
    ),
)

DEAFNESS = Course(
    code="sudden-deafness",
    name="特发性突聋",
    icd="H91.200",
    source="突发性聋诊断和治疗指南（2015）",
    weight=2,
    age=(20, 44, 75),
    n=(1, 5),
    returns=0.9,
    visits=(
        Visit(
            complaint="{side}耳听力下降伴耳鸣 {n} 天",
            history="{n} 天前晨起{side}耳听力突然下降，伴耳鸣、耳闷，无眩晕、面瘫，病前劳累。",
            examination="双耳鼓膜完整、标志清，Weber 试验偏向健侧。",
            plan="尽早糖皮质激素治疗，监测血压血糖，避免噪声和熬夜。",
            panels=("blood", "glucose", "coagulation", "lipids"),
            studies=(("audiometry", "{side}耳感音神经性聋，{平坦型|高频下降型}，平均听阈 {48-70} dB HL。"),),
            drugs=(Rx("prednisone-5", "10", "qd", 5, per_kg=0.9, step="1"), Rx("betahistine-6", "2", "tid", 10)),
        ),
        Visit(
            complaint="突发性聋复诊",
            history="治疗 1 周，听力{部分恢复|明显恢复}，耳鸣减轻。",
            examination="双耳鼓膜完整。",
            plan="继续改善内耳循环，1 个月复查听力。",
            studies=(("audiometry", "{side}耳平均听阈 {25-45} dB HL，较前改善。"),),
            drugs=(Rx("betahistine-6", "2", "tid", 10),),
            after=(6, 9),
        ),
    ),
)

OTITIS = Course(
    code="child-otitis-media",
    name="急性化脓性中耳炎",
    icd="H66.000",
    source="诸福棠实用儿科学（第 9 版，2022）；儿童急性中耳炎诊疗——临床实践指南（2015）",
    weight=2,
    male=0.54,
    age=(2, 4, 9),
    n=(1, 2),
    past="足月顺产，按计划接种疫苗。",
    visits=(
        Visit(
            complaint="{side}耳痛、发热 {n} 天",
            history="感冒后 {n} 天{side}耳痛、哭闹，发热，最高 {peak} ℃，无耳流脓、呕吐。",
            examination="{side}耳鼓膜充血、膨隆，标志不清，乳突无压痛。",
            plan="抗生素足疗程，48～72 小时复诊；耳后红肿、嗜睡立即就诊。",
            vitals={"temperature": (37.8, 39.1)},
            panels=("blood",),
            values={"wbc": (12, 19), "neut": (66, 80), "crp": (14, 56)},
            drugs=(
                Rx(
                    "amoxicillin-granule",
                    frequency="bid",
                    days=10,
                    per_kg=40,
                    otherwise=Rx("azithromycin-susp", frequency="qd", days=5, per_kg=10),
                ),
                Rx(
                    "ibuprofen-susp",
                    frequency="tid",
                    days=2,
                    per_kg=8,
                    otherwise=Rx("paracetamol-susp", frequency="tid", days=2, per_kg=12),
                ),
            ),
        ),
        Visit(
            complaint="中耳炎复诊",
            history="热退，无耳痛，精神、听话反应好。",
            examination="{side}耳鼓膜轻度充血，无膨隆。",
            plan="完成疗程，4 周后复查鼓膜和听力。",
            after=(9, 12),
        ),
    ),
)

DEPARTMENT = Department("otolaryngology", "耳鼻咽喉科", 6, (RHINITIS, SINUSITIS, TONSILLITIS, DEAFNESS, OTITIS), beds=3)
