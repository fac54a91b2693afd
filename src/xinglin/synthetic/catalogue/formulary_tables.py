"""The tables of the formulary: medicines beside the demonstration's, and the limits of all of them."""

FURTHER = """
ibuprofen-susp|布洛芬混悬液|M01AE01|ml|20|mg|100|瓶|1200|1|nsaid|19.80
paracetamol-susp|对乙酰氨基酚混悬液|N02BE01|ml|32|mg|100|瓶|2000|1||17.60
amoxicillin-granule|阿莫西林颗粒|J01CA04|袋|125|mg|18|盒|3000|1|penicillin|13.20
azithromycin-susp|阿奇霉素干混悬剂|J01FA10|袋|100|mg|6|盒|500|1|macrolide|21.50
cefixime-granule|头孢克肟颗粒|J01DD08|袋|50|mg|6|盒|400|1|cephalosporin|24.80
oseltamivir-granule|磷酸奥司他韦颗粒|J05AH02|袋|15|mg|10|盒|150|1||45.00
montelukast-4|孟鲁司特钠咀嚼片（4 mg）|R03DC03|片|4|mg|5|盒|4|2||24.60
montelukast-5|孟鲁司特钠咀嚼片（5 mg）|R03DC03|片|5|mg|5|盒|5|6||26.90
loratadine-syrup|氯雷他定糖浆|R06AX13|ml|1|mg|60|瓶|10|2||26.40
ambroxol-solution|盐酸氨溴索口服溶液|R05CB06|ml|6|mg|100|瓶|90|1||23.70
budesonide-neb|吸入用布地奈德混悬液|R03BA02|支|0.5|mg|5|盒|4|1||46.00
salbutamol-inhaler|硫酸沙丁胺醇气雾剂|R03AC02|揿|100|ug|200|支|800|4||24.50
budesonide-formoterol|布地奈德福莫特罗吸入粉雾剂（160/4.5）|R03AK07|吸|160|ug|60|支|1280|12||178.00
tiotropium-18|噻托溴铵粉吸入剂|R03BB04|粒|18|ug|30|盒|18|18||199.00
ors-3|口服补液盐散（Ⅲ）|A07CA|袋|5.125|g|6|盒|61.5|1||21.60
boulardii-250|布拉氏酵母菌散|A07FA02|袋|0.25|g|6|盒|1|1||29.90
iron-150|多糖铁复合物胶囊|B03AB|粒|150|mg|10|盒|300|12||38.60
folic-04|叶酸片（0.4 mg）|B03BB01|片|0.4|mg|31|盒|0.8|12||29.30
folic-5|叶酸片（5 mg）|B03BB01|片|5|mg|100|瓶|15|12||9.80
calcium-d3|碳酸钙 D3 片|A12AX|片|600|mg|30|盒|1200|12||29.50
labetalol-50|盐酸拉贝洛尔片|C07AG01|片|50|mg|30|盒|2400|18||28.80
nifedipine-30|硝苯地平控释片|C08CA05|片|30|mg|7|盒|60|18||27.60
insulin-aspart|门冬胰岛素注射液|A10AB05|U|1|U|300|支|100|2||46.30
insulin-glargine|甘精胰岛素注射液|A10AE04|U|1|U|300|支|100|6||77.90
methimazole-10|甲巯咪唑片|H03BB02|片|10|mg|50|盒|40|2||32.70
propranolol-10|盐酸普萘洛尔片|C07AA05|片|10|mg|100|瓶|200|18||9.60
alendronate-70|阿仑膦酸钠片|M05BA04|片|70|mg|1|盒|70|18||46.90
calcitriol-025|骨化三醇软胶囊|A11CC04|粒|0.25|ug|10|盒|1|18||38.40
sacubitril-valsartan-100|沙库巴曲缬沙坦钠片|C09DX04|片|100|mg|14|盒|400|18||67.20
furosemide-20|呋塞米片|C03CA01|片|20|mg|100|瓶|160|18||11.30
ticagrelor-90|替格瑞洛片|B01AC24|片|90|mg|14|盒|180|18||68.50
rivaroxaban-20|利伐沙班片|B01AF01|片|20|mg|7|盒|20|18||62.90
isosorbide-60|单硝酸异山梨酯缓释片|C01DA14|片|60|mg|7|盒|120|18||33.10
trimetazidine-35|盐酸曲美他嗪缓释片|C01EB15|片|35|mg|30|盒|70|18||47.50
betahistine-6|甲磺酸倍他司汀片|N07CA01|片|6|mg|30|盒|36|18||22.20
flunarizine-5|盐酸氟桂利嗪胶囊|N07CA03|粒|5|mg|20|盒|10|18||13.80
rizatriptan-5|苯甲酸利扎曲普坦片|N02CC04|片|5|mg|3|盒|15|18||58.40
levodopa-250|多巴丝肼片|N04BA02|片|250|mg|40|盒|1250|25||86.50
pramipexole-025|盐酸普拉克索片|N04BC05|片|0.25|mg|30|盒|4.5|18||93.00
levetiracetam-250|左乙拉西坦片|N03AX14|片|250|mg|30|盒|3000|4||69.00
mecobalamin-05|甲钴胺片|B03BA05|片|0.5|mg|20|盒|1.5|18||23.60
pregabalin-75|普瑞巴林胶囊|N03AX16|粒|75|mg|8|盒|600|18||52.30
donepezil-5|盐酸多奈哌齐片|N06DA02|片|5|mg|7|盒|10|18||61.80
esomeprazole-20|艾司奥美拉唑镁肠溶片|A02BC05|片|20|mg|7|盒|40|12||36.40
bismuth-300|枸橼酸铋钾胶囊|A02BX05|粒|0.3|g|40|盒|1.2|18||23.50
hydrotalcite-500|铝碳酸镁咀嚼片|A02AD04|片|0.5|g|20|盒|4|12||18.90
mesalazine-500|美沙拉秦肠溶片|A07EC02|片|0.5|g|40|盒|4|18|nsaid|98.70
lactulose-667|乳果糖口服溶液|A06AD11|ml|0.667|g|100|瓶|40|1||28.60
ursodeoxycholic-250|熊去氧胆酸胶囊|A05AA02|粒|250|mg|25|盒|1000|18||172.00
entecavir-05|恩替卡韦片|J05AF10|片|0.5|mg|28|盒|1|18||42.00
tamsulosin-02|盐酸坦索罗辛缓释胶囊|G04CA02|粒|0.2|mg|10|盒|0.4|18||31.80
finasteride-5|非那雄胺片|G04CB01|片|5|mg|10|盒|5|18||34.50
fosfomycin-3|磷霉素氨丁三醇散|J01XX01|袋|3|g|1|盒|3|12||36.70
solifenacin-5|琥珀酸索利那新片|G04BD08|片|5|mg|10|盒|10|18||67.40
diclofenac-gel|双氯芬酸二乙胺乳胶剂|M02AA15|g|10|mg|20|支|160|14|nsaid|18.50
eperisone-50|盐酸乙哌立松片|M03BX09|片|50|mg|20|盒|150|18||26.10
glucosamine-250|硫酸氨基葡萄糖胶囊|M01AX05|粒|250|mg|20|盒|1500|18|seafood|29.70
methotrexate-25|甲氨蝶呤片|L01BA01|片|2.5|mg|16|盒|20|18||27.90
hydroxychloroquine-100|硫酸羟氯喹片|P01BA02|片|0.1|g|14|盒|0.4|6||38.20
colchicine-05|秋水仙碱片|M04AC01|片|0.5|mg|20|盒|1.5|18||31.40
mometasone-cream|糠酸莫米松乳膏|D07AC13|g|1|mg|10|支|15|2||16.80
hydrocortisone-cream|丁酸氢化可的松乳膏|D07AB02|g|1|mg|10|支|15|1||9.90
adapalene-gel|阿达帕林凝胶|D10AD03|g|1|mg|30|支|5|12||32.60
doxycycline-100|盐酸多西环素片|J01AA02|片|100|mg|20|盒|200|8||15.70
valacyclovir-500|盐酸伐昔洛韦片|J05AB11|片|0.5|g|6|盒|3|18||43.90
terbinafine-cream|盐酸特比萘芬乳膏|D01AE15|g|10|mg|15|支|40|12||14.20
calcipotriol-ointment|卡泊三醇软膏|D05AX02|g|50|ug|15|支|750|18||88.00
clotrimazole-vaginal|克霉唑阴道片|G01AF02|片|0.5|g|1|盒|0.5|18||29.60
drospirenone-ee|屈螺酮炔雌醇片|G03AA12|片|3|mg|21|盒|3|16||138.00
dydrogesterone-10|地屈孕酮片|G03DB01|片|10|mg|20|盒|40|18||109.00
tranexamic-500|氨甲环酸片|B02AA02|片|0.5|g|20|盒|3|12||33.80
mometasone-nasal|糠酸莫米松鼻喷雾剂|R01AD09|喷|50|ug|60|支|400|3||56.70
levofloxacin-otic|盐酸左氧氟沙星滴耳液|S02AA|ml|5|mg|5|支|15|18|quinolone|18.30
levofloxacin-eye|左氧氟沙星滴眼液|S01AE05|ml|5|mg|5|支|5|1|quinolone|22.60
hyaluronate-eye|玻璃酸钠滴眼液|S01KA01|ml|1|mg|5|支|1|1||32.50
latanoprost-eye|拉坦前列素滴眼液|S01EE01|ml|0.05|mg|2|支|0.005|18||92.00
olopatadine-eye|盐酸奥洛他定滴眼液|S01GX09|ml|1|mg|5|支|0.4|3||62.00
escitalopram-10|草酸艾司西酞普兰片|N06AB10|片|10|mg|14|盒|20|18||96.40
eszopiclone-2|右佐匹克隆片|N05CF04|片|2|mg|7|盒|3|18||44.20
buspirone-5|盐酸丁螺环酮片|N05BE01|片|5|mg|40|盒|45|18||36.50
olanzapine-5|奥氮平片|N05AH03|片|5|mg|28|盒|20|18||108.00
"""
"""The columns of the demonstration's table: code | name | ATC | form | strength | unit | pack size | pack | highest
daily dose | youngest | allergen | price. Of combinations the strength is that of the first part."""

