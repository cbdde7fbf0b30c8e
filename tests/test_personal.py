"""Personal data in texts: what tells a person is masked whole, what only looks like it is left alone."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pytest
from conftest import EVENTS
from hypothesis import given
from hypothesis import strategies as st
from intake_zone import facility, write_csv, write_facilities

from govkit.documents.check.write import write_check
from govkit.intake.values.personal import cards_among_codes, mask, mask_columns, mask_file, mask_series
from govkit.zone.opening import open_zone


def identity_card(first_17: str) -> str:
    """Complete an identity number by GB 11643's check digit, reckoned here on its own."""
    total = sum(int(digit) * 2 ** (17 - at) for at, digit in enumerate(first_17))
    return first_17 + "10X98765432"[total % 11]


def card(digits: str) -> str:
    """Complete a bank card's number by Luhn's check digit."""
    doubled = [int(one) * (2 if at % 2 == 0 else 1) for at, one in enumerate(reversed(digits))]
    return digits + str(-sum(one - 9 if one > 9 else one for one in doubled) % 10)


ID = identity_card("23010219800215001")
CARD = card("622202100001234567")


@pytest.mark.parametrize(
    ("text", "kept", "kind"),
    [
        (f"身份证{ID}已核", "身份证●已核", "身份证号"),
        (f"{ID[:6]} {ID[6:14]} {ID[14:]}", "●", "身份证号"),
        ("证件号 230102800215001", "证件号 ●", "身份证号（15位）"),
        ("护照E12345678到期", "护照●到期", "护照、通行证号"),
        ("电话138 1234 5678。", "电话●。", "手机号"),
        ("+86-138-1234-5678", "●", "手机号"),
        ("１３８１２３４５６７８", "●", "手机号"),
        ("0451-84561234转802", "●", "固定电话"),
        ("(010)62345678", "●", "固定电话"),
        ("热线8456123", "热线●", "固定电话"),
        (f"打到{CARD}", "打到●", "银行卡号"),
        ("发 zhang.wei+1@example.com.cn 即可", "发 ● 即可", "电子邮箱"),
        ("加微信:zhangwei_88", "加微信●", "微信号"),
        ("QQ：12345678", "●", "QQ号"),
        ("住幸福小区3栋2单元501室", "●", "住址门牌"),
        ("家住友谊路12号", "●", "住址门牌"),
        ("网格员：欧阳娜娜，已到场", "网格员：●，已到场", "姓名"),
        ("慰问独居老人李桂芳家", "慰问独居老人●家", "姓名"),
        (f"身份证{ID[:-1]}{'0' if ID[-1] != '0' else '1'}（误）", "身份证●（误）", "身份证号"),
        ("身份证号码：230102 800215 001", "身份证号码：●", "身份证号（15位）"),
        ("回乡证 H1234567801", "回乡证 ●", "护照、通行证号"),
        ("台胞证12345678", "台胞证●", "护照、通行证号"),
        ("138.1234.5678", "●", "手机号"),
        ("138—1234—5678", "●", "手机号"),
        ("138\u30001234\u30005678", "●", "手机号"),
        ("138\xa01234\xa05678", "●", "手机号"),
        ("(+86)138 1234 5678", "●", "手机号"),
        ("手机一三八一二三四五六七八", "手机●", "手机号"),
        ("座机 8456-1234", "座机 ●", "固定电话"),
        ("V信zhangwei_88", "●", "微信号"),
        ("微 信：zhangwei_88", "●", "微信号"),
        ("微信号：881234567", "微信●", "微信号"),
        ("扣扣：12345678", "●", "QQ号"),
        ("qq号码是 12345678", "●", "QQ号"),
        ("zhangwei (at) 163.com", "●", "电子邮箱"),
        ("车牌号黑A 1234学", "车牌号●", "车牌号"),
        ("黑A·D12345", "●", "车牌号"),
        ("幸福里 3-2-501", "幸福里 ●", "住址门牌"),
        ("友谊街5号院2门501室", "●", "住址门牌"),
        ("太平村三组十二号", "●", "住址门牌"),
        ("账号：6222 0210 0001 2345 678", "账号：●", "银行卡号"),
        ("出生日期1980-02-15", "出生日期●", "出生日期"),
        ("问李桂芳阿姨，已答复", "问●阿姨，已答复", "姓名"),
        ("王先生去社区", "●先生去社区", "姓名"),
        ("李桂芳奶奶家在新发镇", "●奶奶家在新发镇", "姓名"),
        ("经办人李 四", "经办人●", "姓名"),
        ("姓名：买买提·艾力", "姓名：●", "姓名"),
        ("联系人 Zhang San", "联系人 ●", "姓名"),
        ("张三（男，45岁）", "●（男，45岁）", "姓名"),
        ("李桂芳、王建国、赵丽三户", "●三户", "姓名"),
        ("烈属孙大娘", "烈属●", "姓名"),
        ("由冯晓燕（女，62岁）反映", "由●（女，62岁）反映", "姓名"),
        ("负责人 郑国栋已到场", "负责人 ●已到场", "姓名"),
        ("填表人 卢大海", "填表人 ●", "姓名"),
        ("请找任秀芬 13700001111 核实", "请找● ● 核实", "姓名"),
        ("台湾通行证L12345678", "台湾通行证●", "护照、通行证号"),
        ("V：laowang66", "●", "微信号"),
        ("在友谊路128号居住的老人", "●居住的老人", "住址门牌"),
        ("建设街77号4楼2号", "●", "住址门牌"),
        ("道里街15号3门202室噪声", "●噪声", "住址门牌"),
        ("残疾人钱小豆无障碍改造", "残疾人●无障碍改造", "姓名"),
        ("陪同人员彭小刚", "陪同人员●", "姓名"),
        ("平房三排七号", "●", "住址门牌"),
        ("农行卡6228480012345678919", "农行卡●", "银行卡号"),
        ("老人出生于1956年3月4日", "老人出生于●", "出生日期"),
    ],
)  # fmt: skip
def test_what_tells_a_person_is_masked(text: str, kept: str, kind: str) -> None:
    masked, counts = mask(text)
    assert counts[kind] >= 1
    assert masked.endswith(kept) or masked == kept
    assert not any(piece in masked for piece in (ID, CARD, "138", "5678", "8456", "zhang", "李桂芳", "娜娜", "501"))


