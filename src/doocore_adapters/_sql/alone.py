"""One transaction at a time for every thread."""

from threading import local


class Alone(local):
    """Tells a thread that has a transaction open and begins another one, for which it would wait for ever."""

    busy = False

    def __enter__(self) -> None:
        if self.busy:
            raise RuntimeError("this thread has a transaction open; end that one first")
        self.busy = True

    def __exit__(self, *_: object) -> None:
        self.busy = False
