"""The arrows between the rooms: imports point right to left only (docs/architecture.md)."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "govkit"

GROUND = {
    "cache_folder",
    "errors",
    "catalogue",
    "digests",
    "files",
    "periods",
    "front_matter",
    "geometry",
    "provided",
    "rounding",
    "local_patterns",
}
MAY_IMPORT = {
    "cache_folder": set(),
    "errors": set(),
    "catalogue": {"errors"},
    "digests": set(),
    "files": {"errors"},
    "periods": set(),
    "front_matter": set(),
    "notebook_places": {"errors"},
    "geometry": {"errors", "catalogue", "periods"},
    "rounding": set(),
    "local_patterns": {"errors"},
    "provided": {"catalogue", "periods"},
    "intake": GROUND,
    "zone": GROUND | {"intake"},
    "partitioned": GROUND | {"intake"},
    "analysis": GROUND,
    "display": GROUND,
    "sections": GROUND | {"zone", "analysis", "display"},
    "documents": GROUND | {"intake", "zone", "analysis", "display", "sections"},
    "batch": GROUND | {"notebook_places", "intake", "zone", "analysis", "display", "sections", "documents"},
    "cli": GROUND
    | {"notebook_places", "__init__", "intake", "zone", "documents", "batch", "forms", "research", "trace", "desk"},
    "desk": GROUND | {"intake", "zone", "documents", "batch", "research"},
    "research": GROUND | {"intake", "zone", "analysis", "display", "sections", "__init__"},
    "forms": GROUND | {"intake", "analysis", "research", "batch"},
    "trace": GROUND | {"analysis", "batch", "documents", "research"},
    "requests": GROUND | {"zone", "batch"},
    "__init__": GROUND | {"analysis", "display", "zone", "sections", "research", "requests"},
    "__main__": {"cli"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Every module a file imports, as dotted names, lazy imports inside functions included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_rooms_to_its_left(path: Path) -> None:
    mine = room(path)
    rooms = {name.split(".")[1] for name in imported(path) if name.startswith("govkit.")}
    assert rooms - {mine} <= MAY_IMPORT[mine]


def test_only_documents_and_batch_use_papermill_and_nbconvert() -> None:
    users = {
        room(path) for path in modules() for name in imported(path) if name.split(".")[0] in {"papermill", "nbconvert"}
    }
    assert users == {"documents", "batch"}


def needed(path: Path) -> set[str]:
    """Every govkit module that a file imports when it runs, lazily or not; not what only a type checker reads."""
    found: set[str] = set()
    stack: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            stack += node.orelse
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        stack += ast.iter_child_nodes(node)
    return {name for name in found if name.startswith("govkit.")}


def imports_by_file(root: Path) -> dict[str, set[str]]:
    """Return for each module of a package the modules it imports, as files: a name in a module counts as the module."""
    names = {path: ".".join(path.relative_to(root.parent).with_suffix("").parts) for path in sorted(root.rglob("*.py"))}
    known = {name.removesuffix(".__init__") for name in names.values()}

    def file_of(name: str) -> str:
        return name if name in known else name.rpartition(".")[0]

    return {
        name.removesuffix(".__init__"): {file_of(one) for one in needed(path)}
        & known - {name.removesuffix(".__init__")}
        for path, name in names.items()
    }


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return modules that import each other in a circle, empty if there is none."""
    done: set[str] = set()

    def walk(name: str, above: list[str]) -> list[str]:
        if name in above:
            return [*above[above.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph[name]):
            if found := walk(other, [*above, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := walk(name, []))), [])


def test_no_files_import_each_other_in_a_circle_not_even_lazily() -> None:
    graph = imports_by_file(PACKAGE)
    graph["govkit"] = set()  # the face: its names are imported when they are first used, and nobody inside needs it
    assert circle(graph) == []


def test_no_rooms_may_import_each_other_in_a_circle() -> None:
    # The face is imported by name when somebody first asks for it.
    assert circle({name: others - {"__init__"} for name, others in MAY_IMPORT.items()}) == []


def test_a_circle_of_imports_is_seen_also_where_one_is_lazy(tmp_path: Path) -> None:
    package = tmp_path / "govkit"
    package.mkdir()
    (package / "a.py").write_text("from govkit import b\n", encoding="utf-8")
    (package / "b.py").write_text("def f():\n    from govkit.c import x\n", encoding="utf-8")
    (package / "c.py").write_text("if TYPE_CHECKING:\n    from govkit import a\n", encoding="utf-8")
    assert circle(imports_by_file(package)) == []
    (package / "c.py").write_text("from govkit.a import y\n", encoding="utf-8")
    assert circle(imports_by_file(package)) == ["govkit.a", "govkit.b", "govkit.c", "govkit.a"]


def test_the_check_sees_an_arrow_that_points_the_wrong_way(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("def f():\n    from govkit.batch.plan import jobs\n", encoding="utf-8")
    assert "govkit.batch.plan.jobs" in imported(wrong)


def requirement_names(lines: list[str]) -> set[str]:
    return {re.split(r"[<>=!~\[ ]", line, maxsplit=1)[0].lower() for line in lines}


def test_conda_users_get_the_packages_of_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    listed = requirement_names(re.findall(r"^ +- ([a-zA-Z][\w.-]*[<>=!~]+\S+)$", text, flags=re.MULTILINE))
    assert listed - {"python"} == requirement_names(project["dependencies"])


def test_the_lock_pins_every_needed_package_with_hashes_and_no_address() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = {name.lower() for name in re.findall(r"^([\w.-]+)==", lock, flags=re.MULTILINE)}
    wanted = project["dependencies"] + [one for group in project["optional-dependencies"].values() for one in group]
    assert requirement_names(wanted) <= {name.replace("_", "-") for name in pinned} | pinned
    assert "://" not in lock
    assert lock.count("--hash=sha256:") > len(pinned)


def test_every_text_file_is_opened_with_its_encoding_named() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in {"read_text", "write_text"}
        and "encoding" not in {keyword.arg for keyword in node.keywords}
    ]
    assert bare == []
