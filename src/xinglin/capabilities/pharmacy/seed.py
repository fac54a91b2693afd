"""The formulary of the demonstration hospital, its prices and its first stock.

Names, ATC codes (WHO Collaborating Centre for Drug Statistics Methodology), strengths and highest daily doses for
adults (labels approved in China) are facts; prices are invented.
"""

from decimal import Decimal

from xinglin.capabilities.pharmacy.formulary import DRUG, FORMULARY, Medicine
from xinglin.capabilities.pharmacy.stock import WINDOW, stock_account
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context

FIRST_STOCK = 500

TABLE = """
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
"""
"""code | name | ATC | form | strength | unit | pack size | pack | highest daily dose | youngest | allergen | price"""


def medicines() -> list[tuple[Medicine, Decimal]]:
    """The formulary with the price of a pack."""
    rows = [line.split("|") for line in TABLE.strip().splitlines()]
    return [
        (
            Medicine(
                code=row[0],
                name=row[1],
                atc=row[2],
                form=row[3],
                strength=Decimal(row[4]),
                strength_unit=row[5],
                pack_size=int(row[6]),
                pack_unit=row[7],
                max_daily=Decimal(row[8]),
                min_age=int(row[9]),
                allergen=row[10] or None,
            ),
            Decimal(row[11]),
        )
        for row in rows
    ]


def formulary_resource() -> Resource:
    """The CodeSystem of all medicines by name."""
    return {
        "resourceType": "CodeSystem",
        "id": FORMULARY,
        "url": DRUG,
        "name": "HospitalFormulary",
        "title": "医院基本用药目录",
        "status": "active",
        "content": "complete",
        "concept": [{"code": medicine.code, "display": medicine.name} for medicine, _price in medicines()],
    }


async def seed(context: Context) -> None:
    """Writes formulary, prices and first stock once."""
    try:
        await context.read(f"CodeSystem/{FORMULARY}")
    except NotFound:
        pass
    else:
        return
    for medicine, price in medicines():
        await context.create(medicine.to_resource(), id=medicine.code)
        await context.call("billing.set_price", item=medicine.code, name=medicine.name, price=price)
        if not await context.books.balances([stock_account(WINDOW, medicine.code)]):
            await context.call("pharmacy.receive_stock", medicine=medicine.code, packs=FIRST_STOCK, batch="DEMO-001")
    await context.create(formulary_resource(), id=FORMULARY)
