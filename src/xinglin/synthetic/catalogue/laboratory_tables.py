"""The table of examinations."""

STUDIES = """
ecg|常规心电图|30.00|20|
echo|心脏彩超|260.00|60|
holter|动态心电图|220.00|1500|
chest-xray|胸部正侧位片|110.00|40|x
chest-ct|胸部 CT 平扫|320.00|90|x
spirometry|肺功能＋支气管舒张试验|280.00|60|
gastroscopy|无痛胃镜|680.00|120|
colonoscopy|无痛肠镜|880.00|180|
abdomen-us|腹部彩超|160.00|40|
thyroid-us|甲状腺彩超|130.00|40|
carotid-us|颈动脉彩超|180.00|40|
head-ct|头颅 CT 平扫|280.00|60|x
head-mri|头颅 MRI 平扫|580.00|180|
lumbar-mri|腰椎 MRI 平扫|580.00|180|
cervical-xray|颈椎正侧位片|120.00|40|x
knee-xray|膝关节正侧位片|110.00|40|x
hand-xray|双手正位片|90.00|40|x
ankle-xray|踝关节正侧位片|100.00|40|x
sacroiliac-mri|骶髂关节 MRI|620.00|180|
dxa|骨密度（双能 X 线）|200.00|40|x
urinary-us|泌尿系彩超|160.00|40|
prostate-us|前列腺彩超与残余尿|180.00|40|
gynecology-us|妇科经阴道彩超|150.00|40|
obstetric-us|产科彩超|200.00|40|
eeg|视频脑电图|320.00|240|
emg|肌电图|360.00|120|
audiometry|纯音测听|80.00|30|
laryngoscopy|电子鼻咽喉镜|220.00|30|
tonometry|眼压测量|30.00|20|
slit-lamp|裂隙灯检查|30.00|20|
oct|视神经 OCT 与视野|240.00|60|
dix-hallpike|变位试验|60.00|20|
scales|心理量表|80.00|40|
"""
"""code | name | price | minutes until the report | x where it works with rays"""
