"""Psychosomatic medicine."""

from xinglin.synthetic.courses.model import Course, Department, Rx, Visit

DEPRESSION = Course(
    code="depression",
    name="抑郁发作",
    icd="F32.900",
    source="中国抑郁障碍防治指南（第二版，2015）",
    weight=4,
    male=0.36,
    age=(18, 33, 75),
    n=(1, 6),
    visits=(
        Visit(
            complaint="情绪低落、兴趣减退 {n} 个月",
            history="{n} 个月来情绪低落，对以往喜欢的事无兴趣，早醒、食欲差，注意力不集中，无自伤行为，无躁狂史。",
            examination="意识清，接触合作，情绪低落，语速慢，未引出幻觉妄想，自知力存在，否认自杀计划。",
            plan="药物联合心理治疗，家人陪伴，药物 2～4 周起效；出现自伤想法立即就诊。",
            panels=("blood", "thyroid", "liver"),
            studies=(("scales", "PHQ-9 {15-21} 分，HAMD-17 {18-25} 分。"), ("ecg", "窦性心律，QTc 正常。")),
            drugs=(Rx("escitalopram-10", "1", "qd", 14), Rx("eszopiclone-2", "1", "qn", 7, share=0.5)),
        ),
        Visit(
            complaint="抑郁发作复诊",
            history="服药 2 周，睡眠改善，情绪稍好，轻度恶心已缓解，无自伤想法。",
            examination="情绪较前好转，语量增多，自知力存在。",
            plan="继续足量治疗。",
            studies=(("scales", "PHQ-9 {9-14} 分。"),),
            drugs=(Rx("escitalopram-10", "1", "qd", 28),),
            after=(13, 15),
        ),
    ),
    follow=Visit(
        complaint="抑郁症 {known}，复诊",
        history="规律服药，情绪稳定，睡眠、饮食可，已恢复{工作|学习}。",
        examination="意识清，情绪平稳，思维连贯，自知力完整。",
        plan="维持治疗至少 6～9 个月，不可突然停药。",
        drugs=(Rx("escitalopram-10", "1", "qd", 28),),
    ),
)

ANXIETY = Course(
    code="generalised-anxiety",
    name="广泛性焦虑障碍",
    icd="F41.100",
    source="中国焦虑障碍防治指南（2010）；精神病学（第 8 版，2018）",
    weight=4,
    male=0.38,
    age=(20, 40, 75),
    n=(6, 14),
    visits=(
        Visit(
            complaint="紧张、担心 {n} 个月",
            history="{n} 个月来过分担心家人和工作，坐立不安、心悸、肌肉紧张、入睡困难，查心电图、甲功正常。",
            examination="意识清，表情紧张，双手微颤，未引出精神病性症状，自知力存在。",
            plan="放松训练、认知行为治疗，规律运动，减少咖啡。",
            panels=("thyroid", "blood"),
            studies=(("scales", "GAD-7 {12-18} 分，HAMA {18-26} 分。"),),
            drugs=(Rx("escitalopram-10", "1", "qd", 28), Rx("buspirone-5", "2", "tid", 14, share=0.4)),
        ),
    ),
    follow=Visit(
        complaint="焦虑障碍 {known}，复诊",
        history="服药后担心减轻，心悸消失，睡眠每晚 {6-7} 小时。",
        examination="情绪平稳，接触好。",
        plan="继续治疗，全程 12 个月以上。",
        drugs=(Rx("escitalopram-10", "1", "qd", 28),),
    ),
)

INSOMNIA = Course(
    code="insomnia",
    name="非器质性失眠症",
    icd="F51.000",
    source="中国成人失眠诊断与治疗指南（2023 版）",
    weight=5,
    male=0.38,
    age=(20, 48, 80),
    n=(3, 18),
    returns=0.5,
    visits=(
        Visit(
            complaint="入睡困难 {n} 个月",
            history="{n} 个月来入睡需 1～2 小时，夜间醒 {2-3} 次，每晚睡 {3-5} 小时，日间乏力，无打鼾憋气。",
            examination="意识清，情绪平稳，未引出精神病性症状。",
            plan="失眠认知行为治疗，固定起床时间，睡前不看手机；药物短期、按需使用，勿饮酒、驾车。",
            panels=("thyroid",),
            studies=(("scales", "PSQI {12-17} 分，ISI {15-21} 分。"),),
            drugs=(Rx("eszopiclone-2", "0.5", "qn", 14),),
        ),
    ),
)

SCHIZOPHRENIA = Course(
    code="schizophrenia",
    name="精神分裂症",
    icd="F20.900",
    source="中国精神分裂症防治指南（第二版，2015）",
    weight=1.5,
    age=(18, 32, 65),
    n=(1, 6),
    visits=(
        Visit(
            complaint="疑人议论、凭空闻声 {n} 个月",
            history="家属述 {n} 个月来疑被跟踪、议论，凭空听到评论声，少与人来往，无饮酒、吸毒史，无伤人行为。",
            examination="意识清，接触被动，引出评论性幻听、被害妄想，情感淡漠，自知力缺乏。",
            plan="抗精神病药治疗，家属监护和督促服药，监测体重、血糖、血脂。",
            panels=("blood", "glucose", "lipids", "liver"),
            studies=(("scales", "PANSS {78-98} 分。"), ("head-mri", "颅脑 MRI 未见明显异常。")),
            drugs=(Rx("olanzapine-5", "1", "qn", 14),),
        ),
    ),
    follow=Visit(
        complaint="精神分裂症 {known}，复诊",
        history="家属督促服药规律，未再凭空闻声，可做家务，睡眠好，食欲增加。",
        examination="意识清，接触好，未引出幻觉妄想，情感稍平淡，自知力部分恢复。",
        plan="维持治疗，控制体重，每 3 个月查血糖血脂。",
        panels=("glucose", "lipids"),
        values={"tg": (0.9, 2.6)},
        drugs=(Rx("olanzapine-5", "2", "qn", 28),),
    ),
)

DEPARTMENT = Department("psychiatry", "心身医学科", 3, (DEPRESSION, ANXIETY, INSOMNIA, SCHIZOPHRENIA), beds=3)
