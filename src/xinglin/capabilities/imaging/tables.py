"""The tables of examinations with which a new hospital begins; afterwards what is in the store holds."""

STUDIES = """
ecg|常规心电图|30.00|20||ECG|function|胸部
echo|心脏彩超|260.00|60||US|us|心脏
holter|动态心电图|220.00|1500||ECG|function|胸部
chest-xray|胸部正侧位片|110.00|40|x|DX|dx|胸部
chest-ct|胸部 CT 平扫|320.00|90|x|CT|ct|胸部
chest-ct-contrast|胸部 CT 增强|680.00|120|xi|CT|ct|胸部
spirometry|肺功能＋支气管舒张试验|280.00|60||OT|function|肺
gastroscopy|无痛胃镜|680.00|120||ES|endoscopy|胃
colonoscopy|无痛肠镜|880.00|180||ES|endoscopy|结肠
abdomen-us|腹部彩超|160.00|40||US|us|腹部
thyroid-us|甲状腺彩超|130.00|40||US|us|甲状腺
carotid-us|颈动脉彩超|180.00|40||US|us|颈部
head-ct|头颅 CT 平扫|280.00|60|x|CT|ct|头颅
head-mri|头颅 MRI 平扫|580.00|180|m|MR|mr|头颅
head-mri-contrast|头颅 MRI 增强|960.00|240|mg|MR|mr|头颅
lumbar-mri|腰椎 MRI 平扫|580.00|180|m|MR|mr|腰椎
cervical-xray|颈椎正侧位片|120.00|40|x|DX|dx|颈椎
knee-xray|膝关节正侧位片|110.00|40|xs|DX|dx|膝关节
hand-xray|双手正位片|90.00|40|x|DX|dx|双手
ankle-xray|踝关节正侧位片|100.00|40|xs|DX|dx|踝关节
sacroiliac-mri|骶髂关节 MRI|620.00|180|m|MR|mr|骶髂关节
dxa|骨密度（双能 X 线）|200.00|40|x|BMD|dx|腰椎和髋部
urinary-us|泌尿系彩超|160.00|40||US|us|泌尿系
prostate-us|前列腺彩超与残余尿|180.00|40|M|US|us|前列腺
gynecology-us|妇科经阴道彩超|150.00|40|F|US|us|盆腔
obstetric-us|产科彩超|200.00|40|F|US|us|子宫
eeg|视频脑电图|320.00|240||EEG|function|头部
emg|肌电图|360.00|120||EMG|function|四肢
audiometry|纯音测听|80.00|30||OT|function|双耳
laryngoscopy|电子鼻咽喉镜|220.00|30||ES|endoscopy|鼻咽喉
tonometry|眼压测量|30.00|20||OT|function|双眼
slit-lamp|裂隙灯检查|30.00|20||OT|function|双眼
oct|视神经 OCT 与视野|240.00|60||OPT|function|双眼
dix-hallpike|变位试验|60.00|20||OT|function|前庭
scales|心理量表|80.00|40||OT|function|
"""
"""code | name | price | minutes until the report | flags | DICOM modality | room | body site

Flags: x works with rays, i iodinated contrast, g gadolinium contrast, m in a magnet, s on one side, M and F of one sex.
"""

ROOMS = """
dx|X 线摄影室|walk-in|10
ct|CT 室|booked|20
mr|磁共振室|booked|30
us|超声室|walk-in|15
endoscopy|内镜中心|booked|40
function|功能检查室|walk-in|20
"""
"""code | name | how patients come | minutes of a place"""

HOURS = (("08:00", "12:00"), ("13:30", "17:30"), ("18:00", "22:00"))
"""When rooms that are booked have places."""

NORMAL = """
chest-xray|胸廓对称，气管居中。双肺纹理清晰，肺野内未见明确实质性病变。双肺门不大。心影大小、形态未见异常。双侧膈面光整，肋膈角锐利。|胸部正侧位片未见明确异常。
chest-ct|双肺纹理清晰，双肺未见明确实变及结节影。气管及主要支气管通畅。纵隔内未见肿大淋巴结。心脏大小未见异常。双侧胸腔未见积液。|胸部 CT 平扫未见明确异常。
head-ct|双侧大脑半球对称，脑实质内未见异常密度影。脑室系统大小、形态正常，中线结构居中。脑沟、脑裂未见增宽。颅骨未见骨折征象。|头颅 CT 平扫未见明确异常。
head-mri|双侧大脑半球对称，脑实质内未见异常信号影。脑室系统大小、形态正常，中线结构居中。幕下小脑、脑干未见异常信号。|头颅 MRI 平扫未见明确异常。
lumbar-mri|腰椎生理曲度存在，椎体序列连续，椎体信号未见异常。各椎间盘未见明确突出。椎管未见狭窄，圆锥位置正常。|腰椎 MRI 平扫未见明确异常。
abdomen-us|肝脏大小形态正常，实质回声均匀。胆囊壁光滑，腔内未见异常回声。胆总管不扩张。胰腺、脾脏大小形态正常，回声均匀。|肝、胆、胰、脾未见明确异常。
thyroid-us|甲状腺双侧叶大小正常，实质回声均匀，未见明确结节。CDFI：血流信号未见异常。双侧颈部未见异常肿大淋巴结。|甲状腺未见明确异常。
carotid-us|双侧颈总动脉、颈内动脉起始段内膜光滑，内中膜不增厚，未见斑块。CDFI：血流充盈好，流速正常。|双侧颈动脉未见明确异常。
ecg|窦性心律，心率正常，电轴不偏。PR 间期、QRS 时限及 QT 间期在正常范围。未见 ST-T 改变。|窦性心律，正常心电图。
knee-xray|膝关节诸骨骨质未见异常，关节间隙未见狭窄，关节面光整。周围软组织未见异常。|膝关节正侧位片未见明确异常。
"""  # noqa: E501
"""code | findings | impression of somebody in whom nothing is found"""
