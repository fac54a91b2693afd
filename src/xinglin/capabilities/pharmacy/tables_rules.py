"""The tables of what holds for groups of medicines by ATC: interactions, control, lactation, insurance, finer limits.

Interactions: labels approved in China, and for grades the consensus of the common compendia. Control: the catalogues of
narcotic (2013) and psychotropic substances (2013, with those added since). Lactation: labels and LactMed. Metformin and
kidneys: the Chinese consensus on metformin (2023). Limits of a single dose: Pharmacopoeia's clinical guide and labels.
"""

INTERACTIONS = """
C09A|C09DX04|contraindicated|血管性水肿风险；两药须间隔 36 小时以上
C09A|C09C|major|双重阻断肾素-血管紧张素系统：低血压、高钾血症、肾功能损害；不宜合用
C09A|C09D|major|双重阻断肾素-血管紧张素系统：低血压、高钾血症、肾功能损害；不宜合用
C09CA|C09DX04|major|沙库巴曲缬沙坦已含缬沙坦；不宜再用其他 ARB
C09A|C03DA|moderate|高钾血症；监测血钾与肾功能
C09C|C03DA|moderate|高钾血症；监测血钾与肾功能
C09D|C03DA|moderate|高钾血症；监测血钾与肾功能
G03AA12|C03DA|major|屈螺酮有保钾作用，高钾血症；避免合用
C07A|C08DA|major|心动过缓、传导阻滞；避免合用
C08CA|J01FA09|major|克拉霉素抑制 CYP3A4，低血压、肾损伤；可改用阿奇霉素
C10AA05|J01FA09|major|阿托伐他汀浓度升高，横纹肌溶解；可改用阿奇霉素或暂停他汀
C10AA01|J01FA09|contraindicated|辛伐他汀浓度显著升高，横纹肌溶解
B01AC04|A02BC01|major|抑制 CYP2C19，氯吡格雷疗效降低；可改用泮托拉唑
B01AC04|A02BC05|major|抑制 CYP2C19，氯吡格雷疗效降低；可改用泮托拉唑
B01AC04|B01AC06|moderate|出血风险增加；确有双联抗血小板指征时监测出血
B01AC06|M01A|major|出血风险增加，阿司匹林抗血小板作用可被减弱
B01AC24|J01FA09|contraindicated|强效 CYP3A4 抑制剂使替格瑞洛浓度显著升高，出血
B01AC24|B01AC06|moderate|出血风险增加；阿司匹林每日不超过 100 mg
B01AA03|M01A|major|出血风险显著增加；避免合用
B01AA03|B01AC|major|出血风险显著增加；确需合用时密切监测 INR
B01AA03|B01AF|contraindicated|两种抗凝药合用，出血；仅换药交替期按规程
B01AA03|J01EE|major|华法林作用增强；监测 INR 并减量
B01AA03|J01XD01|major|甲硝唑抑制代谢，华法林作用增强；监测 INR 并减量
B01AA03|J01MA|major|华法林作用增强；监测 INR
B01AA03|J01FA|major|华法林作用增强；监测 INR
B01AF|M01A|major|出血风险显著增加；避免合用
B01AF|B01AC|major|出血风险显著增加；确有指征时监测出血
B01AF|J01FA09|moderate|利伐沙班浓度升高；肾功能不全者避免
C01AA05|J01FA|major|地高辛浓度升高；监测血药浓度与心律
C01AA05|C08DA|major|地高辛浓度升高、心动过缓；减量并监测
C01AA05|C03C|moderate|低钾血症增加地高辛毒性；监测血钾
C01AA05|C03AA|moderate|低钾血症增加地高辛毒性；监测血钾
C01DA|G04BE|contraindicated|严重低血压；禁止合用
L01BA01|M01A|major|甲氨蝶呤排泄减少，骨髓抑制；避免合用
L01BA01|J01C|major|甲氨蝶呤排泄减少；监测血常规
L01BA01|J01EE|major|叠加抗叶酸作用，骨髓抑制；避免合用
L01BA01|A02BC|moderate|甲氨蝶呤排泄延迟；大剂量时停用质子泵抑制剂
M04AC01|J01FA09|major|秋水仙碱中毒；肝肾功能不全者禁用，其余减量
M04AA|L04AX01|contraindicated|硫唑嘌呤代谢受抑，骨髓抑制
A03FA03|J01FA09|contraindicated|QT 间期延长；多潘立酮禁与强效 CYP3A4 抑制剂合用
A03FA03|J01FA01|contraindicated|QT 间期延长；多潘立酮禁与强效 CYP3A4 抑制剂合用
J01MA14|A03FA03|major|QT 间期延长叠加；避免合用
J01MA|J01FA|major|QT 间期延长叠加；避免合用
N06AB|N02CC|major|5-羟色胺综合征；确需合用时观察
N06AB|N02AX02|major|5-羟色胺综合征、惊厥；避免合用
N06AB|M01A|moderate|上消化道出血风险增加；可加用质子泵抑制剂
N05CD|N02A|major|过度镇静、呼吸抑制；避免合用，确需时最低剂量
N05CF|N02A|major|过度镇静、呼吸抑制；避免合用，确需时最低剂量
N05CD|N05CF|major|镇静催眠药重复使用
N05AH|N02A|major|过度镇静、呼吸抑制
H02AB|M01A|moderate|消化道溃疡与出血；可加用质子泵抑制剂
A10BB|J01MA|moderate|血糖异常；加强血糖监测
A10A|J01MA|moderate|血糖异常；加强血糖监测
J01MA|A02AD|moderate|金属离子络合，喹诺酮吸收减少；间隔 2 小时以上
J01MA|A12AX|moderate|金属离子络合，喹诺酮吸收减少；间隔 2 小时以上
J01MA|B03A|moderate|金属离子络合，喹诺酮吸收减少；间隔 2 小时以上
J01AA|A12AX|moderate|金属离子络合，四环素类吸收减少；间隔 2 小时以上
J01AA|B03A|moderate|金属离子络合，四环素类吸收减少；间隔 2 小时以上
H03AA01|A12AX|moderate|左甲状腺素吸收减少；间隔 4 小时
H03AA01|B03A|moderate|左甲状腺素吸收减少；间隔 4 小时
J01DD04|A12AA03|contraindicated|头孢曲松与含钙制剂产生沉淀；不得同瓶或同时输注
"""
"""ATC | ATC | grade | what happens, and what is done about it. Beginnings of codes; both directions."""