RULES = """
ibuprofen-susp|never|0|K25 K26 J45|||40||
paracetamol-susp|allowed|||||75||
amoxicillin-granule|allowed|||unrestricted|test|90||
azithromycin-susp|allowed||I45.8|unrestricted||12||
cefixime-granule|allowed|||restricted||12||
oseltamivir-granule|caution|||||6||
montelukast-4|caution|||||||
montelukast-5|caution|||||||
loratadine-syrup|caution|||||||
ambroxol-solution|caution|||||3||
budesonide-neb|allowed|||||||
salbutamol-inhaler|caution|||||||
budesonide-formoterol|caution|||||||
tiotropium-18|caution||H40.2 N40|||||
ors-3|allowed||K56|||||
boulardii-250|caution|||||||
iron-150|allowed||E83.1|||||
folic-04|allowed|||||||
folic-5|allowed|||||||
calcium-d3|allowed||E83.5|||||
labetalol-50|allowed||J45 I44 R00.1|||||
nifedipine-30|caution||I35|||||
insulin-aspart|allowed|||||||
insulin-glargine|caution|||||||
methimazole-10|caution||D70|||||
propranolol-10|caution||J45 J44 I44|||||
alendronate-70|never|0|K22 E83.5|||||
calcitriol-025|caution||E83.5|||||
sacubitril-valsartan-100|never|200|||||enalapril-10 valsartan-80|
furosemide-20|caution|||||||
ticagrelor-90|caution||I60 I61 I62 K92||||clarithromycin-250|
rivaroxaban-20|never|0|K25 K26 K92 I61||||ibuprofen-300 diclofenac-75 celecoxib-200|
isosorbide-60|caution||I61 H40.2|||||
trimetazidine-35|never|0|G20|||||
betahistine-6|caution||K25 K26|||||
flunarizine-5|never||F32 G20|||||
rizatriptan-5|never||I10 I20 I25 I63 G43.1||||sertraline-50 escitalopram-10|
levodopa-250|never||H40.2|||||
pramipexole-025|never|1.5||||||
levetiracetam-250|caution|1000||||60||
mecobalamin-05|caution|||||||
pregabalin-75|caution|150||||||
donepezil-5|never|||||||
esomeprazole-20|caution||||||clopidogrel-75|
bismuth-300|never|0||||||
hydrotalcite-500|caution|0||||||
mesalazine-500|caution|0|K25 K26|||||
lactulose-667|allowed||K56 E74|||||
ursodeoxycholic-250|caution||K81|||||
entecavir-05|never|0.25||||||
tamsulosin-02|never|0||||||male
finasteride-5|never|||||||male
fosfomycin-3|allowed|||unrestricted||||
solifenacin-5|never|5|R33 H40.2 G70|||||
diclofenac-gel|never|||||||
eperisone-50|caution|||||||
glucosamine-250|never|||||||
methotrexate-25|never|0|B18 K70 K72 D70 N18||||smz-480 ibuprofen-300 diclofenac-75 amoxiclav-457|
hydroxychloroquine-100|caution|0.2|H35.3|||||
colchicine-05|never|0|||||clarithromycin-250|
mometasone-cream|caution|||||||
hydrocortisone-cream|caution|||||||
adapalene-gel|never|||||||
doxycycline-100|never|||unrestricted||||
valacyclovir-500|caution|1||||||
terbinafine-cream|caution|||||||
calcipotriol-ointment|caution||E83.5|||||
clotrimazole-vaginal|allowed|||||||female
drospirenone-ee|never|0|I10 I26 I63 I80 I82 G43.1 C50|||||female
dydrogesterone-10|allowed|||||||female
tranexamic-500|caution|1|I26 I63 I80 I82|||||
mometasone-nasal|caution|||||||
levofloxacin-otic|caution|||unrestricted||||
levofloxacin-eye|caution|||unrestricted||||
hyaluronate-eye|allowed|||||||
latanoprost-eye|caution|||||||
olopatadine-eye|caution|||||||
escitalopram-10|caution||||||rizatriptan-5|
eszopiclone-2|caution||G70 G47.3|||||
buspirone-5|caution|0|G40|||||
olanzapine-5|caution||H40.2|||||
"""
"""code | pregnancy | most daily at eGFR below 30 (0: never) | not with (beginnings of ICD-10 codes) | tier | skin test
| most for each kg of a child | not together with | only for this sex"""
