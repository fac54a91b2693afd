"""Neurology."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

_ANTIPLATELET = Rx("clopidogrel-75", "1", "qd", 28)
_STATIN = Rx("atorvastatin-20", "2", "qn", 28)

STROKE = Course(
    code="stroke-prevention",
    name="脑梗死",
    icd="I63.900",
    source="中国缺血性卒中和短暂性脑缺血发作二级预防指南（2022）",
    weight=5,
    male=0.62,
    age=(48, 67, 90),
    n=(2, 6),
    past="高血压 {5-15} 年，吸烟 {10-25} 年。",
    past_of_women="高血压 {5-15} 年，不吸烟。",
    visits=(
        Visit(
            complaint="脑梗死出院后 {n} 周",
            history="{n} 周前{side}侧肢体无力，诊断脑梗死，住院治疗后好转，现可独立行走。",
            examination="神志清，言语{清晰|稍含糊}，{side}侧肢体肌力 5- 级，病理征未引出。",
            plan="长期抗血小板、降脂，控制血压，康复训练；再发无力、言语不清立即拨打急救电话。",
            vitals={"systolic": (126, 148), "diastolic": (74, 90)},
            panels=("lipids", "liver", "glucose"),
            values={"ldl": (1.6, 3.0)},
            studies=(("carotid-us", "双侧颈动脉粥样硬化，斑块形成，管腔无明显狭窄。"),),
            drugs=(_ANTIPLATELET, _STATIN, Rx("amlodipine-5", "1", "qd", 28, share=0.6)),
        ),
    ),
    follow=Visit(
        complaint="脑梗死后 {known}，复诊",
        history="规律服药，无再发肢体无力、言语不清，无黑便。",
        examination="神志清，言语流利，四肢肌力 5- 至 5 级，步态平稳。",
        plan="继续二级预防，LDL-C 目标低于 1.8 mmol/L。",
        vitals={"systolic": (122, 142), "diastolic": (70, 86)},
        panels=("lipids",),
        values={"ldl": (1.2, 2.3)},
        drugs=(_ANTIPLATELET, _STATIN, Rx("amlodipine-5", "1", "qd", 28, share=0.6)),
    ),
)

MIGRAINE = Course(
    code="migraine",
    name="偏头痛",
    icd="G43.900",
    source="中国偏头痛诊治指南（2022 版）",
    weight=4,
    male=0.27,
    age=(18, 34, 58),
    n=(1, 6),
    returns=0.5,
    visits=(
        Visit(
            complaint="反复头痛 {2-10} 年，加重 {n} 个月",
            history="{side}侧搏动样头痛，每次持续 {6-24} 小时，伴恶心、畏光，活动加重，近 {n} 个月每月 {4-6} 次。",
            examination="神清，颅神经未见异常，颈软，肢体肌力正常，病理征阴性。",
            plan="记头痛日记，止痛药每周不超过 2 天，规律睡眠。",
            studies=(("head-mri", "颅脑 MRI 平扫未见明显异常。"),),
            drugs=(
                Rx("flunarizine-5", "1", "qn", 28),
                Rx("rizatriptan-5", "1", "once", 1, needed=True, otherwise=Rx("paracetamol-500", "1", "bid", 2)),
            ),
        ),
        Visit(
            complaint="偏头痛复诊",
            history="服药 4 周，头痛减少至每月 {1-2} 次，程度减轻，稍困倦。",
            examination="神经系统查体未见异常。",
            plan="预防治疗满 3 个月后评估。",
            drugs=(Rx("flunarizine-5", "1", "qn", 28),),
            after=(27, 32),
        ),
    ),
)

VERTIGO = Course(
    code="positional-vertigo",
    name="良性阵发性位置性眩晕",
    icd="H81.100",
    source="良性阵发性位置性眩晕诊断和治疗指南（2017）",
    weight=4,
    male=0.35,
    age=(28, 58, 85),
    n=(1, 5),
    returns=0.3,
    visits=(
        Visit(
            complaint="起卧、翻身时眩晕 {n} 天",
            history="{n} 天来起床、翻身时天旋地转，持续不足 1 分钟，伴恶心，无耳鸣、听力下降、肢体无力。",
            examination="无自发眼震，指鼻试验稳准，肢体肌力正常。",
            plan="手法复位 1 次，{1-2} 周内避免剧烈转头；持续眩晕、走路不稳、言语不清立即就诊。",
            studies=(("dix-hallpike", "{side}侧 Dix-Hallpike 试验阳性，见上跳扭转性眼震，复位后消失。"),),
            drugs=(Rx("betahistine-6", "2", "tid", 7),),
        ),
    ),
)

PARKINSON = Course(
    code="parkinson-disease",
    name="帕金森病",
    icd="G20.x00",
    source="中国帕金森病治疗指南（第四版，2020）",
    weight=2,
    male=0.55,
    age=(52, 68, 88),
    n=(6, 18),
    visits=(
        Visit(
            complaint="{side}手抖动、动作缓慢 {n} 个月",
            history="{n} 个月来{side}手静止时抖动，系扣、写字变慢，走路{side}侧摆臂减少，嗅觉减退。",
            examination="面部表情少，{side}上肢静止性震颤，肌张力齿轮样增高，后拉试验阴性，Hoehn-Yahr {1|2} 期。",
            plan="小剂量起始，餐前 1 小时服药，坚持运动锻炼。",
            studies=(("head-mri", "颅脑 MRI 未见明显异常。"),),
            drugs=(Rx("levodopa-250", "0.5", "tid", 28),),
        ),
    ),
    follow=Visit(
        complaint="帕金森病 {known}，复诊",
        history="规律服药，动作尚灵活，偶有{剂末现象|便秘}，无幻觉、跌倒。",
        examination="轻度静止性震颤，肌张力轻度增高，步态稍慢。",
        plan="继续治疗，按时服药，防跌倒。",
        drugs=(Rx("levodopa-250", "0.5", "tid", 28), Rx("pramipexole-025", "1", "tid", 28, share=0.4)),
    ),
)

EPILEPSY = Course(
    code="epilepsy",
    name="癫痫",
    icd="G40.900",
    source="临床诊疗指南·癫痫病分册（2023 修订版）",
    weight=2,
    male=0.54,
    age=(18, 30, 65),
    visits=(
        Visit(
            complaint="发作性意识丧失、肢体抽搐 {n} 次",
            history="半年内 {n} 次突发意识丧失、四肢强直抽搐，持续 {1-3} 分钟，醒后不能回忆，伴舌咬伤。",
            examination="神经系统查体未见异常。",
            plan="不可自行停药，避免熬夜、饮酒，不驾车、不独自游泳。",
            panels=("blood", "liver", "kidney", "electrolytes"),
            studies=(("eeg", "{side}侧颞区可见尖波、棘慢波发放。"), ("head-mri", "颅脑 MRI 未见明显异常。")),
            drugs=(Rx("levetiracetam-250", "2", "bid", 28),),
        ),
    ),
    follow=Visit(
        complaint="癫痫 {known}，复诊",
        history="规律服药，近 1 个月无发作，无嗜睡、情绪异常。",
        examination="神经系统查体未见异常。",
        plan="继续抗发作治疗，记录发作日记。",
        drugs=(Rx("levetiracetam-250", "2", "bid", 28),),
    ),
)

PALSY = Course(
    code="facial-palsy",
    name="贝尔麻痹",
    icd="G51.000",
    source="中国特发性面神经麻痹诊治指南（2016）",
    weight=2,
    age=(18, 42, 78),
    n=(1, 3),
    visits=(
        Visit(
            complaint="口角歪斜 {n} 天",
            history="{n} 天前晨起漱口时{side}侧漏水，眼睑闭合不全，病前受凉，无肢体无力。",
            examination="{side}侧额纹消失，眼裂闭合不全，鼻唇沟变浅，示齿口角偏向对侧，外耳道未见疱疹。",
            plan="72 小时内激素治疗，保护角膜，面部肌肉训练。",
            panels=("blood", "glucose"),
            drugs=(
                Rx("prednisone-5", "6", "qd", 7),
                Rx("mecobalamin-05", "1", "tid", 14),
                Rx("hyaluronate-eye", "0.1", "qid", 14, route="ophthalmic"),
            ),
        ),
        Visit(
            complaint="面神经麻痹复诊",
            history="治疗 2 周，闭眼较前有力，漏水减轻。",
            examination="{side}侧眼裂闭合基本完全，鼻唇沟稍浅，House-Brackmann Ⅱ～Ⅲ 级。",
            plan="继续营养神经及康复训练。",
            drugs=(Rx("mecobalamin-05", "1", "tid", 14),),
            after=(12, 16),
        ),
    ),
)

DEMENTIA = Course(
    code="alzheimer-disease",
    name="阿尔茨海默病",
    icd="G30.900",
    source="中国痴呆与认知障碍诊治指南（2018）",
    weight=1,
    male=0.4,
    age=(62, 77, 93),
    n=(12, 30),
    visits=(
        Visit(
            complaint="记忆力下降 {n} 个月",
            history="家属述 {n} 个月来近事遗忘，重复提问，外出 1 次迷路，情绪尚稳定。",
            examination="神清，近记忆力、计算力减退，四肢肌力正常，无锥体外系体征。",
            plan="家属看护，佩戴防走失标识，认知训练。",
            panels=("blood", "thyroid", "glucose", "electrolytes"),
            studies=(("scales", "MMSE {17-22} 分，ADL 轻度受损。"), ("head-mri", "双侧海马萎缩，轻度脑白质病变。")),
            drugs=(Rx("donepezil-5", "1", "qn", 28),),
        ),
    ),
    follow=Visit(
        complaint="阿尔茨海默病 {known}，复诊",
        history="家属述服药规律，夜眠尚可，无恶心、腹泻，生活部分需协助。",
        examination="神清，近记忆力差，心率 {pulse} 次/分。",
        plan="继续改善认知治疗，照护者支持。",
        vitals={"pulse": (60, 78)},
        drugs=(Rx("donepezil-5", "1", "qn", 28),),
    ),
)

DEPARTMENT = Department(
    "neurology", "神经内科", 8, (STROKE, MIGRAINE, VERTIGO, PARKINSON, EPILEPSY, PALSY, DEMENTIA), beds=9
)
