"""Urology."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

PROSTATE = Course(
    code="prostatic-hyperplasia",
    name="前列腺增生",
    icd="N40.x00",
    source="中国泌尿外科和男科疾病诊断治疗指南（2022 版）",
    weight=5,
    sex="male",
    age=(52, 68, 92),
    n=(6, 24),
    visits=(
        Visit(
            complaint="排尿困难、夜尿增多 {n} 个月",
            history="{n} 个月来排尿等待、尿线变细，夜尿 {3-4} 次，无血尿、尿痛，IPSS 评分 {12-19} 分。",
            examination="直肠指检：前列腺Ⅱ度增大，质韧，中央沟变浅，未触及结节。",
            plan="睡前少饮水，避免憋尿和感冒药；突发不能排尿立即就诊。",
            panels=("psa", "urine", "kidney"),
            values={"psa": (0.9, 3.8)},
            studies=(("prostate-us", "前列腺增大，体积约 {38-62} mL，残余尿 {15-55} mL。"),),
            drugs=(Rx("tamsulosin-02", "1", "qn", 30), Rx("finasteride-5", "1", "qd", 30, share=0.6)),
        ),
    ),
    follow=Visit(
        complaint="前列腺增生 {known}，复诊",
        history="服药后排尿较前通畅，夜尿 {1-2} 次，无头晕。",
        examination="下腹无膨隆，膀胱区无压痛。",
        plan="继续药物治疗，每年复查 PSA。",
        drugs=(Rx("tamsulosin-02", "1", "qn", 30), Rx("finasteride-5", "1", "qd", 30, share=0.6)),
    ),
)

STONE = Course(
    code="ureteral-stone",
    name="输尿管结石",
    icd="N20.100",
    source="中国泌尿外科和男科疾病诊断治疗指南（2022 版）",
    weight=4,
    sex="male",
    age=(20, 42, 72),
    n=(3, 12),
    visits=(
        Visit(
            complaint="{side}侧腰腹部绞痛 {n} 小时",
            history="{n} 小时前突发{side}侧腰部绞痛，向下腹及会阴部放射，伴恶心，无发热。",
            examination="{side}肾区叩击痛阳性，{side}输尿管走行区轻压痛，无肌紧张。",
            plan="止痛、药物排石，每日饮水 2.5 L 以上；发热、无尿、疼痛不缓解立即急诊。",
            panels=("urine", "blood", "kidney"),
            values={"ublood": "阳性(2+)|阳性(3+)", "wbc": (7.5, 11.5)},
            studies=(("urinary-us", "{side}侧输尿管下段结石，约 0.{4-6} cm，{side}肾轻度积水。"),),
            drugs=(
                Rx("diclofenac-75", "1", "bid", 3, otherwise=Rx("paracetamol-500", "1", "tid", 3)),
                Rx("tamsulosin-02", "1", "qn", 20),
            ),
        ),
        Visit(
            complaint="输尿管结石复诊",
            history="{1-2} 周前排出小结石 1 枚，疼痛消失，尿色清。",
            examination="双肾区无叩击痛。",
            plan="多饮水，低盐饮食，半年复查超声。",
            panels=("urine",),
            studies=(("urinary-us", "双肾、输尿管未见结石，肾积水消失。"),),
            after=(13, 20),
        ),
    ),
)

PROSTATITIS = Course(
    code="chronic-prostatitis",
    name="慢性前列腺炎",
    icd="N41.100",
    source="中国泌尿外科和男科疾病诊断治疗指南（2022 版）",
    weight=3,
    sex="male",
    age=(20, 33, 52),
    n=(1, 6),
    returns=0.5,
    visits=(
        Visit(
            complaint="会阴部不适、尿频 {n} 个月",
            history="{n} 个月来会阴及下腹坠胀，尿频、尿不尽，久坐加重，无发热、血尿。",
            examination="前列腺不大，轻压痛，未触及结节。",
            plan="避免久坐、饮酒，规律生活，温水坐浴。",
            panels=("urine", "psa"),
            values={"psa": (0.4, 2.6)},
            drugs=(Rx("levofloxacin-500", "1", "qd", 14), Rx("tamsulosin-02", "1", "qn", 20)),
        ),
    ),
)

DEPARTMENT = Department("urology", "泌尿外科", 4, (PROSTATE, STONE, PROSTATITIS), beds=5)
