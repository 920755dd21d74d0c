"""Puts the pages of the documentation together below .site/ and builds them with MkDocs.

usage: python scripts/site.py. The pages are docs/, the README as the first one, and the other documents of the
repository. A link to a file that is no page becomes a link to the repository. MkDocs is strict: a link to a page or a
heading that does not exist fails, and so does a page that the navigation lacks.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent
PAGES = ROOT / ".site" / "pages"
REPOSITORY = os.environ.get("REPOSITORY_URL", "https://github.com/OWNER/REPOSITORY")
NAMED = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "pipeline/README.md": "map.md",
    "pipeline/rules/README.md": "rules/index.md",
}
_LINK = re.compile(r"(\]\()([^)\s]+)(\))")


def main() -> None:
    """Exit 1 where a link leads nowhere."""
    shutil.rmtree(PAGES.parent, ignore_errors=True)
    pages = NAMED | {path.relative_to(ROOT).as_posix(): _below_docs(path) for path in (ROOT / "docs").rglob("*.md")}
    for source, page in pages.items():
        target = PAGES / page
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(linked((ROOT / source).read_text(encoding="utf-8"), source, pages), encoding="utf-8")
    for image in (ROOT / "docs").glob("*.png"):
        shutil.copy(image, PAGES / image.name)
    rules = sorted(path.name for path in (PAGES / "rules").glob("*.md") if path.name != "index.md")
    listed = "\n".join(f"      - rules/{name}" for name in ["index.md", *rules])
    configuration = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").replace("Rules: RULES", f"Rules:\n{listed}")
    written = PAGES.parent / "mkdocs.yml"
    written.write_text(configuration.replace(".site/", ""), encoding="utf-8")
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "true", "DISABLE_MKDOCS_2_WARNING": "true"}
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--config-file", str(written)]
    sys.exit(subprocess.run(command, env=quiet, check=False).returncode)


def _below_docs(path: Path) -> str:
    return path.relative_to(ROOT / "docs").as_posix()


def linked(text: str, source: str, pages: dict[str, str]) -> str:
    """``text`` of the document ``source`` with its links as they stand on its page."""
    page = PurePosixPath(pages[source])

    def moved(match: re.Match[str]) -> str:
        address, hash_, anchor = match[2].partition("#")
        if not address or "://" in address or address.startswith("mailto:"):
            return match[0]
        named = os.path.normpath(PurePosixPath(source).parent / address)
        folder = f"{named}/README.md"
        to = pages.get(named) or pages.get(folder) or ("rules/index.md" if named == "docs/rules" else "")
        if not to and named.startswith("docs/") and (ROOT / named).is_file():
            to = named.removeprefix("docs/")
        if not to and not (ROOT / named).exists():
            sys.exit(f"{source}: {match[2]} is not a file of the repository")
        place = os.path.relpath(to, page.parent) if to else f"{REPOSITORY}/blob/main/{named}"
        return f"{match[1]}{place}{hash_}{anchor}{match[3]}"

    return _LINK.sub(moved, text)


if __name__ == "__main__":
    main()
