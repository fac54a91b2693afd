"""The tables of the formulary: what there is, and the limits of each medicine.

Names, ATC codes (WHO Collaborating Centre for Drug Statistics Methodology), strengths, highest doses, ages and
contraindications follow labels approved in China, kidney function also KDIGO 2024; tiers follow the Administration of
Clinical Use of Antibacterials (2012). Prices are invented.
"""

MEDICINES = """
amlodipine-5|苯磺酸氨氯地平片|C08CA01|片|5|mg|28|盒|10|6||23.80
valsartan-80|缬沙坦胶囊|C09CA03|粒|80|mg|28|盒|320|6||31.50
valsartan-amlodipine|缬沙坦氨氯地平片（80/5）|C09DB01|片|80|mg|28|盒|320|18||86.24
irbesartan-150|厄贝沙坦片|C09CA04|片|150|mg|28|盒|300|18||29.60
losartan-50|氯沙坦钾片|C09CA01|片|50|mg|14|盒|100|6||24.10
enalapril-10|马来酸依那普利片|C09AA02|片|10|mg|16|盒|40|6||12.40
metoprolol-47|琥珀酸美托洛尔缓释片|C07AB02|片|47.5|mg|28|盒|190|6||36.90
bisoprolol-5|富马酸比索洛尔片|C07AB07|片|5|mg|10|盒|20|18||27.30
hydrochlorothiazide-25|氢氯噻嗪片|C03AA03|片|25|mg|100|瓶|100|0||8.20
spironolactone-20|螺内酯片|C03DA01|片|20|mg|100|瓶|400|0||15.60
atorvastatin-20|阿托伐他汀钙片|C10AA05|片|20|mg|28|盒|80|10||39.20
rosuvastatin-10|瑞舒伐他汀钙片|C10AA07|片|10|mg|28|盒|20|10||34.70
aspirin-100|阿司匹林肠溶片|B01AC06|片|100|mg|30|盒|300|16|nsaid|15.80
clopidogrel-75|硫酸氢氯吡格雷片|B01AC04|片|75|mg|7|盒|300|18||48.30
nitroglycerin-05|硝酸甘油片|C01DA02|片|0.5|mg|100|瓶|10|18||33.00
metformin-500|盐酸二甲双胍片|A10BA02|片|0.5|g|48|盒|2.55|10||18.90
metformin-xr-500|盐酸二甲双胍缓释片|A10BA02|片|0.5|g|60|盒|2|10||21.60
gliclazide-30|格列齐特缓释片|A10BB09|片|30|mg|60|盒|120|18||42.50
acarbose-50|阿卡波糖片|A10BF01|片|50|mg|30|盒|600|18||30.40
dapagliflozin-10|达格列净片|A10BK01|片|10|mg|14|盒|10|10||54.60
sitagliptin-100|磷酸西格列汀片|A10BH01|片|100|mg|14|盒|100|18||63.80
levothyroxine-50|左甲状腺素钠片|H03AA01|片|50|ug|100|盒|300|0||28.70
amoxicillin-500|阿莫西林胶囊|J01CA04|粒|0.5|g|24|盒|4|0|penicillin|11.90
amoxiclav-457|阿莫西林克拉维酸钾片|J01CR02|片|0.457|g|12|盒|2.742|12|penicillin|26.80
cefuroxime-250|头孢呋辛酯片|J01DC02|片|0.25|g|12|盒|1|3|cephalosporin|22.60
cefixime-100|头孢克肟胶囊|J01DD08|粒|0.1|g|12|盒|0.4|1|cephalosporin|25.30
azithromycin-250|阿奇霉素片|J01FA10|片|0.25|g|6|盒|0.5|1|macrolide|19.40
clarithromycin-250|克拉霉素片|J01FA09|片|0.25|g|8|盒|1|1|macrolide|21.20
levofloxacin-500|左氧氟沙星片|J01MA12|片|0.5|g|7|盒|0.75|18|quinolone|28.80
moxifloxacin-400|盐酸莫西沙星片|J01MA14|片|0.4|g|3|盒|0.4|18|quinolone|52.90
smz-480|复方磺胺甲噁唑片|J01EE01|片|0.48|g|100|瓶|3.84|1|sulfonamide|14.30
metronidazole-200|甲硝唑片|J01XD01|片|0.2|g|100|瓶|2.4|0||9.80
oseltamivir-75|磷酸奥司他韦胶囊|J05AH02|粒|75|mg|10|盒|150|1||88.00
ibuprofen-300|布洛芬缓释胶囊|M01AE01|粒|0.3|g|20|盒|2.4|12|nsaid|17.50
paracetamol-500|对乙酰氨基酚片|N02BE01|片|0.5|g|20|盒|2|6||9.60
diclofenac-75|双氯芬酸钠缓释胶囊|M01AB05|粒|75|mg|10|盒|150|14|nsaid|16.70
celecoxib-200|塞来昔布胶囊|M01AH01|粒|0.2|g|6|盒|0.4|18|nsaid|38.40
omeprazole-20|奥美拉唑肠溶胶囊|A02BC01|粒|20|mg|14|盒|40|1||18.20
pantoprazole-40|泮托拉唑钠肠溶片|A02BC02|片|40|mg|14|盒|80|12||32.60
domperidone-10|多潘立酮片|A03FA03|片|10|mg|30|盒|30|12||19.90
mosapride-5|枸橼酸莫沙必利片|A03FA09|片|5|mg|24|盒|15|18||27.70
smectite-3|蒙脱石散|A07BC05|袋|3|g|10|盒|9|0||14.60
loratadine-10|氯雷他定片|R06AX13|片|10|mg|12|盒|10|2||20.50
cetirizine-10|盐酸西替利嗪片|R06AE07|片|10|mg|12|盒|10|6||18.80
montelukast-10|孟鲁司特钠片|R03DC03|片|10|mg|5|盒|10|15||33.90
ambroxol-30|盐酸氨溴索片|R05CB06|片|30|mg|20|盒|120|6||15.20
acetylcysteine-600|乙酰半胱氨酸泡腾片|R05CB01|片|0.6|g|6|盒|0.6|14||29.30
prednisone-5|醋酸泼尼松片|H02AB07|片|5|mg|100|瓶|60|0||12.10
allopurinol-100|别嘌醇片|M04AA01|片|0.1|g|100|瓶|0.9|0||25.70
febuxostat-40|非布司他片|M04AA03|片|40|mg|16|盒|80|18||46.20
sertraline-50|盐酸舍曲林片|N06AB06|片|50|mg|28|盒|200|6||58.10
estazolam-1|艾司唑仑片|N05CD04|片|1|mg|20|盒|2|18||6.40
glucose-250|5% 葡萄糖注射液（250 ml）|B05BA03|袋|250|ml|1|袋|3000|0||4.60
nacl-100|0.9% 氯化钠注射液（100 ml）|B05XA03|袋|100|ml|1|袋|3000|0||3.20
nacl-250|0.9% 氯化钠注射液（250 ml）|B05XA03|袋|250|ml|1|袋|3000|0||4.10
ceftriaxone-1|注射用头孢曲松钠|J01DD04|支|1|g|1|支|4|0|cephalosporin|12.80
penicillin-g-80|注射用青霉素钠（80 万单位）|J01CE01|支|80|万U|1|支|2000|0|penicillin|3.10
vancomycin-500|注射用盐酸万古霉素|J01XA01|支|0.5|g|1|支|2|0||96.00
ambroxol-inj-15|盐酸氨溴索注射液|R05CB06|支|15|mg|1|支|90|0||6.90
morphine-10|硫酸吗啡片|N02AA01|片|10|mg|20|盒|100|18||38.00
morphine-inj-10|盐酸吗啡注射液|N02AA01|支|10|mg|1|支|60|18||6.20
methylphenidate-18|盐酸哌甲酯缓释片|N06BA04|片|18|mg|15|瓶|54|6||178.00
tramadol-sr-100|盐酸曲马多缓释片|N02AX02|片|100|mg|10|盒|400|18||21.50
warfarin-25|华法林钠片|B01AA03|片|2.5|mg|60|瓶|15|18||24.30
digoxin-025|地高辛片|C01AA05|片|0.25|mg|30|盒|0.5|18||26.10
shexiang-baoxin|麝香保心丸||丸|22.5|mg|42|瓶|135|18||29.80
lianhua-350|连花清瘟胶囊||粒|0.35|g|24|盒|4.2|18||14.80
"""
"""code | name | ATC | form | strength | unit | pack size | pack | highest daily dose | youngest | allergen | price. Of
combinations the strength is that of the first part."""

