"""Orthopaedics."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

KNEE = Course(
    code="knee-osteoarthritis",
    name="膝关节病",
    icd="M17.900",
    source="中国骨关节炎诊疗指南（2021 年版）",
    weight=5,
    male=0.3,
    age=(45, 64, 88),
    n=(3, 24),
    bmi=(22, 31),
    visits=(
        Visit(
            complaint="{side}膝关节疼痛 {n} 个月",
            history="{n} 个月来{side}膝上下楼及久坐起立时疼痛，晨僵少于 30 分钟，偶有弹响，无外伤。",
            examination="{side}膝轻度肿胀，内侧关节间隙压痛，屈伸时骨擦感，浮髌试验阴性。",
            plan="减重，避免爬楼和深蹲，股四头肌锻炼，先外用后口服止痛药。",
            studies=(("knee-xray", "{side}膝内侧关节间隙变窄，边缘骨赘形成，K-L 分级 {2|3} 级。"),),
            drugs=(
                Rx("diclofenac-gel", "2", "tid", 14, route="topical", otherwise=Rx("paracetamol-500", "1", "bid", 7)),
                Rx("glucosamine-250", "2", "tid", 28, share=0.6),
                Rx("celecoxib-200", "1", "qd", 10, share=0.4),
            ),
        ),
        Visit(
            complaint="膝关节炎复诊",
            history="用药后疼痛减轻，可步行 1 公里，上下楼仍有不适。",
            examination="{side}膝无肿胀，内侧轻压痛。",
            plan="继续锻炼，疼痛时外用药。",
            drugs=(
                Rx("diclofenac-gel", "2", "tid", 14, route="topical", otherwise=Rx("paracetamol-500", "1", "bid", 7)),
            ),
            after=(20, 30),
        ),
    ),
)

DISC = Course(
    code="lumbar-disc-herniation",
    name="其他特指的椎间盘移位",
    icd="M51.200",
    source="腰椎间盘突出症诊疗指南（中华医学会骨科学分会，2020）",
    weight=5,
    male=0.56,
    age=(20, 42, 70),
    n=(1, 8),
    visits=(
        Visit(
            complaint="腰痛伴{side}下肢放射痛 {n} 周",
            history="{n} 周前{弯腰搬物|久坐}后腰痛，向{side}臀部及小腿外侧放射，咳嗽加重，大小便正常。",
            examination="L4/5 棘旁压痛，{side}侧直腿抬高试验 {40-55} 度阳性，拇背伸肌力 5- 级，会阴感觉正常。",
            plan="卧床 3～5 天后下地活动，避免弯腰负重；大小便障碍、下肢无力立即就诊。",
            studies=(("lumbar-mri", "L4/5 椎间盘向{side}后突出，压迫{side}侧神经根。"),),
            drugs=(
                Rx("celecoxib-200", "1", "bid", 7, otherwise=Rx("paracetamol-500", "1", "tid", 7)),
                Rx("eperisone-50", "1", "tid", 14),
                Rx("mecobalamin-05", "1", "tid", 14),
            ),
        ),
        Visit(
            complaint="腰椎间盘突出复诊",
            history="腰腿痛减轻约{六|七}成，可正常行走，偶有小腿麻木。",
            examination="{side}侧直腿抬高试验 70 度，肌力 5 级。",
            plan="腰背肌锻炼，避免久坐。",
            drugs=(Rx("mecobalamin-05", "1", "tid", 14),),
            after=(13, 20),
        ),
    ),
)

NECK = Course(
    code="cervical-spondylosis",
    name="颈椎病",
    icd="M47.800",
    source="颈椎病的分型、诊断及非手术治疗专家共识（2018）",
    weight=4,
    male=0.42,
    age=(24, 45, 75),
    n=(1, 6),
    returns=0.4,
    visits=(
        Visit(
            complaint="颈肩痛 {n} 个月",
            history="{n} 个月来低头工作后颈肩部酸痛、僵硬，无上肢放射痛、行走不稳。",
            examination="颈部肌肉紧张，C5/6 棘旁压痛，压顶试验阴性，Hoffmann 征阴性，四肢肌力正常。",
            plan="减少低头，颈部肌肉锻炼，热敷理疗；肢体麻木无力、走路踩棉感时复诊。",
            studies=(("cervical-xray", "颈椎生理曲度变直，C5/6 椎体边缘骨质增生。"),),
            drugs=(
                Rx("eperisone-50", "1", "tid", 10),
                Rx("diclofenac-gel", "2", "tid", 10, route="topical", share=0.6),
            ),
        ),
    ),
)

SHOULDER = Course(
    code="frozen-shoulder",
    name="肩周炎",
    icd="M75.000",
    source="外科学（第 9 版，2018）",
    weight=3,
    male=0.4,
    age=(42, 53, 72),
    n=(1, 5),
    visits=(
        Visit(
            complaint="{side}肩疼痛、活动受限 {n} 个月",
            history="{n} 个月来{side}肩疼痛，夜间明显，梳头、穿衣困难，无外伤。",
            examination="{side}肩前方及三角肌止点压痛，外展 {70-90} 度，外旋 {20-35} 度，主被动活动均受限。",
            plan="爬墙、钟摆等功能锻炼，热敷理疗。",
            drugs=(Rx("celecoxib-200", "1", "qd", 14, otherwise=Rx("paracetamol-500", "1", "tid", 7)),),
        ),
        Visit(
            complaint="肩周炎复诊",
            history="坚持锻炼，夜间痛减轻，梳头仍稍困难。",
            examination="{side}肩外展 {110-130} 度，外旋 {40-50} 度。",
            plan="继续锻炼 3 个月。",
            drugs=(
                Rx("diclofenac-gel", "2", "tid", 14, route="topical", otherwise=Rx("paracetamol-500", "1", "bid", 5)),
            ),
            after=(20, 30),
        ),
    ),
)

SPRAIN = Course(
    code="ankle-sprain",
    name="踝关节扭伤",
    icd="S93.400",
    source="急性闭合性软组织损伤诊疗与疼痛管理专家共识（2016）",
    weight=3,
    male=0.56,
    age=(14, 24, 60),
    n=(2, 20),
    returns=0.2,
    visits=(
        Visit(
            complaint="{side}踝扭伤后肿痛 {n} 小时",
            history="{n} 小时前{打篮球|下楼梯|跑步}时{side}足内翻扭伤，外踝肿痛，可跛行。",
            examination="{side}外踝前下方肿胀、瘀斑，距腓前韧带处压痛，前抽屉试验阴性，足趾血运感觉正常。",
            plan="休息、冰敷、加压包扎、抬高患肢，支具固定 2～3 周。",
            studies=(("ankle-xray", "{side}踝诸骨未见骨折，软组织肿胀。"),),
            drugs=(
                Rx("diclofenac-gel", "2", "tid", 7, route="topical", otherwise=Rx("paracetamol-500", "1", "tid", 3)),
            ),
        ),
    ),
)

DEPARTMENT = Department("orthopedics", "骨科", 7, (KNEE, DISC, NECK, SHOULDER, SPRAIN), beds=9)