@pytest.mark.parametrize(
    "text",
    [
        "230102019001",
        "230102019001001",
        "网格 420112002001001 与 420112002001002 重叠",  # fits Luhn's check digit, but no card has 15 digits
        "511302005001005",
        "621002001001001017",
        "2018-12-31 08:30:00",
        "13,812,345.00",
        "办结 1201 件，办结率 99.2%",
        "工作人员马上到场解决，志愿者安排在社区",
        "居民解决因病致贫申请，工作人员路过的街15号门",
        "群力大道 12 号线开通",
        "E12345678",
        "居民代表大会",
        "居民满意",
        "残疾人和困难家庭走访",
        "网格员安排值班",
        "党委〔2018〕12号",
        "“12345”热线受理 5 件",
        "16.5万元",
        "2018-12-31至2019-06-30",
        "126.63123,45.75123",
        "高新、黄山、白云三个社区",
        "王先生村委会",
        "第三组十二人",
        "满意度：男98.2%，女97.5%",
        "友谊路128号路灯不亮",
        "第3排第7号楼前积水",
        "负责人已到场",
        "负责安全生产的科室",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert mask(text) == (text, {})


def test_a_number_with_a_wrong_check_digit_is_no_identity_card() -> None:
    wrong = ID[:-1] + ("0" if ID[-1] != "0" else "1")
    assert mask(wrong)[1]["身份证号"] == 0


def test_the_head_of_a_column_says_what_a_bare_number_is() -> None:
    assert mask("84561234")[1] == {}
    assert mask("84561234", head="联系电话")[1] == {"固定电话": 1}


def test_a_column_of_codes_keeps_numbers_that_may_be_codes() -> None:
    assert mask("13812345678", free=False) == ("13812345678", {})


def test_codes_of_grids_that_cards_could_be_are_kept_and_a_card_among_them_is_not() -> None:
    units = [f"4212211{at:02d}{place}" for at in range(9) for place in (201, 202)]
    codes = [card(f"{unit}100{grid}") for unit in units for grid in range(3)]
    kept, odd = cards_among_codes(pd.Series([*codes, CARD, *codes], dtype="str"))
    assert set(kept) == set(codes)
    assert odd.tolist() == [CARD]
    cells = pd.DataFrame({0: [*codes, CARD], 1: ["", *[f"退到{CARD}"] * len(codes)]}).astype("str")
    masked, counts = mask_columns(cells, {0: "网格编码", 1: "备注"}, {0: "code", 1: "text"})
    assert masked[0].tolist() == [*codes, "●"]
    assert [sum(one.values()) for one in counts.values()] == [1, len(codes)]


def test_of_few_codes_those_of_a_county_are_kept_and_a_card_is_not() -> None:
    codes = pd.Series([CARD, card("421221001001001"), "A1"], dtype="str")
    masked, counts = mask_columns(codes.to_frame(0), {0: "编号"}, {0: "code"})
    assert masked[0].tolist() == ["●", codes[1], "A1"]
    assert sum(counts[0].values()) == 1


def test_a_column_of_bodies_keeps_bodies_and_no_person() -> None:
    cells = pd.DataFrame({0: ["民政局", "文旅局", "韩冰冰", "安置办", "金融科、曹建军", "马家村"]}).astype("str")
    masked, counts = mask_columns(cells, {0: "责任单位"}, {0: "text"})
    assert masked[0].tolist() == ["民政局", "文旅局", "●", "安置办", "金融科、●", "马家村"]
    assert counts[0]["姓名"] == 2


def test_a_column_is_masked_with_its_counts() -> None:
    texts = pd.Series(["无", None, "13812345678", "13812345678"], dtype="str")
    masked, counts = mask_series(texts)
    assert masked.tolist()[2:] == ["●", "●"]
    assert masked.isna().tolist() == [False, True, False, False]
    assert counts == {"手机号": 2}


@given(st.text(alphabet="群力街道事项一二三，。abc ", max_size=40), st.from_regex(r"1[3-9]\d{9}", fullmatch=True))
def test_no_mobile_number_gets_through_whatever_surrounds_it(around: str, number: str) -> None:
    assert number not in mask(f"{around}，{number}。{around}")[0]


PLANTED = (ID, CARD, "13812345678", "0451-84561234", "lisi@example.com", "李桂芳", "zhangwei_88", "3栋2单元501")


@pytest.fixture
def planted(zone_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zone whose files hold personal data in columns needed and not needed, and in cells that are wrong."""
    monkeypatch.setenv("GOVKIT_CACHE", str(zone_folder.parent / "cache"))
    first, second = facility(1), facility(2)
    first[1] = f"卫生站（负责人：李桂芳，{PLANTED[2]}，微信号zhangwei_88）"
    first[9], second[9] = "李桂芳", f"{CARD} {PLANTED[3]}"
    second[4] = f"见{ID}"
    write_facilities(zone_folder, [first, second])
    events = [[*EVENTS[0], "备注", "反映人"]]
    events += [[*row, f"{PLANTED[4]} 住3栋2单元501", "李桂芳"] for row in EVENTS[1:]]
    events[1][2] = f"噪声，反映人李桂芳 {PLANTED[2]}"
    events[2][3] = f"8月1日 {PLANTED[3]}"
    write_csv(zone_folder / "网格事项.csv", events, encoding="utf-8-sig")
    return zone_folder


def test_no_planted_token_is_in_any_table_finding_cache_or_check_file(planted: Path, tmp_path: Path) -> None:
    zone = open_zone(planted)
    everything = {name: frame.to_csv() for name, frame in zone.tables.items()}
    everything |= {"findings": zone.findings.to_csv(), "accounts": zone.accounts.to_csv()}
    write_check(zone, tmp_path / "check")
    files = [*(tmp_path / "check").rglob("*"), *(planted.parent / "cache").rglob("*")]
    everything |= {path.name: opened(path) for path in files if path.is_file()}
    assert len(everything) > len(zone.tables) + 4
    assert {(token, place) for token in PLANTED for place, text in everything.items() if token in text} == set()


def test_what_was_masked_is_told_with_column_kind_and_count(planted: Path) -> None:
    findings = open_zone(planted).findings
    told = findings.loc[findings["rule"] == "personal_text", "reason"].tolist()
    assert "“设施名称”列里有个人信息（姓名 1 处、手机号 1 处、微信号 1 处），已用 ● 遮盖，任何输出中都不出现" in told


def opened(path: Path) -> str:
    """Return all text of a file: of an archive's members, of Parquet's columns, else its bytes."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return "".join(archive.read(name).decode("utf-8", "ignore") for name in archive.namelist())
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv()
    return path.read_bytes().decode("utf-8", "ignore")


@pytest.mark.parametrize("place", ["田师傅镇", "田师傅工业园区社区", "马奶奶庙村民委员会", "张先生村委会"])
def test_a_place_that_begins_like_a_person_is_a_place(place: str) -> None:
    assert mask(place)[0] == place
    assert mask(f"{place[:3]}反映路灯不亮")[0].startswith("●")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("走访_张三.xlsx", "走访_●.xlsx"),
     ("金大中上报.xlsx", "●上报.xlsx"), ("2024年李桂芳.xlsx", "2024年●.xlsx"), ("张三丰走访表.xlsx", "●走访表.xlsx"),
     ("2024年高新区.xlsx", "2024年高新区.xlsx")],
)  # fmt: skip
def test_names_of_files_keep_no_person(name: str, shown: str) -> None:
    assert mask_file(name) == shown
