"""The tables of the test catalogue with which a new hospital begins; afterwards what is in the store holds.

Reference ranges: WS/T 405-2012 (blood cells of adults), WS/T 404.1 to 404.9 (clinical chemistry of adults), WS/T
779-2021 and WS/T 780-2021 (children), the Chinese lipid guideline of 2023 and, where no standard has one, those that
reagents commonly give. LOINC codes stand only where they are certain.
"""

ANALYTES = """
wbc|白细胞计数|6690-2|10^9/L|10*9/L|1|1-2:5.1~14.1 2-6:4.4~11.9 6-13:4.3~11.3 13-18:4.1~11.0 18-:3.5~9.5|0.1~200
neut|中性粒细胞百分比|770-8|%|%|1|1-2:13~55 2-6:22~65 6-13:31~70 13-18:37~77 18-:40~75|0~99
lymph|淋巴细胞百分比|736-9|%|%|1|1-2:33~77 2-6:23~69 6-13:23~59 13-18:17~54 18-:20~50|0~99
rbc|红细胞计数|789-8|10^12/L|10*12/L|2|1-2:4.0~5.5 2-6:4.0~5.5 6-13:4.2~5.7 M13-18:4.5~5.9 F13-18:3.9~5.3 M18-:4.3~5.8 F18-:3.8~5.1|0.5~9
hgb|血红蛋白|718-7|g/L|g/L|0|1-2:107~141 2-6:112~149 6-13:118~156 M13-18:129~172 F13-18:114~154 M18-:130~175 F18-:115~150|20~240
mcv|平均红细胞体积|787-2|fL|fL|1|1-2:72~86 2-6:76~88 6-13:77~92 13-18:80~100 18-:82~100|45~140
plt|血小板计数|777-3|10^9/L|10*9/L|0|1-2:190~524 2-6:187~475 6-13:167~453 13-18:150~407 18-:125~350|1~2000
crp|C 反应蛋白|1988-5|mg/L|mg/L|1|1-:~8|0.2~400
pct|降钙素原|33959-8|ng/mL|ng/mL|2|1-:~0.05|0.02~100
esr|红细胞沉降率|30341-2|mm/h|mm/h|0|M1-:~15 F1-:~20|1~140
alt|丙氨酸氨基转移酶|1742-6|U/L|U/L|0|1-2:8~71 2-13:7~30 M13-18:7~43 F13-18:6~29 M18-:9~50 F18-:7~40|3~5000
ast|天门冬氨酸氨基转移酶|1920-8|U/L|U/L|0|1-2:22~59 2-13:14~44 13-18:12~37 M18-:15~40 F18-:13~35|5~5000
ggt|γ-谷氨酰基转移酶|2324-2|U/L|U/L|0|1-13:5~19 M13-18:8~40 F13-18:6~26 M18-:10~60 F18-:7~45|3~2000
alp|碱性磷酸酶|6768-6|U/L|U/L|0|1-13:143~406 13-18:51~380 M18-:45~125 F18-50:35~100 F50-:50~135|10~1500
tbil|总胆红素|14631-6|μmol/L|umol/L|1|M1-:~26 F1-:~21|1~600
alb|白蛋白|1751-7|g/L|g/L|1|1-:40~55|10~65
urea|尿素|22664-7|mmol/L|mmol/L|1|1-18:2.5~6.5 M18-60:3.1~8.0 M60-:3.6~9.5 F18-60:2.6~7.5 F60-:3.1~8.8|0.5~80
cr|肌酐|14682-9|μmol/L|umol/L|0|1-6:19~44 6-13:27~66 M13-18:37~93 F13-18:33~75 M18-60:57~97 M60-:57~111 F18-60:41~73 F60-:41~81|10~2000
ua|尿酸|14933-6|μmol/L|umol/L|0|M1-:208~428 F1-:155~357|50~1200
glu|空腹血糖|14771-0|mmol/L|mmol/L|2|1-:3.9~6.1|1~50
hba1c|糖化血红蛋白|4548-4|%|%|1|1-:4.0~6.0|3~20
tc|总胆固醇|14647-2|mmol/L|mmol/L|2|1-:~5.2|1~20
tg|甘油三酯|14927-8|mmol/L|mmol/L|2|1-:~1.7|0.2~40
hdl|高密度脂蛋白胆固醇|14646-4|mmol/L|mmol/L|2|1-:1.0~2.0|0.2~4
ldl|低密度脂蛋白胆固醇|22748-8|mmol/L|mmol/L|2|1-:~3.4|0.3~15
k|钾|2823-3|mmol/L|mmol/L|2|1-:3.5~5.3|1.5~9
na|钠|2951-2|mmol/L|mmol/L|1|1-:137~147|100~180
cl|氯|2075-0|mmol/L|mmol/L|1|1-:99~110|70~140
ca|钙|2000-8|mmol/L|mmol/L|2|1-18:2.2~2.7 18-:2.11~2.52|1~4
p|无机磷|14879-1|mmol/L|mmol/L|2|1-18:1.1~2.0 18-:0.85~1.51|0.2~4
tsh|促甲状腺激素|3016-3|mIU/L|m[IU]/L|2|1-:0.27~4.20|0.01~150
ft3|游离三碘甲状腺原氨酸|14928-6|pmol/L|pmol/L|2|1-:3.10~6.80|0.6~50
ft4|游离甲状腺素|14920-3|pmol/L|pmol/L|2|1-:12.00~22.00|0.5~100
trab|促甲状腺素受体抗体||IU/L|[IU]/L|2|1-:~1.75|0.3~40
tpo|甲状腺过氧化物酶抗体||IU/mL|[IU]/mL|0|1-:~34|5~600
ck|肌酸激酶|2157-6|U/L|U/L|0|M1-:50~310 F1-:40~200|10~20000
ckmb|肌酸激酶同工酶|13969-1|ng/mL|ng/mL|2|1-:~5|0.2~300
ctni|高敏肌钙蛋白 I|89579-7|ng/L|ng/L|1|M1-:~34.2 F1-:~15.6|0.5~50000
ntprobnp|N 末端 B 型利钠肽原|33762-6|pg/mL|pg/mL|0|1-75:~125 75-:~450|5~35000
ddimer|D-二聚体|48065-7|mg/L FEU|mg/L{FEU}|2|1-:~0.55|0.05~20
pt|凝血酶原时间|5902-2|s|s|1|1-:9.4~12.5|7~100
inr|国际标准化比值|6301-6||1|2|1-:0.8~1.2|0.6~10
aptt|活化部分凝血活酶时间|14979-9|s|s|1|1-:25.1~36.5|15~150
fib|纤维蛋白原|3255-7|g/L|g/L|2|1-:2.0~4.0|0.3~12
ferritin|铁蛋白|2276-4|μg/L|ug/L|0|M1-:30~400 F1-:13~150|1~5000
iron|血清铁|14798-3|μmol/L|umol/L|1|M1-:10.6~36.7 F1-:7.8~32.2|1~80
tibc|总铁结合力||μmol/L|umol/L|1|M1-:50~77 F1-:54~77|20~120
rf|类风湿因子|11572-5|IU/mL|[IU]/mL|0|1-:~20|5~1000
ccp|抗环瓜氨酸肽抗体||RU/mL|[arb'U]/mL|0|1-:~5|1~400
ana|抗核抗体|||||=阴性|
hlab27|HLA-B27|||||=阴性|
psa|总前列腺特异性抗原|2857-1|ng/mL|ng/mL|2|M1-:~4|0.01~500
hcg|β-人绒毛膜促性腺激素|19080-1|IU/L|[IU]/L|0|F1-:~5|1~300000
progesterone|孕酮||nmol/L|nmol/L|1|F1-:|0.3~400
fsh|卵泡刺激素|15067-2|IU/L|[IU]/L|1|F1-50:1.7~21.5 F50-:25.8~134.8|0.3~200
lh|黄体生成素|10501-5|IU/L|[IU]/L|1|F1-50:1.0~95.6 F50-:7.7~58.5|0.3~200
testosterone|睾酮||nmol/L|nmol/L|2|F1-:0.22~2.9 M18-:6.7~29|0.05~60
ige|总 IgE|19113-0|IU/mL|[IU]/mL|0|1-:~100|2~5000
amy|淀粉酶|1798-8|U/L|U/L|0|1-:35~135|5~5000
lipase|脂肪酶|3040-3|U/L|U/L|0|1-:~60|5~5000
hbsag|乙型肝炎病毒表面抗原|5196-1||||=阴性|
hbvdna|乙型肝炎病毒 DNA||IU/mL|[IU]/mL|0|1-:~20|10~900000000
afp|甲胎蛋白|1834-1|ng/mL|ng/mL|2|1-:~7|0.5~60000
flua|甲型流感病毒抗原|||||=阴性|
flub|乙型流感病毒抗原|||||=阴性|
mp|肺炎支原体 IgM 抗体|||||=阴性|
upro|尿蛋白|20454-5||||=阴性|
ublood|尿隐血|5794-3||||=阴性|
uleu|尿白细胞酯酶|5799-2||||=阴性|
unit|尿亚硝酸盐|5802-4||||=阴性|
uglu|尿葡萄糖|25428-4||||=阴性|
uket|尿酮体|2514-8||||=阴性|
uacr|尿白蛋白/肌酐比值|9318-7|mg/g|mg/g|1|1-:~30|0.5~5000
uprot24|24 小时尿蛋白定量||g/24h|g/(24.h)|2|1-:~0.15|0.01~30
ogtt1|口服葡萄糖耐量 1 小时血糖||mmol/L|mmol/L|2|1-:~10.0|2~40
ogtt2|口服葡萄糖耐量 2 小时血糖||mmol/L|mmol/L|2|1-:~7.8|2~40
sob|粪便隐血|||||=阴性|
swbc|粪便白细胞|||||=阴性|
rota|轮状病毒抗原|||||=阴性|
clue|阴道分泌物线索细胞|||||=阴性|
candida|阴道分泌物假丝酵母菌|||||=阴性|
ubt|碳 13 尿素呼气试验 DOB 值||‰|[ppth]|1|1-:~4|0~80
fungus|皮屑真菌镜检|||||=阴性|
strep|A 族链球菌抗原|||||=阴性|
vitd|25-羟维生素 D||ng/mL|ng/mL|1|1-:20~100|3~150
pth|甲状旁腺激素|2731-8|pg/mL|pg/mL|1|1-:15~65|2~3000
egfr|估算肾小球滤过率|98979-8|mL/min/1.73m²|mL/min/{1.73_m2}|0|18-:90~|0~300
nonhdl|非高密度脂蛋白胆固醇||mmol/L|mmol/L|2|1-:~4.1|0.2~19
"""  # noqa: E501
"""code | name | LOINC | unit | UCUM | digits | reference ranges, or =the usual word | what an instrument reports"""

