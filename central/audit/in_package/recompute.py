"""Finds every figure of this package again (Python 3.11 or later, nothing else):

python -I recompute.py

1. Every file is what SHA256SUMS says. (Who signed that, README.txt shows how to check.)
2. The totals, by formulas.py from the raw rows in rows/.
3. All figures, also by unit and by month, from the counted rows in counted/ by the rules that figures.json names.

Exit status: 0 everything was found again, 1 something differs and is named.
"""

import hashlib
import inspect
import json
import sys
from collections import Counter
from datetime import datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).resolve().parent
SPLIT_BY = {"units": "unit", "types": "type", "priorities": "priority"}
MADE_OF = {"M4b": "M4a", "M9": "M9b", "M10": "M10b"}
"""Cameras and dispatches are counted once within a unit or month: from the rows that they are made of."""


def read(name):
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def instant(text):
    return datetime.fromisoformat(text) if text else None


def changed_files():
    """What differs from SHA256SUMS, is missing, or is not named there."""
    named = {}
    for line in (HERE / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        named[name] = digest
    found = {
        str(path.relative_to(HERE)) for path in HERE.rglob("*") if path.is_file() and "__pycache__" not in str(path)
    }
    for name in sorted(found - named.keys() - {"SHA256SUMS", "SHA256SUMS.sig"}):
        yield f"{name}: is not in SHA256SUMS"
    for name, digest in named.items():
        path = HERE / name
        if not path.is_file():
            yield f"{name}: is missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"{name}: was changed after it was signed"


def from_raw_rows(package):
    """(measure, name, excuses) -> what formulas.py makes of rows/."""
    spec = spec_from_file_location("formulas", HERE / "formulas.py")
    formulas = module_from_spec(spec)
    spec.loader.exec_module(formulas)
    known = {"at": instant(package["at"])}
    known |= {"begins": instant(package["from"]) or formulas.FIRST, "ends": instant(package["to"]) or formulas.LAST}
    for name in inspect.signature(formulas.recompute).parameters:
        if name in package["tables"]:
            known[name] = read(f"rows/{name}.json")
    return formulas.recompute(**known)


class Counted:
    """The counted rows of each measure, read once."""

    def __init__(self, package):
        self.files, self.zone, self.known = package["counted"], ZoneInfo(package["time_zone"]), {}

    def rows(self, measure):
        name = self.files[measure]["file"]
        if name not in self.known:
            self.known[name] = read(name)
        return self.known[name]

    def of(self, measure, split, value):
        """The rows of one unit, month, type or priority; None: this measure's rows do not say."""
        rows = self.rows(measure)
        if split == "all" or not rows:
            return rows
        if split == "months":
            columns = self.files[measure]["placed_by"]
            return [row for row in rows if self.month(row, columns) == value] if columns else None
        column = SPLIT_BY.get(split)
        return [row for row in rows if row[column] == value] if column in rows[0] else None

    def month(self, row, columns):
        at = next((row[name] for name in columns if row[name]), None)
        return f"{instant(at).astimezone(self.zone):%Y-%m}" if at else ""

    def figure(self, rule, excuses, split, value):
        """(numerator, denominator, what is left out by part)."""
        measure, column = rule["measure"], rule["column"]
        rows = self.of(MADE_OF.get(measure, measure) if split != "all" else measure, split, value)
        if rows is None:
            return None
        if split == "all" or measure not in MADE_OF:
            parts = Counter(part(row, column, excuses) for row in rows)
        else:
            parts = Counter((cameras_of if measure == "M4b" else dispatches_of)(rows, column, excuses))
        counts, among = sum(parts[one] for one in rule["counts"]), sum(parts[one] for one in rule["among"])
        return counts, among, {name: number for name, number in parts.items() if name not in rule["among"]}


def part(row, column, excuses):
    if excuses == "honoured" and f"{column}_honoured" in row:
        return row[f"{column}_honoured"]
    return "excused" if excuses == "honoured" and row.get("excused") else row[column]


def cameras_of(videos, column, excuses):
    """What each camera is: late with one late video, of those that count."""
    cameras = {}
    for row in videos:
        said = part(row, column, excuses)
        known = cameras.setdefault(row["camera_serial"], "no_video_counted")
        if said in ("late", "in_time"):
            cameras[row["camera_serial"]] = "late" if "late" in (known, said) else "in_time"
    return cameras.values()


def dispatches_of(sent, column, excuses):
    """What each dispatch is: it has a video as soon as one of its officers has."""
    dispatches = {}
    for row in sent:
        dispatches.setdefault(row["dispatch_id"], set()).add(part(row, column, excuses))
    for parts in dispatches.values():
        wanted = [one for one in ("with_video", "without_video") if one in parts]
        yield wanted[0] if wanted else min(parts - {"excused"}, default="excused")


def differences(package, told):
    """(what differs, how many figures were found again, which no rows are there for)."""
    wrong, found, beyond = [], 0, []
    raw, counted = from_raw_rows(package), Counted(package)
    splits = [("all", "", told["figures"])]
    for split in package["splits"]:
        splits += [(split, one["name"], one["figures"]) for one in told[split]]
    rules = {(rule["measure"], rule["name"]): rule for rule in told["rules"]}
    for split, value, figures in splits:
        for one in figures:
            key = (one["measure"], one["name"], one["excuses"])
            name = " ".join((*key, f"({split} {value!r})" if split != "all" else ""))
            published = (one["numerator"], one["denominator"])
            if split == "all" and key in raw and tuple(raw[key]) != published:
                wrong.append(f"{name}: published {published}, from the raw rows {tuple(raw[key])}")
            again = counted.figure(rules[key[:2]], key[2], split, value)
            if again is None:
                beyond.append(name)
                continue
            if again != (*published, one["left_out"]):
                wrong.append(f"{name}: published {published}, from the counted rows {again[:2]}")
            found += 1
    for one in told["days_late"]:
        for name in ("median", "p90", "max"):
            if raw["M3", name, one["excuses"]] != one[f"{name}_seconds"]:
                wrong.append(f"M3 {name} {one['excuses']}: published {one[f'{name}_seconds']}")
            found += 1
    return wrong, found, beyond


def main():
    package, told = read("package.json"), read("figures.json")
    changed = list(changed_files())
    wrong, found, beyond = differences(package, told)
    for line in (*changed, *wrong):
        print(line)
    if beyond:
        print(f"{len(beyond)} figures by a split that the rows do not carry: their totals were found again.")
        print("\n".join(f"  {one}" for one in beyond) if "--list" in sys.argv else "  (--list names them)")
    if changed or wrong:
        print(f"NOT the same: {len(changed)} files and {len(wrong)} figures differ.")
        return 1
    print(f"{found} figures found again, as of {package['at']}; every file is as SHA256SUMS has it.")
    print("Now check who signed SHA256SUMS: README.txt says how.")
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main())
