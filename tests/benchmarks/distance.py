"""A way to a Postgres server that takes its time, as a network does."""

import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from urllib.parse import urlencode

from psycopg.conninfo import conninfo_to_dict


@contextmanager
def away(dsn: str, seconds: float) -> Iterator[str]:
    """Give a connection string for the same database, where every answer comes *seconds* later."""
    words = {key: str(value) for key, value in conninfo_to_dict(dsn).items()}
    place = words.pop("host", "localhost"), words.pop("port", "5432")
    context = multiprocessing.get_context("spawn")  # beside us, and not in our time
    here, there = context.Pipe()
    carrier = context.Process(target=carry, args=(place, seconds, there), daemon=True)
    carrier.start()
    try:
        name = words.pop("dbname")
        yield f"postgresql:///{name}?{urlencode({**words, 'host': '127.0.0.1', 'port': here.recv()})}"
    finally:
        carrier.terminate()
        carrier.join()


def carry(place: tuple[str, str], seconds: float, said: Connection) -> None:
    """Pass on whatever comes, to and fro, over as many connections as there are."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        said.send(listener.getsockname()[1])
        while True:
            near, far = listener.accept()[0], reach(*place)
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for way in ((near, far, 0.0), (far, near, seconds)):
                threading.Thread(target=pass_on, args=way, daemon=True).start()


def reach(host: str, port: str) -> socket.socket:
    """Connect to a server by its name, or by its folder."""
    if not host.startswith("/"):
        return socket.create_connection((host, int(port)))
    found = socket.socket(socket.AF_UNIX)
    found.connect(f"{host}/.s.PGSQL.{port}")
    return found


def pass_on(source: socket.socket, target: socket.socket, seconds: float) -> None:
    """Pass on in one direction, until nothing comes any more."""
    while data := source.recv(1 << 18):
        time.sleep(seconds)
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)