CALCULATED = {"egfr": "ckd-epi-2021", "nonhdl": "non-hdl", "ldl": "friedewald"}
"""Analyte → the formula by which it is worked out; `ldl` only where nobody has measured it."""

CRITICAL = """
wbc|2.0~37.0
hgb|66~199
plt|37~910
k|2.8~6.2
na|120~158
ca|1.65~3.22
glu|2.6~26.9
cr|~654
urea|~37
pt|~27
aptt|~68
fib|0.88~
"""
"""code | below and above which somebody must be told at once: the means of hospitals' limits for adults in Kost GJ,
JAMA 1990;263:704-707. A laboratory agrees its own with its clinicians and writes them into its
ObservationDefinitions."""

DELTA = {"hgb": 25, "mcv": 5, "plt": 50, "k": 25, "na": 5, "cr": 50, "urea": 60, "alb": 25, "ca": 20}
"""Analyte → by how many percent a value may differ from the one before within a week until somebody looks at it again:
settings of this house, to be replaced by those of the laboratory."""

WORDS = {
    "ana": "阴性|阳性 1:100|阳性 1:320|阳性 1:640|阳性 1:1000",
    "swbc": "阴性|1-4/HP|5-10/HP|10-15/HP|＞15/HP",
    "sob": "阴性|弱阳性|阳性",
    **dict.fromkeys(("upro", "ublood", "uleu", "uglu", "uket"), "阴性|弱阳性(±)|阳性(1+)|阳性(2+)|阳性(3+)|阳性(4+)"),
}
"""Analyte → the words that its result may be, the usual one first; of others: negative, positive."""

