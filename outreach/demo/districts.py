"""The invented districts, Chinese and English: their trees, compounds, sites, and stock of names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class DemoCompound:
    """A residential compound with the point of its gate (WGS-84)."""

    name: str
    latitude: float
    longitude: float
    has_lift: bool
    floors: int


@dataclass(frozen=True, slots=True)
class DemoCommunity:
    """A community: how many elders live in it, in how many grids, in which compounds."""

    name: str
    residents: int
    grids: int
    compounds: tuple[DemoCompound, ...]


@dataclass(frozen=True, slots=True)
class DemoSite:
    """Where doses are given."""

    name: str
    community: str
    address: str
    latitude: float
    longitude: float
    phone: str


@dataclass(frozen=True, slots=True)
class DemoStory:
    """The woman of the story, her daughter, and where she stays for now (design §1)."""

    community: str
    grid: str
    name: str
    daughter: str
    home: str
    staying_at: str
    phone: str
    daughter_phone: str


@dataclass(frozen=True, slots=True)
class DemoDistrict:
    """Everything invented about one place."""

    language: str
    place: dict[str, object]
    name: str
    streets: dict[str, tuple[DemoCommunity, ...]]
    grid_name: str
    sites: tuple[DemoSite, ...]
    surnames: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    address: str
    phone_prefix: str
    landline_prefix: str
    plate: str
    remarks: tuple[str, ...]
    story: DemoStory


def _compounds(rows: list[tuple[str, float, float, bool, int]]) -> tuple[DemoCompound, ...]:
    return tuple(DemoCompound(*row) for row in rows)


CHINESE = DemoDistrict(
    language="zh",
    place={
        "name": "二七区（示例）",
        "country": "CN",
        "area_code": "0371",
        "time_zone": "Asia/Shanghai",
        "id_scheme": "cn",
        "date_order": "ymd",
        "languages": ["zh", "en"],
        "level_names": {"district": "区", "street": "街道", "community": "社区", "grid": "网格"},
        "map_datum": "gcj02",
        "holidays": "CN",
        "duty_phone": "0371-68800120",
    },
    name="二七区（示例）",
    streets={
        "五里堡街道": (
            DemoCommunity(
                "棉东社区",
                24,
                9,
                _compounds(
                    [
                        ("棉纺东路12号院", 34.7442, 113.6311, False, 6),
                        ("陇海中路68号院", 34.7397, 113.6388, False, 6),
                    ]
                ),
            ),
            DemoCommunity(
                "兴华社区",
                372,
                8,
                _compounds(
                    [
                        ("兴华南街27号院", 34.7326, 113.6423, False, 7),
                        ("兴华北街3号院", 34.7381, 113.6436, False, 6),
                        ("康复前街9号院", 34.7349, 113.6479, True, 11),
                    ]
                ),
            ),
            DemoCommunity(
                "淮河社区",
                365,
                8,
                _compounds(
                    [
                        ("淮河东路41号院", 34.7268, 113.6356, False, 6),
                        ("淮河路嵩山路口院", 34.7281, 113.6287, True, 18),
                        ("政通路17号院", 34.7235, 113.6331, False, 7),
                    ]
                ),
            ),
        ),
        "金海街道": (
            DemoCommunity(
                "金海社区",
                380,
                8,
                _compounds(
                    [
                        ("南三环金海大道口1号院", 34.6912, 113.6389, True, 24),
                        ("金海大道33号院", 34.6956, 113.6302, True, 18),
                        ("侯寨路6号院", 34.6869, 113.6451, False, 6),
                    ]
                ),
            ),
            DemoCommunity(
                "京广社区",
                362,
                8,
                _compounds(
                    [
                        ("南三环京广路口6号院", 34.6934, 113.6537, True, 18),
                        ("京广南路120号院", 34.7011, 113.6521, False, 7),
                        ("郭家咀路2号院", 34.6983, 113.6603, False, 6),
                    ]
                ),
            ),
        ),
    },
    grid_name="第{n}网格",
    sites=(
        DemoSite(
            "五里堡社区卫生服务中心", "兴华社区", "兴华南街30号", 34.7331, 113.6409, "0371-68800101"
        ),
        DemoSite(
            "金海社区卫生服务中心", "金海社区", "金海大道50号", 34.6939, 113.6351, "0371-68800102"
        ),
        DemoSite(
            "淮河路老年人接种点", "淮河社区", "政通路20号", 34.7243, 113.6318, "0371-68800103"
        ),
    ),
    surnames=tuple(
        "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚"
    ),
    women=(
        "秀英",
        "桂英",
        "秀兰",
        "玉兰",
        "桂兰",
        "秀珍",
        "凤英",
        "玉珍",
        "玉英",
        "兰英",
        "淑珍",
        "秀梅",
        "素珍",
        "玉梅",
        "爱莲",
        "桂芝",
        "凤兰",
        "春兰",
        "月英",
        "金凤",
        "素云",
        "翠兰",
        "淑兰",
        "惠芳",
        "慧珍",
    ),
    men=(
        "建国",
        "志远",
        "德明",
        "保国",
        "长海",
        "福生",
        "树林",
        "广田",
        "振华",
        "金山",
        "国强",
        "文华",
        "庆云",
        "永福",
        "修文",
        "玉山",
        "守义",
        "德胜",
        "明义",
        "学礼",
        "清泉",
        "铁柱",
        "天佑",
        "世昌",
        "鸿儒",
    ),
    address="{compound}{building}号楼{unit}单元{door}",
    phone_prefix="1390000",
    landline_prefix="0371-6880",
    plate="豫A·示{n:03d}",
    remarks=("独居", "高血压", "糖尿病", "行动不便", "听力差", "老伴同住", "轮椅", "子女在外地"),
    story=DemoStory(
        community="棉东社区",
        grid="第9网格",
        name="赵桂珍",
        daughter="王春梅",
        home="棉纺东路12号院3号楼2单元502",
        staying_at="南三环金海大道口1号院9号楼1单元1203",
        phone="13900009911",
        daughter_phone="13900009912",
    ),
)

ENGLISH = DemoDistrict(
    language="en",
    place={
        "name": "Marlow Vale (demo)",
        "country": "GB",
        "area_code": "0113",
        "time_zone": "Europe/London",
        "id_scheme": "none",
        "date_order": "dmy",
        "languages": ["en", "zh"],
        "level_names": {
            "district": "Borough",
            "street": "Ward",
            "community": "Parish",
            "grid": "Beat",
        },
        "map_datum": "wgs84",
        "holidays": "GB",
        "duty_phone": "0113 2709120",
        "rest_from": None,
        "rest_until": None,
        "opens": time(9, 0),
        "closes": time(19, 30),
    },
    name="Marlow Vale (demo)",
    streets={
        "Northgate": (
            DemoCommunity(
                "Millbank",
                24,
                9,
                _compounds(
                    [
                        ("Mill Lane Court", 52.2405, -0.8982, False, 3),
                        ("Canal Row", 52.2371, -0.8921, False, 2),
                    ]
                ),
            ),
            DemoCommunity(
                "Abbey Fields",
                372,
                8,
                _compounds(
                    [
                        ("Abbey House", 52.2309, -0.8874, True, 5),
                        ("Orchard Close", 52.2338, -0.8843, False, 2),
                        ("Priory Terrace", 52.2287, -0.8811, False, 3),
                    ]
                ),
            ),
            DemoCommunity(
                "Heron Mead",
                365,
                8,
                _compounds(
                    [
                        ("Heron Court", 52.2256, -0.8967, True, 6),
                        ("Willow Walk", 52.2224, -0.9015, False, 2),
                        ("Marsh Street", 52.2241, -0.8893, False, 3),
                    ]
                ),
            ),
        ),
        "Southgate": (
            DemoCommunity(
                "Ringway",
                380,
                8,
                _compounds(
                    [
                        ("Ringway Gardens", 52.1987, -0.8912, True, 7),
                        ("Sovereign Heights", 52.2021, -0.8998, True, 8),
                        ("Chapel Rise", 52.1956, -0.8861, False, 3),
                    ]
                ),
            ),
            DemoCommunity(
                "Eastholm",
                362,
                8,
                _compounds(
                    [
                        ("Eastholm Mews", 52.2003, -0.8764, False, 3),
                        ("Station Terrace", 52.2067, -0.8779, False, 2),
                        ("Garrick House", 52.2043, -0.8701, True, 6),
                    ]
                ),
            ),
        ),
    },
    grid_name="Beat {n}",
    sites=(
        DemoSite(
            "Abbey Health Centre", "Abbey Fields", "2 Abbey Road", 52.2314, -0.8889, "0113 2709101"
        ),
        DemoSite("Ringway Surgery", "Ringway", "50 Ringway", 52.2011, -0.8949, "0113 2709102"),
        DemoSite("Heron Hall", "Heron Mead", "20 Marsh Street", 52.2243, -0.8908, "0113 2709103"),
    ),
    surnames=(
        "Abbott",
        "Barker",
        "Carver",
        "Dawson",
        "Ellery",
        "Farrow",
        "Garland",
        "Hollis",
        "Ingram",
        "Jessop",
        "Keel",
        "Lowell",
        "Marsh",
        "Norwood",
        "Oakes",
        "Pruett",
        "Quill",
        "Rowley",
        "Stanner",
        "Thorpe",
        "Underhill",
        "Vickers",
        "Wexley",
        "Yarrow",
    ),
    women=(
        "Ada",
        "Beryl",
        "Clara",
        "Doris",
        "Edith",
        "Florence",
        "Gladys",
        "Hilda",
        "Iris",
        "Joan",
        "Kathleen",
        "Lilian",
        "Mabel",
        "Nora",
        "Olive",
        "Phyllis",
        "Queenie",
        "Rose",
        "Sylvia",
        "Violet",
    ),
    men=(
        "Albert",
        "Bernard",
        "Cecil",
        "Douglas",
        "Ernest",
        "Frank",
        "George",
        "Harold",
        "Ivor",
        "Jack",
        "Kenneth",
        "Leonard",
        "Maurice",
        "Norman",
        "Oliver",
        "Percy",
        "Ralph",
        "Stanley",
        "Victor",
        "Walter",
    ),
    address="{building}{unit}/{door} {compound}",
    phone_prefix="0740000",
    landline_prefix="0113 270",
    plate="DEMO {n:03d}",
    remarks=(
        "lives alone",
        "high blood pressure",
        "diabetes",
        "walks badly",
        "hard of hearing",
        "wheelchair",
    ),
    story=DemoStory(
        community="Millbank",
        grid="Beat 9",
        name="Rose Thorpe",
        daughter="Helen Thorpe",
        home="32/02 Mill Lane Court",
        staying_at="91/03 Ringway Gardens",
        phone="07400009911",
        daughter_phone="07400009912",
    ),
)

DISTRICTS = {"zh": CHINESE, "en": ENGLISH}
