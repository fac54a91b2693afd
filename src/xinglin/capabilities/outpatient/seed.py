"""Diagnoses of the demonstration hospital: frequent ones of outpatient clinics (WHO ICD-10, Chinese names)."""

from xinglin.capabilities.outpatient.diagnosing import DIAGNOSES
from xinglin.capabilities.outpatient.questionnaires import Question, template
from xinglin.capabilities.outpatient.resources import ICD10
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context

TABLE = """
A09 感染性腹泻|急性胃肠炎
B00.9 单纯疱疹
B02.9 带状疱疹
B18.1 慢性乙型病毒性肝炎|乙肝
B34.9 病毒感染
B35.3 足癣
D50.9 缺铁性贫血
D64.9 贫血
E03.9 甲状腺功能减退症|甲减
E04.1 甲状腺结节
E05.9 甲状腺功能亢进症|甲亢
E10.9 1 型糖尿病
E11.2 2 型糖尿病性肾病
E11.4 2 型糖尿病性周围神经病
E11.9 2 型糖尿病|T2DM
E66.9 肥胖症
E78.0 高胆固醇血症
E78.1 高甘油三酯血症
E78.2 混合性高脂血症
E78.5 高脂血症|血脂异常
E79.0 高尿酸血症
F32.9 抑郁发作
F41.1 广泛性焦虑障碍
F41.9 焦虑状态
F51.0 非器质性失眠症
G43.9 偏头痛
G44.2 紧张型头痛
G47.0 失眠
G47.3 睡眠呼吸暂停综合征
G51.0 面神经麻痹|面瘫
G56.0 腕管综合征
H10.9 结膜炎
H40.9 青光眼
H52.1 近视
H66.9 中耳炎
H81.1 良性阵发性位置性眩晕|耳石症
I10 原发性高血压|高血压病
I11.9 高血压性心脏病
I20.0 不稳定型心绞痛
I20.8 稳定型心绞痛
I25.1 冠状动脉粥样硬化性心脏病|冠心病
I48 心房颤动|房颤
I49.1 房性期前收缩|房性早搏
I49.3 室性期前收缩|室性早搏
I50.9 心力衰竭|心衰
I63.9 脑梗死
I67.9 脑血管病
I70.2 下肢动脉粥样硬化闭塞症
I83.9 下肢静脉曲张
I84.9 痔
J00 急性鼻咽炎|普通感冒
J01.9 急性鼻窦炎
J02.9 急性咽炎
J03.9 急性扁桃体炎
J06.9 急性上呼吸道感染|上感
J11.1 流行性感冒伴呼吸道表现|流感
J18.9 肺炎
J20.9 急性支气管炎
J30.4 变应性鼻炎|过敏性鼻炎
J31.0 慢性鼻炎
J32.9 慢性鼻窦炎
J40 支气管炎
J44.1 慢性阻塞性肺病伴急性加重
J44.9 慢性阻塞性肺病|慢阻肺|COPD
J45.9 支气管哮喘|哮喘
J47 支气管扩张症
K02.9 龋齿
K05.1 慢性牙龈炎
K12.0 复发性口腔溃疡
K21.0 胃食管反流病伴食管炎
K21.9 胃食管反流病
K25.9 胃溃疡
K26.9 十二指肠溃疡
K29.5 慢性胃炎
K30 功能性消化不良
K52.9 非感染性胃肠炎
K58.9 肠易激综合征
K59.0 便秘
K76.0 脂肪肝
K80.2 胆囊结石
L20.9 特应性皮炎
L23.9 变应性接触性皮炎
L30.9 湿疹
L40.9 银屑病
L50.9 荨麻疹
L70.0 寻常痤疮
M06.9 类风湿关节炎
M10.9 痛风
M17.9 膝关节骨关节病
M47.8 颈椎病
M51.2 腰椎间盘突出症
M54.5 腰痛
M75.0 肩周炎
M79.1 肌痛
M81.9 骨质疏松症
N18.3 慢性肾脏病 3 期
N18.9 慢性肾脏病
N20.0 肾结石
N30.0 急性膀胱炎
N39.0 泌尿道感染|尿路感染
N40 前列腺增生症
N64.4 乳房疼痛
N76.0 急性阴道炎
N92.6 月经不规则
N95.1 绝经期综合征
R00.2 心悸
R05 咳嗽
R06.0 呼吸困难
R07.4 胸痛
R10.4 腹痛
R11 恶心和呕吐
R42 头晕和眩晕
R50.9 发热
R51 头痛
R53 乏力
R60.0 局部水肿
S93.4 踝关节扭伤
T78.4 过敏反应
Z00.0 健康查体
Z01.9 特殊检查
Z76.0 续开处方
"""
"""code, name and, after bars, further names"""


def diagnoses_resource() -> Resource:
    """The CodeSystem that diagnoses are chosen from."""
    concepts = []
    for line in TABLE.strip().splitlines():
        code, names = line.split(" ", 1)
        display, *others = names.split("|")
        concept: Resource = {"code": code, "display": display}
        if others:
            concept["designation"] = [{"value": name} for name in others]
        concepts.append(concept)
    return {
        "resourceType": "CodeSystem",
        "id": DIAGNOSES,
        "url": ICD10,
        "name": "OutpatientDiagnoses",
        "title": "门诊常用诊断",
        "status": "active",
        "content": "fragment",
        "concept": concepts,
    }


HYPERTENSION = (
    Question("q1", "头晕", "boolean", "present_illness"),
    Question("q2", "头痛", "boolean", "present_illness"),
    Question("q3", "胸痛", "boolean", "present_illness"),
    Question("q4", "活动后气促", "boolean", "present_illness"),
    Question("q5", "家庭自测收缩压", "decimal", "present_illness", unit="mmHg"),
    Question("q6", "家庭自测舒张压", "decimal", "present_illness", unit="mmHg"),
    Question("q7", "服药情况", "choice", "present_illness", ("规律", "偶有漏服", "自行停药", "未服药"), required=True),
    Question("q8", "生活方式", "several", "past_history", ("低盐饮食", "规律运动", "吸烟", "饮酒", "熬夜")),
    Question("q9", "双下肢水肿", "boolean", "examination"),
)
"""What a follow-up of hypertension always asks for."""


async def seed(context: Context) -> None:
    """Writes the diagnoses and a template in use, once each."""
    try:
        await context.read(f"CodeSystem/{DIAGNOSES}")
    except NotFound:
        await context.create(diagnoses_resource(), id=DIAGNOSES)
    department = "Organization/department-cardiology"
    url = "urn:xinglin:questionnaire:hypertension-follow-up"
    held = await context.search("Questionnaire", [("url", url), ("_count", "1")])
    if not held.resources and department in await context.read_many([department]):
        made = template("高血压随访", department, "心血管内科", url, 1, HYPERTENSION)
        made["status"] = "active"
        made["meta"]["tag"].append({"system": context.registry.tables["template"].system, "code": "ACTIVE"})
        await context.create(made)