PANELS = """
blood|血常规＋CRP|edta|wbc neut lymph rbc hgb mcv plt crp|38.00|30
procalcitonin|降钙素原|serum|pct|120.00|90
esr|血沉|sediment|esr|8.00|90
liver|肝功能|serum|alt ast ggt alp tbil alb|62.00|120
kidney|肾功能|serum|urea cr ua|32.00|120
glucose|空腹血糖|serum|glu|6.00|90
hba1c|糖化血红蛋白|edta|hba1c|60.00|180
lipids|血脂|serum|tg hdl ldl tc|50.00|120
electrolytes|电解质|serum|k na cl ca p|35.00|90
thyroid|甲状腺功能|serum|tsh ft3 ft4|105.00|240
thyroid-antibodies|甲状腺抗体|serum|trab tpo|130.00|300
cardiac|心肌标志物|serum|ck ckmb ctni|165.00|60
bnp|NT-proBNP|heparin|ntprobnp|180.00|60
ddimer|D-二聚体|citrate|ddimer|60.00|60
coagulation|凝血功能|citrate|pt inr aptt fib|70.00|90
iron|铁代谢|serum|ferritin iron tibc|110.00|240
rheumatoid|类风湿抗体|serum|rf ccp|125.00|300
ana|抗核抗体|serum|ana|80.00|1440
hlab27|HLA-B27|edta|hlab27|150.00|1440
psa|总前列腺特异性抗原|serum|psa|80.00|240
hcg|血 HCG|serum|hcg progesterone|95.00|120
sex-hormones|性激素|serum|fsh lh testosterone|180.00|300
ige|总 IgE|serum|ige|60.00|300
pancreas|胰腺酶|serum|amy lipase|55.00|60
hepatitis-b|乙肝表面抗原与病毒载量|serum|hbsag hbvdna afp|260.00|1440
influenza|流感抗原|swab|flua flub|90.00|30
mycoplasma|肺炎支原体抗体|serum|mp|60.00|120
urine|尿常规|urine|upro ublood uleu unit uglu uket|20.00|30
uacr|尿微量白蛋白/肌酐|urine|uacr|60.00|180
urine-protein|24 小时尿蛋白|urine24|uprot24|20.00|240
ogtt|口服葡萄糖耐量试验|fluoride|glu ogtt1 ogtt2|30.00|240
stool|粪便常规＋隐血|stool|swbc sob|15.00|40
rotavirus|轮状病毒抗原|stool|rota|60.00|60
vaginal|阴道分泌物检查|swab|clue candida|45.00|60
breath|碳 13 尿素呼气试验|breath|ubt|120.00|60
fungus|真菌镜检|scraping|fungus|30.00|60
strep|A 族链球菌抗原|swab|strep|60.00|30
bone|骨代谢|serum|vitd pth ca p alp|190.00|300
"""
"""code | name | tube | analytes | price | minutes until the report"""

DERIVED = {"kidney": "egfr", "lipids": "nonhdl"}
"""Panel → what is worked out besides from what it measures."""

FASTING = frozenset({"glucose", "lipids", "liver", "ogtt", "breath"})
"""Panels for which the patient must not have eaten."""

REPEAT = {"hba1c": 60}
"""Panel → days before which the same test is worth a question; of others a week. HbA1c tells of two to three months."""

TUBES = """
edta|静脉血|EDTA 抗凝管|lavender|紫头|2
serum|血清|分离胶促凝管|yellow|黄头|3
citrate|血浆|枸橼酸钠抗凝管|light-blue|蓝头|3
sediment|静脉血|枸橼酸钠血沉管|black|黑头|2
fluoride|血浆|氟化钠抗凝管|grey|灰头|2
heparin|血浆|肝素抗凝管|green|绿头|3
urine|中段尿|尿管|||10
urine24|24 小时尿|尿桶|||
stool|粪便|粪便盒|||
swab|拭子|拭子管|||
breath|呼出气|呼气袋|||
scraping|皮屑|玻片|||
"""
"""code | material | container | colour of the cap (R4 container-cap) | in words | mL"""
