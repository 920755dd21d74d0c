"""Chart archives: what a good one gives, and that no bad one gets through."""

import gzip
import io
import tarfile

import pytest

from pipeline.adapters.charts import archive
from pipeline.adapters.charts.archive import ChartError, read_archive
from pipeline.core.budget import Budget, ChartLimits, LimitError


def tgz(*entries: tuple[str, bytes] | tarfile.TarInfo) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                tar.addfile(entry)
                continue
            info = tarfile.TarInfo(entry[0])
            info.size = len(entry[1])
            tar.addfile(info, io.BytesIO(entry[1]))
    return raw.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def read(data: bytes) -> list[tuple[str, bytes]]:
    return [(file.path, file.data) for file in read_archive(data, name="web-1.0.0.tgz")]


def test_files_are_named_below_the_charts_own_folder() -> None:
    data = tgz(special("web", tarfile.DIRTYPE), ("web/Chart.yaml", b"name: web"), ("web/charts/a-1.0.0.tgz", b"\x1f"))
    assert read(data) == [("Chart.yaml", b"name: web"), ("charts/a-1.0.0.tgz", b"\x1f")]


def test_windows_separators_are_read_as_helm_reads_them() -> None:
    assert read(tgz(("web\\templates\\a.yaml", b"x"))) == [("templates/a.yaml", b"x")]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (("/etc/passwd", b""), "points out"),
        (("web/../../etc/passwd", b""), "points out"),
        (("../web/Chart.yaml", b""), "points out"),
        (("web\\..\\..\\boot.ini", b""), "points out"),
        (("web/C:/boot.ini", b""), "points out"),
        (("web/a\nb", b""), "points out"),
        (("Chart.yaml", b""), "base directory"),
        (("web/.", b""), "base directory"),
        (("web/big", bytes(archive.MAX_FILE_BYTES + 1)), "larger than Helm's limit"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_no_chart_may_hold_is_refused(entry: tuple[str, bytes], message: str) -> None:
    with pytest.raises(ChartError, match=message) as caught:
        read(tgz(("web/Chart.yaml", b"name: web"), entry))
    assert caught.value.message.startswith("web-1.0.0.tgz: ")


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        (special("web/x", tarfile.SYMTYPE, "/etc/passwd"), "a symbolic link to '/etc/passwd'"),
        (special("web/x", tarfile.SYMTYPE, "values.yaml"), "a symbolic link to 'values.yaml'"),
        (special("web/x", tarfile.LNKTYPE, "../../x"), "a hard link to '../../x'"),
        (special("web/x", tarfile.FIFOTYPE), "a FIFO"),
        (special("web/x", tarfile.CHRTYPE), "a character device"),
        (special("web/x", tarfile.BLKTYPE), "a block device"),
        (special("web/x", tarfile.GNUTYPE_SPARSE), "a sparse file"),
        (special("web/x", b"V"), "an entry of type b'V'"),
    ],
    ids=lambda value: value.type.decode() if isinstance(value, tarfile.TarInfo) else "",
)
def test_what_is_neither_file_nor_folder_is_refused_by_name(entry: tarfile.TarInfo, what: str) -> None:
    with pytest.raises(ChartError) as caught:
        read(tgz(("web/Chart.yaml", b"name: web"), entry))
    assert caught.value.message == f"web-1.0.0.tgz: 'web/x' is {what}; a chart holds only files and folders"


@pytest.mark.parametrize("names", [("web/a", "web/a"), ("web/a", "web/./a"), ("web/a", "web/a/b")])
def test_names_that_collide_are_refused(names: tuple[str, str]) -> None:
    with pytest.raises(ChartError, match=r"twice|both a file and a folder"):
        read(tgz((names[0], b"1"), (names[1], b"2")))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    small = Budget("web", ChartLimits(unpacked_mib=1))
    with pytest.raises(LimitError, match="unpacks to more than 1 MiB"):
        list(read_archive(tgz(("web/zeros", bytes(2_000_000))), name="web", budget=small))


def test_too_many_files_are_refused() -> None:
    small = Budget("web", ChartLimits(files=2))
    with pytest.raises(LimitError, match="more than 2 files"):
        list(read_archive(tgz(*((f"web/{n}", b"") for n in range(3))), name="web", budget=small))


GOOD = tgz(("web/Chart.yaml", b"name: web"), ("web/values.yaml", b"a: " + b"1" * 2000))


PLAIN = gzip.decompress(GOOD)
BROKEN_HEADER = PLAIN[: 1024 + 148] + b"?" + PLAIN[1024 + 149 :]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>not found</html>",
        GOOD[: len(GOOD) // 2],
        GOOD[:-6] + bytes(6),
        gzip.compress(PLAIN[:1500]),
        gzip.compress(PLAIN[:2000]),
        gzip.compress(b"not a tar file" * 100),
        gzip.compress(BROKEN_HEADER),
    ],
    ids=["empty", "html", "half", "checksum", "cut in a header", "cut in a file", "no tar", "broken header"],
)
def test_a_damaged_archive_never_passes_for_a_smaller_chart(data: bytes) -> None:
    with pytest.raises(ChartError, match=r"damaged|not a whole gzip"):
        read(data)