CONTROLLED = {
    "N02AA01": "narcotic",
    "N02AA05": "narcotic",
    "N02AB02": "narcotic",
    "N02AB03": "narcotic",
    "N06BA04": "psychotropic-1",
    "N05CD": "psychotropic-2",
    "N05BA": "psychotropic-2",
    "N05CF": "psychotropic-2",
    "N02AX02": "psychotropic-2",
}
"""Controlled substances by the beginning of the ATC code."""

CONTROL_FORMS = {"morphine-inj-10": "injection", "methylphenidate-18": "extended", "tramadol-sr-100": "extended"}
"""Dosage forms of controlled medicines that are limited otherwise than tablets."""

LACTATION = {
    "L01BA01": "never",
    "J01AA": "caution",
    "J01MA": "never",
    "N02AX02": "never",
    "N05CD": "caution",
    "C10AA": "never",
    "B01AF": "never",
    "M04AC01": "caution",
    "N02AA01": "caution",
    "H03AA01": "allowed",
    "J01C": "allowed",
    "J01D": "allowed",
    "N02BE01": "allowed",
    "M01AE01": "allowed",
    "A10A": "allowed",
}
"""Whether nursing mothers may have it, by the beginning of the ATC code."""

LIMITS = """
A10BA02|daily|0|45|
A10BA02|daily|2|60|
N02BE01|single|1||
N02AA01|single|30||morphine-10
N02AA01|single|20||morphine-inj-10
A03FA03|course|7||
"""
"""ATC | kind | most | below this eGFR | of this medicine only. For adults; further than the highest daily dose."""

INSURED = {
    "A10BK01": ("B", ("E11", "I50", "N18")),
    "C09DX04": ("B", ("I50", "I10")),
    "N06BA04": ("B", ("F90",)),
    "J01XA01": ("B", ()),
    "M04AA03": ("B", ("M10",)),
    "J05AF10": ("B", ("B18",)),
    "R03AK07": ("B", ("J44", "J45")),
    "A02BC05": ("B", ("K21", "K25", "K26", "K27", "K92", "B98.0")),
}
"""Insurance class and the diagnoses (ICD-10) for which it pays, by the beginning of the ATC code."""
