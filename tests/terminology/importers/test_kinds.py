"""Files in the publishers' forms, small: what is read of them, and what is refused with which words."""

import zipfile
from pathlib import Path

import pytest

from xinglin.terminology.concepts import Definition
from xinglin.terminology.importers import KINDS, ImportFault


def read(kind: str, path: Path) -> dict[str, Definition]:
    return {concept.code: concept for concept in KINDS[kind].read(path)}


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize(
    "text",
    [
        "A00 霍乱\nA00.000 古典 霍乱\n\nA00.000x001\t古典生物型霍乱\n",
        "A00,霍乱\nA00.000,古典 霍乱\nA00.000x001,古典生物型霍乱\n",
        "主要编码\t附加编码\t疾病名称\nA00\t\t霍乱\nA00.000\t\t古典 霍乱\nA00.000x001\t\t古典生物型霍乱\n",
        "章,类目代码,类目名称,诊断代码,诊断名称\n1,A00,霍乱,A00,霍乱\n1,A00,霍乱,A00.000,古典 霍乱\n"
        '1,A00,霍乱,A00.000x001,"古典生物型霍乱"\n',
    ],
)
def test_lists(tmp_path: Path, text: str, encoding: str) -> None:
    found = read("icd10-clinical", written(tmp_path, "list.csv", text, encoding))
    assert {code: (c.display, c.parents) for code, c in found.items()} == {
        "A00": ("霍乱", ()),
        "A00.000": ("古典 霍乱", ("A00",)),
        "A00.000x001": ("古典生物型霍乱", ("A00.000",)),
    }


def test_atc(tmp_path: Path) -> None:
    text = "ATC code,ATC level name\nA,ALIMENTARY TRACT\nA10,DRUGS USED IN DIABETES\nA10BA02,metformin\n"
    found = read("atc", written(tmp_path, "atc.csv", text))
    assert found["A10BA02"].parents == ("A10",)
    assert found["A10"].parents == ("A",)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "no codes"), ("A00\n", "Line 1 has no code"), ("编码,名称\nA00,\n", "Line 2 has no code or no name")],
)
def test_lists_that_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ImportFault, match=message):
        read("icd10-clinical", written(tmp_path, "list.txt", text))
    with pytest.raises(ImportFault, match="not there"):
        read("icd10-clinical", tmp_path / "none.txt")


LOINC = (
    '"LOINC_NUM","COMPONENT","PROPERTY","TIME_ASPCT","SYSTEM","SCALE_TYP","METHOD_TYP","CLASS","STATUS",'
    '"LONG_COMMON_NAME","SHORTNAME"\n'
    '"2345-7","Glucose","MCnc","Pt","Ser/Plas","Qn","","CHEM","ACTIVE","Glucose, serum","Glucose SerPl"\n'
    '"1-8","Old","Titr","Pt","Ser","Qn","","SERO","DEPRECATED","Old thing",""\n'
)


