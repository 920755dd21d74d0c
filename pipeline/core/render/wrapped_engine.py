"""What every engine around another one is: the same Helm, asked in another way."""

from pipeline.core.render.order import Engine


class WrappedEngine:
    """Gives the name and the version of the engine inside."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def version(self) -> str:
        return self._engine.version
