"""Ophthalmology."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

DRY_EYE = Course(
    code="dry-eye",
    name="干眼",
    icd="H04.100",
    source="中国干眼专家共识（2020）",
    weight=5,
    male=0.36,
    age=(18, 44, 85),
    n=(1, 12),
    returns=0.3,
    visits=(
        Visit(
            complaint="双眼干涩、异物感 {n} 个月",
            history="{n} 个月来双眼干涩、异物感，看屏幕后加重，每日用屏幕 {6-10} 小时，无眼红、视力下降。",
            examination="双眼视力 1.0，结膜无充血，泪膜破裂时间 {3-6} 秒，Schirmer 试验 {4-8} mm/5 min。",
            plan="减少屏幕时间，热敷，人工泪液。",
            studies=(("slit-lamp", "双眼角膜下方少许点状荧光素染色，睑板腺开口轻度堵塞。"),),
            drugs=(Rx("hyaluronate-eye", "0.1", "qid", 28, route="ophthalmic"),),
        ),
    ),
)

CONJUNCTIVITIS = Course(
    code="bacterial-conjunctivitis",
    name="黏液脓性结膜炎",
    icd="H10.000",
    source="眼科学（第 9 版，2018）",
    weight=3,
    age=(2, 30, 80),
    n=(1, 4),
    returns=0.15,
    visits=(
        Visit(
            complaint="{side}眼红、分泌物多 {n} 天",
            history="{n} 天来{side}眼红、黄色分泌物，晨起睁眼困难，无视力下降、眼痛。",
            examination="{side}眼结膜充血，黏脓性分泌物，角膜透明，瞳孔等大，对光反射灵敏。",
            plan="勤洗手，毛巾分开，勿戴隐形眼镜；眼痛、视力下降立即就诊。",
            studies=(("slit-lamp", "{side}眼结膜充血（++），角膜未见浸润，前房安静。"),),
            drugs=(Rx("levofloxacin-eye", "0.1", "qid", 7, route="ophthalmic"),),
        ),
    ),
)

ALLERGIC = Course(
    code="allergic-conjunctivitis",
    name="急性特应性结膜炎",
    icd="H10.100",
    source="我国过敏性结膜炎诊断和治疗专家共识（2018 年）",
    weight=3,
    age=(4, 16, 60),
    n=(3, 14),
    returns=0.2,
    past="变应性鼻炎 {1-5} 年。",
    visits=(
        Visit(
            complaint="双眼痒、流泪 {n} 天",
            history="{n} 天来双眼奇痒、流泪，揉眼后加重，少量丝状分泌物。",
            examination="双眼结膜轻度充血，睑结膜乳头增生，角膜透明。",
            plan="冷敷，避免揉眼和过敏原。",
            studies=(("slit-lamp", "双眼睑结膜乳头（+），角膜未见异常。"),),
            drugs=(Rx("olopatadine-eye", "0.1", "bid", 14, route="ophthalmic"),),
        ),
    ),
)

GLAUCOMA = Course(
    code="open-angle-glaucoma",
    name="原发性开角型青光眼",
    icd="H40.100",
    source="中国青光眼指南（2020 年）",
    weight=3,
    male=0.54,
    age=(40, 61, 88),
    past="父亲有青光眼，中度近视。",
    visits=(
        Visit(
            complaint="体检发现眼压升高、视杯扩大 {n} 周",
            history="{n} 周前体检发现眼压高，无眼痛、虹视，视力稍下降。",
            examination="双眼前房深，房角开放，C/D {0.7|0.8}，盘沿变窄。",
            plan="每晚点眼降眼压，终生随访，勿自行停药。",
            studies=(
                ("tonometry", "右眼 {24-29} mmHg，左眼 {23-28} mmHg。"),
                ("oct", "双眼视网膜神经纤维层下方变薄，视野早期旁中心暗点。"),
            ),
            drugs=(Rx("latanoprost-eye", "0.1", "qn", 20, route="ophthalmic"),),
        ),
    ),
    follow=Visit(
        complaint="青光眼 {known}，复诊",
        history="规律点药，无眼痛、眼红，偶有睫毛增长。",
        examination="双眼角膜透明，前房深，C/D 同前。",
        plan="眼压达标，继续用药，半年复查视野。",
        studies=(("tonometry", "右眼 {14-18} mmHg，左眼 {14-18} mmHg。"),),
        drugs=(Rx("latanoprost-eye", "0.1", "qn", 20, route="ophthalmic"),),
    ),
)

CATARACT = Course(
    code="senile-cataract",
    name="老年性白内障",
    icd="H25.900",
    source="眼科学（第 9 版，2018）",
    weight=4,
    male=0.44,
    age=(56, 72, 93),
    n=(6, 30),
    returns=0.2,
    visits=(
        Visit(
            complaint="双眼视物模糊 {n} 个月",
            history="{n} 个月来双眼渐进性无痛性视物模糊，强光下明显，无眼红、飞蚊。",
            examination="视力右 0.{3|4}，左 0.{2|3}，双眼晶状体{皮质|核性}混浊，眼底模糊可见视盘界清。",
            plan="视力影响生活，择期超声乳化摘除联合人工晶状体植入。",
            panels=("glucose", "coagulation"),
            studies=(
                ("slit-lamp", "双眼晶状体混浊，核硬度Ⅲ级，角膜透明。"),
                ("tonometry", "右眼 {13-18} mmHg，左眼 {13-18} mmHg。"),
            ),
        ),
    ),
)

DEPARTMENT = Department("ophthalmology", "眼科", 6, (DRY_EYE, CONJUNCTIVITIS, ALLERGIC, GLAUCOMA, CATARACT), beds=3)