def test_loinc(tmp_path: Path) -> None:
    table = written(tmp_path, "LoincTable/Loinc.csv", LOINC)
    written(tmp_path, "Variants/zhCN5LinguisticVariant.csv", "LOINC_NUM,COMPONENT\n2345-7,葡萄糖\n")
    glucose = read("loinc", tmp_path)["2345-7"]
    assert (glucose.display, glucose.active) == ("Glucose, serum", True)
    assert glucose.properties["SYSTEM"] == ["Ser/Plas"]
    assert [item["value"] for item in glucose.designations] == ["Glucose SerPl", "葡萄糖"]
    assert not read("loinc", table)["1-8"].active
    assert [d["value"] for d in read("loinc", table)["2345-7"].designations] == ["Glucose SerPl"]
    with pytest.raises(ImportFault, match="no column"):
        read("loinc", written(tmp_path, "x/Loinc.csv", "a,b\n1,2\n"))


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release of SNOMED CT with three concepts."""
    folder = tmp_path / "SnomedCT"
    written(
        folder,
        "Snapshot/Terminology/sct2_Concept_Snapshot_INT_20260101.txt",
        "id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId\n"
        "73211009\t20020131\t1\t900000000000207008\t900000000000074008\n"
        "44054006\t20020131\t1\t900000000000207008\t900000000000073002\n"
        "1\t20020131\t0\t900000000000207008\t900000000000074008\n",
    )
    written(
        folder,
        "Snapshot/Terminology/sct2_Description_Snapshot-en_INT_20260101.txt",
        "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId\n"
        "10\t2002\t1\tm\t44054006\ten\t900000000000003001\tType 2 diabetes mellitus (disorder)\tc\n"
        '11\t2002\t1\tm\t44054006\ten\t900000000000013009\tMaturity-onset "diabetes\tc\n'
        "12\t2002\t1\tm\t44054006\ten\t900000000000013009\tType 2 diabetes mellitus\tc\n"
        "13\t2002\t0\tm\t44054006\ten\t900000000000013009\tAn old name\tc\n"
        "14\t2002\t1\tm\t73211009\ten\t900000000000003001\tDiabetes mellitus (disorder)\tc\n",
    )
    written(
        folder,
        "Snapshot/Terminology/sct2_Relationship_Snapshot_INT_20260101.txt",
        "id\teffectiveTime\tactive\tmoduleId\tsourceId\tdestinationId\trelationshipGroup\ttypeId\n"
        "1\t2002\t1\tm\t44054006\t73211009\t0\t116680003\n"
        "2\t2002\t0\tm\t44054006\t999\t0\t116680003\n"
        "3\t2002\t1\tm\t44054006\t888\t0\t363698007\n",
    )
    written(
        folder,
        "Snapshot/Refset/Language/der2_cRefset_LanguageSnapshot-en_INT_20260101.txt",
        "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tacceptabilityId\n"
        "a\t2002\t1\tm\t9\t12\t900000000000548007\n"
        "b\t2002\t1\tm\t9\t11\t900000000000549004\n",
    )
    return folder


def test_snomed(tmp_path: Path, release: Path) -> None:
    archive = tmp_path / "release.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for file in release.rglob("*.txt"):
            zipped.write(file, file.relative_to(tmp_path))
    for source in (release, archive):
        found = read("snomed", source)
        assert found["44054006"].display == "Type 2 diabetes mellitus"
        assert found["44054006"].parents == ("73211009",)
        assert found["44054006"].properties["sufficientlyDefined"] == ["true"]
        assert [d["value"] for d in found["44054006"].designations][1] == 'Maturity-onset "diabetes'
        assert found["73211009"].display == "Diabetes mellitus (disorder)"
        assert (found["1"].active, found["1"].display) == (False, "1")
    with pytest.raises(ImportFault, match="has no sct2_Concept"):
        read("snomed", tmp_path / "SnomedCT" / "Snapshot" / "Refset")
    with pytest.raises(ImportFault, match="is one file"):
        read("snomed", written(tmp_path, "alone.txt", "x"))


UCUM = """<?xml version="1.0"?><root xmlns="http://unitsofmeasure.org/ucum-essence">
<prefix Code="m" CODE="M"><name>milli</name></prefix>
<base-unit Code="m" CODE="M" dim="L"><name>meter</name><printSymbol>m</printSymbol><property>length</property>
</base-unit>
<unit Code="[in_i]" CODE="[IN_I]"><name>inch</name><printSymbol>in</printSymbol><property>length</property></unit>
</root>"""


def test_ucum(tmp_path: Path) -> None:
    found = read("ucum", written(tmp_path, "ucum-essence.xml", UCUM))
    assert list(found) == ["m", "[in_i]"]
    assert (found["m"].display, found["[in_i]"].properties) == ("meter", {"property": ["length"]})
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    for text, message in ((bomb, "document type"), ("<x", "ucum"), ("<x/>", "no units")):
        with pytest.raises(ImportFault, match=message):
            read("ucum", written(tmp_path, "ucum-essence.xml", text))


def test_what_grows_when_it_is_unpacked_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tmp_path / "list.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.csv", b"A00,x\n" * 2_000_000)
    assert packed.stat().st_size < 100_000
    monkeypatch.setattr("xinglin.terminology.importers.files.LARGEST_TEXT", 1_000_000)
    with pytest.raises(ImportFault, match="more than 1,000,000 bytes"):
        read("icd10-clinical", packed)
    monkeypatch.setattr("xinglin.terminology.importers.files.LARGEST", 10_000_000)
    with pytest.raises(ImportFault, match=r"list\.csv is larger than 10,000,000 bytes"):
        read("icd10-clinical", packed)
