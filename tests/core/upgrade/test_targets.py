"""Which releases an upgrade is for."""

import pytest

from pipeline.core.config.model import Config, Release
from pipeline.core.errors import UsageError
from pipeline.core.upgrade.targets import Target, targets

CONFIG = Config(
    {},
    tuple(Release(name, f"x/{name}", name) for name in ("base", "istiod", "vault")),
    groups={"mesh": ("istiod", "base")},
)


def test_releases_groups_and_versions() -> None:
    assert targets(CONFIG, ["vault@0.28.0", "mesh@1.28.0"]) == (
        Target("base", "1.28.0", "mesh"),
        Target("istiod", "1.28.0", "mesh"),
        Target("vault", "0.28.0"),
    )
    assert targets(CONFIG, ["vault@1.0.0"], everything=True) == (
        Target("base", group="mesh"),
        Target("istiod", group="mesh"),
        Target("vault", "1.0.0"),
    )
    assert targets(CONFIG, []) == ()


def test_what_is_not_there_or_asked_for_twice() -> None:
    with pytest.raises(UsageError, match="no release or group 'valt'") as caught:
        targets(CONFIG, ["valt"])
    assert caught.value.hint == "did you mean 'vault'?"
    with pytest.raises(UsageError, match=r"'base' is asked for twice: 1\.28\.0 and newest"):
        targets(CONFIG, ["mesh@1.28.0", "base"])
