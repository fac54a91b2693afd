"""Dermatology."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

ECZEMA = Course(
    code="eczema",
    name="皮炎",
    icd="L30.900",
    source="中国湿疹诊疗指南（2011）",
    weight=5,
    age=(14, 44, 85),
    n=(1, 8),
    returns=0.3,
    visits=(
        Visit(
            complaint="皮肤红斑、瘙痒 {n} 周",
            history="{n} 周来{双小腿|双前臂|颈部}红斑、丘疹，剧烈瘙痒，搔抓后少许渗出，夜间加重。",
            examination="对称分布红斑、丘疹，边界不清，部分抓痕、结痂、脱屑。",
            plan="保湿，避免热水烫洗和搔抓，外用激素 2 周后减量。",
            drugs=(
                Rx("mometasone-cream", "1", "qd", 14, route="topical"),
                Rx("loratadine-10", "1", "qd", 14),
            ),
        ),
    ),
)

ATOPIC = Course(
    code="child-atopic-dermatitis",
    name="特应性皮炎",
    icd="L20.900",
    source="中国特应性皮炎诊疗指南（2020 版）",
    weight=3,
    male=0.54,
    age=(1, 3, 12),
    n=(2, 12),
    returns=0.5,
    past="母亲有变应性鼻炎，牛奶喂养。",
    visits=(
        Visit(
            complaint="反复皮疹、瘙痒 {n} 个月",
            history="{n} 个月来面颊、肘窝、腘窝反复红斑、丘疹，瘙痒影响睡眠，冬季加重。",
            examination="肘窝、腘窝对称红斑、丘疹，皮肤干燥，抓痕，无脓疱。",
            plan="每日足量润肤剂，温水短时洗浴，弱效激素间断外用。",
            panels=("ige",),
            values={"ige": (110, 960)},
            drugs=(
                Rx("hydrocortisone-cream", "1", "bid", 7, route="topical"),
                Rx("loratadine-syrup", frequency="qd", days=12, bands=((30, "5"), (99, "10")), share=0.5),
            ),
        ),
        Visit(
            complaint="特应性皮炎复诊",
            history="皮疹明显消退，瘙痒减轻，睡眠好。",
            examination="肘窝、腘窝皮肤稍干燥，无红斑。",
            plan="坚持润肤，复发时每周外用激素 2 次维持。",
            drugs=(Rx("hydrocortisone-cream", "1", "qod", 14, route="topical"),),
            after=(12, 18),
        ),
    ),
)

URTICARIA = Course(
    code="urticaria",
    name="荨麻疹",
    icd="L50.900",
    source="中国荨麻疹诊疗指南（2022 版）",
    weight=4,
    male=0.42,
    age=(14, 34, 75),
    n=(6, 16),
    visits=(
        Visit(
            complaint="反复风团、瘙痒 {n} 周",
            history="{n} 周来躯干、四肢反复风团，24 小时内消退，几乎每日发作，无喉头发紧、腹痛、呼吸困难。",
            examination="躯干、四肢散在红色风团，皮肤划痕征{阳性|阴性}。",
            plan="规律服抗组胺药，避免热水和饮酒；憋气、头晕立即急诊。",
            panels=("blood", "ige", "thyroid"),
            values={"ige": (60, 420)},
            drugs=(Rx("loratadine-10", "1", "qd", 24),),
        ),
        Visit(
            complaint="荨麻疹复诊",
            history="服药后风团减少，每周发作 {1-2} 次。",
            examination="皮肤未见风团。",
            plan="控制后逐渐减量，疗程不少于 3 个月。",
            drugs=(Rx("cetirizine-10", "1", "qd", 24),),
            after=(23, 30),
        ),
    ),
)

ACNE = Course(
    code="acne",
    name="寻常痤疮",
    icd="L70.000",
    source="中国痤疮治疗指南（2019 修订版）",
    weight=4,
    male=0.45,
    age=(14, 20, 35),
    n=(3, 24),
    visits=(
        Visit(
            complaint="面部痤疮 {n} 个月",
            history="{n} 个月来面部丘疹、脓疱，食甜食、熬夜后加重。",
            examination="面颊、下颌粉刺、炎性丘疹约 {20-40} 个，散在脓疱，未见囊肿。",
            plan="温和清洁，防晒，忌挤压，少甜食；夜间外用维 A 酸类，备孕停用。",
            drugs=(
                Rx("adapalene-gel", "1", "qn", 30, route="topical"),
                Rx("doxycycline-100", "1", "qd", 28, share=0.5),
            ),
        ),
        Visit(
            complaint="痤疮复诊",
            history="用药 4 周，脓疱消退，皮肤轻度脱屑。",
            examination="面部炎性丘疹约 {8-15} 个，少许色素沉着。",
            plan="继续外用维持 3 个月以上。",
            drugs=(Rx("adapalene-gel", "1", "qn", 30, route="topical"),),
            after=(27, 34),
        ),
    ),
)

ZOSTER = Course(
    code="herpes-zoster",
    name="带状疱疹",
    icd="B02.900",
    source="中国带状疱疹诊疗专家共识（2022 版）",
    weight=3,
    male=0.48,
    age=(24, 60, 90),
    n=(1, 3),
    visits=(
        Visit(
            complaint="{side}胸背部疱疹伴疼痛 {n} 天",
            history="{n} 天前{side}胸背部针刺样疼痛，随后红斑基础上簇集水疱，未超过中线，无发热。",
            examination="{side}侧 T{4-8} 皮节分布区红斑、簇集水疱，疱液清，触痛。",
            plan="72 小时内抗病毒，保持疱疹清洁，避免接触孕妇和儿童。",
            panels=("blood", "kidney", "glucose"),
            drugs=(
                Rx("valacyclovir-500", "2", "tid", 7),
                Rx("mecobalamin-05", "1", "tid", 14),
                Rx("pregabalin-75", "1", "bid", 14),
            ),
        ),
        Visit(
            complaint="带状疱疹复诊",
            history="疱疹已结痂，夜间仍有隐痛，VAS {2-4} 分。",
            examination="{side}胸背部皮疹结痂、色素沉着。",
            plan="继续镇痛，2 周后评估。",
            drugs=(Rx("pregabalin-75", "1", "bid", 14), Rx("mecobalamin-05", "1", "tid", 14)),
            after=(10, 14),
        ),
    ),
)

PSORIASIS = Course(
    code="psoriasis",
    name="寻常型银屑病",
    icd="L40.000",
    source="中国银屑病诊疗指南（2023 版）",
    weight=2,
    male=0.58,
    age=(18, 36, 78),
    visits=(
        Visit(
            complaint="头皮、四肢红斑鳞屑 {n} 年",
            history="{n} 年来头皮、四肢伸侧红斑、银白色鳞屑，冬重夏轻，无关节痛。",
            examination="肘膝伸侧境界清楚红斑，上覆银白色鳞屑，Auspitz 征阳性，PASI {4-8} 分。",
            plan="保湿，避免感染和精神紧张，不用偏方，外用治疗。",
            panels=("blood", "liver", "lipids"),
            drugs=(
                Rx("calcipotriol-ointment", "1", "bid", 14, route="topical"),
                Rx("mometasone-cream", "1", "qd", 14, route="topical"),
            ),
        ),
    ),
    follow=Visit(
        complaint="银屑病 {known}，复诊",
        history="外用药后鳞屑减少，瘙痒减轻。",
        examination="肘膝红斑变薄，少量鳞屑，PASI {2-4} 分。",
        plan="继续外用药，逐渐减少激素。",
        drugs=(Rx("calcipotriol-ointment", "1", "bid", 14, route="topical"),),
    ),
)

TINEA = Course(
    code="tinea-pedis",
    name="足癣",
    icd="B35.300",
    source="手癣和足癣诊疗指南（2017 修订版）",
    weight=3,
    male=0.62,
    age=(16, 42, 85),
    n=(1, 8),
    returns=0.2,
    visits=(
        Visit(
            complaint="足部脱屑、瘙痒 {n} 个月",
            history="{n} 个月来趾间浸渍、脱屑，足底水疱，瘙痒，夏季加重。",
            examination="双足第 3、4 趾间浸渍发白，足底散在鳞屑。",
            plan="外用抗真菌药满 4 周，鞋袜消毒，保持干燥。",
            panels=("fungus",),
            values={"fungus": "阳性"},
            drugs=(Rx("terbinafine-cream", "1", "bid", 28, route="topical"),),
        ),
    ),
)

DEPARTMENT = Department("dermatology", "皮肤科", 8, (ECZEMA, ATOPIC, URTICARIA, ACNE, ZOSTER, PSORIASIS, TINEA), beds=2)