RULES = """
amlodipine-5|caution||||||clarithromycin-250|
valsartan-80|never||||||sacubitril-valsartan-100 losartan-50 enalapril-10|
valsartan-amlodipine|never||||||sacubitril-valsartan-100 enalapril-10|
irbesartan-150|never||||||sacubitril-valsartan-100 enalapril-10|
losartan-50|never||||||sacubitril-valsartan-100 enalapril-10|
enalapril-10|never|20|||||sacubitril-valsartan-100|
metoprolol-47|caution||J45 I44 R00.1|||||
bisoprolol-5|caution|10|J45 I44 R00.1|||||
hydrochlorothiazide-25|caution|0|M10|||||
spironolactone-20|caution|0|!E87.5|||||
atorvastatin-20|never||B18 K72||||clarithromycin-250|
rosuvastatin-10|never|0|B18 K72|||||
aspirin-100|caution||K25 K26 K27 K92|||||
clopidogrel-75|caution||K25 K26 K27 K92 !I61||||omeprazole-20 esomeprazole-20|
nitroglycerin-05|caution||H40.2 I61|||||
metformin-500|caution|0|!N18.4 !N18.5|||||
metformin-xr-500|caution|0|!N18.4 !N18.5|||||
gliclazide-30|never|0|!E10|||||
acarbose-50|never|0|K50 K51 K56|||||
dapagliflozin-10|never|0|E10|||||
sitagliptin-100|caution|25|E10 K85|||||
levothyroxine-50|allowed||I21 E05|||||
amoxicillin-500|allowed|1||unrestricted|test|0.09||
amoxiclav-457|allowed|1.371|K71|unrestricted|test||methotrexate-25|
cefuroxime-250|allowed|0.5||unrestricted||||
cefixime-100|allowed|0.2||restricted||||
azithromycin-250|allowed||I45.8|unrestricted||||
clarithromycin-250|caution|0.5|I45.8|unrestricted|||colchicine-05 atorvastatin-20|
levofloxacin-500|never|0.5|G40 !G70|restricted||||
moxifloxacin-400|never||G40 G70 !I45.8|special||||
smz-480|never|0|!D55|unrestricted|||methotrexate-25|
metronidazole-200|never||G40|unrestricted||||
oseltamivir-75|caution|75||||||
ibuprofen-300|never|0|K25 K26 K27 K92 I50 N18 J45||||methotrexate-25 rivaroxaban-20|
paracetamol-500|allowed||K72|||||
diclofenac-75|never|0|K25 K26 K27 K92 I50 I20 I25 I63 N18 J45||||methotrexate-25 rivaroxaban-20|
celecoxib-200|never|0|K25 K26 K27 K92 I50 I20 I25 I63 N18 J45||||rivaroxaban-20|
omeprazole-20|caution||||||clopidogrel-75|
pantoprazole-40|caution|||||||
domperidone-10|caution||K92 I45.8||||clarithromycin-250|
mosapride-5|caution||K92|||||
smectite-3|allowed|||||||
loratadine-10|caution|||||||
cetirizine-10|caution|0||||||
montelukast-10|caution|||||||
ambroxol-30|caution|||||||
acetylcysteine-600|caution||J45|||||
prednisone-5|caution||K25 K26 B16|||||
allopurinol-100|never|0.1||||||
febuxostat-40|never|40||||||
sertraline-50|caution||||||rizatriptan-5|
estazolam-1|never||!G70 J44 G47.3|||||
glucose-250|allowed|||||||
nacl-100|allowed|||||||
nacl-250|allowed|||||||
ceftriaxone-1|allowed|2||restricted||||
penicillin-g-80|allowed|||unrestricted|test|||
vancomycin-500|caution|||special||||
ambroxol-inj-15|caution|||||||
morphine-10|caution||J45 J44 G47.3 K56|||||
morphine-inj-10|caution||J45 J44 G47.3 K56|||||
methylphenidate-18|caution||H40 E05 F95.2|||||
tramadol-sr-100|caution|200|G40|||||
warfarin-25|never||!I60 !I61 !I62 K25 K26|||||
digoxin-025|caution|0.125|I44 I42.1|||||
shexiang-baoxin|never|||||||
lianhua-350|caution|||||||
"""
"""code | pregnancy | most daily at eGFR below 30 (0: never) | not with (beginnings of ICD-10 codes, ! where never) |
tier | skin test | most for each kg of a child | not together with | only for this sex"""

KINDS = {
    "glucose-250": "solvent",
    "nacl-100": "solvent",
    "nacl-250": "solvent",
    "shexiang-baoxin": "patent",
    "lianhua-350": "patent",
}
"""Medicines that are no western ones."""

PARTS = {
    "valsartan-amlodipine": ("C09CA03", "C08CA01"),
    "amoxiclav-457": ("J01CA04",),
    "smz-480": ("J01EC01", "J01EA01"),
    "sacubitril-valsartan-100": ("C09DX04", "C09CA03"),
    "budesonide-formoterol": ("R03BA02", "R03AC13"),
    "levodopa-250": ("N04BA01",),
}
"""ATC codes of the substances of combinations."""
