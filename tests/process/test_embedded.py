"""The embedded server among several processes, and after kill -9 of any of them."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from service.store.data_folder import DataFolder, State
from service.store.embedded import EmbeddedError, running

ROOT = Path(__file__).parents[2]
USER = Path(__file__).with_name("user_of_server.py")
PATIENCE_SECONDS = 30
STATE = "SELECT state FROM pg_stat_activity WHERE pid = $1"
BUSY = """DO $$ BEGIN
    WHILE clock_timestamp() < statement_timestamp() + interval '3 s' LOOP END LOOP;
END $$"""


def spawn(folder: Path) -> subprocess.Popen[str]:
    """Start another process that uses the server."""
    return subprocess.Popen(
        [sys.executable, str(USER), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


class User:
    """Another process that uses the server."""

    def __init__(self, folder: Path) -> None:
        self.process = spawn(folder)
        self.dsn = self.line("DSN")

    def line(self, kind: str) -> str:
        """Return the next line of that kind."""
        for line in self.process.stdout:
            if line.startswith(kind):
                return line.removeprefix(kind).strip()
        pytest.fail("the process ended")

    def leave(self) -> None:
        """Let it leave by itself."""
        self.process.communicate("\n", timeout=PATIENCE_SECONDS)
        assert self.process.returncode == 0

    def kill(self) -> None:
        """End it without any chance to clean up."""
        self.process.kill()
        self.process.communicate(timeout=PATIENCE_SECONDS)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a data folder, its path short enough for a socket; stop its server afterwards."""
    with tempfile.TemporaryDirectory(prefix="cm") as made:
        yield Path(made)
        DataFolder(Path(made)).stop()


def ask(dsn: str, statement: str) -> object:
    """Return the first value a statement gives."""

    async def work() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(work())


def ask_until_answered(dsn: str, statement: str) -> object:
    """As `ask`, trying again while the server is away."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with suppress(OSError, asyncpg.PostgresError):
            return ask(dsn, statement)
    pytest.fail("the server did not come back")


def postmaster(folder: Path) -> int:
    """Process id of the running server."""
    return int((folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


def test_the_first_leaving_does_not_stop_the_server(folder) -> None:
    """Two processes share one server; it runs until the last of them leaves."""
    first, second = User(folder), User(folder)
    number = postmaster(folder)
    assert first.dsn == second.dsn
    first.leave()
    assert postmaster(folder) == number
    assert ask(second.dsn, "SELECT 1") == 1
    second.leave()
    assert DataFolder(folder).state() is State.DOWN
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_two_starting_at_once_share_one_server(folder) -> None:
    """Of two processes starting on an empty folder one makes the data, both use it."""
    processes = [spawn(folder), spawn(folder)]
    said = [process.communicate("\n", timeout=PATIENCE_SECONDS)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert said[0] == said[1]


def test_a_killed_user_frees_its_lock(folder) -> None:
    """After kill -9 of the only user the next start finds every committed row, and can stop."""
    user = User(folder)
    ask(user.dsn, "CREATE TABLE kept AS SELECT 7 AS number")
    user.kill()
    with running(folder, say=print) as dsn:
        assert ask(dsn, "SELECT number FROM kept") == 7
    assert DataFolder(folder).state() is State.DOWN


def test_a_killed_server_comes_back(folder) -> None:
    """After kill -9 of the postmaster the user's watch starts it again, with every row."""
    said: list[str] = []
    with running(folder, say=said.append) as dsn:
        ask(dsn, "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(postmaster(folder), signal.SIGKILL)
        assert ask_until_answered(dsn, "SELECT number FROM kept") == 7
    assert any("started again" in text for text in said)


def test_a_session_that_outlives_the_server_is_waited_for(folder) -> None:
    """While an old backend holds the data the watch says so, waits, and starts when it ends."""
    said: list[str] = []

    async def hold(dsn: str) -> None:
        connection, beside = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
        busy = asyncio.create_task(connection.execute(BUSY))
        # An idle backend leaves with its server: only one at work holds the data.
        while await beside.fetchval(STATE, connection.get_server_pid()) != "active":
            pass
        os.kill(postmaster(folder), signal.SIGKILL)
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await busy
        connection.terminate()
        beside.terminate()

    with running(folder, say=said.append) as dsn:
        asyncio.run(hold(dsn))
        assert ask_until_answered(dsn, "SELECT 1") == 1
    assert any("still holds" in text for text in said)


def test_a_left_over_pid_file_does_not_fool_the_start(folder) -> None:
    """A postmaster.pid naming a living process that is no server is not taken for one."""
    with running(folder, say=print):
        text = (folder / "postgres" / "postmaster.pid").read_text()
    (folder / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n" + text.split("\n", 1)[1])
    with running(folder, say=print) as dsn:
        assert ask(dsn, "SELECT 1") == 1


def pretend_pid(folder: Path, number: int) -> None:
    """Leave a postmaster.pid behind, as a killed server does, whose number is in use again."""
    socket_dir = DataFolder(folder).socket_dir
    lines = [number, folder / "postgres", int(time.time()), 5432, socket_dir, "", "", "ready"]
    (folder / "postgres" / "postmaster.pid").write_text("".join(f"{line}\n" for line in lines))


def test_a_left_over_pid_file_naming_another_server_is_no_hindrance(folder) -> None:
    """Where the number now belongs to another folder's server, both servers run."""
    with running(folder / "other", say=print) as other:
        with running(folder, say=print):
            pass
        pretend_pid(folder, postmaster(folder / "other"))
        with running(folder, say=print) as dsn:
            assert ask(dsn, "SELECT 1") == 1
        assert ask(other, "SELECT 1") == 1


def test_a_server_that_nobody_reaped_is_no_hindrance(folder) -> None:
    """A pid file naming a dead postgres that is still in the process table is left over."""
    with running(folder, say=print):
        pass
    program = shutil.copy("/bin/true", folder / "postgres" / "postgres")
    dead = subprocess.Popen([program], cwd=folder / "postgres")
    os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
    pretend_pid(folder, dead.pid)
    with running(folder, say=print) as dsn:
        assert ask(dsn, "SELECT 1") == 1
    dead.wait()


def test_leaving_never_stops_another_server(folder) -> None:
    """A pid file naming another folder's server when leaving does not stop that one."""
    with running(folder / "other", say=print) as other:
        number = postmaster(folder / "other")
        with running(folder, say=print):
            own = postmaster(folder)
            pretend_pid(folder, number)
        assert postmaster(folder / "other") == number
        assert ask(other, "SELECT 1") == 1
        pretend_pid(folder, own)
        DataFolder(folder).stop()


def test_root_that_may_not_look_goes_by_the_command_line(folder, monkeypatch) -> None:
    """Where the working folder of the server is hidden, its own is stopped and no other."""

    def hidden(process: psutil.Process) -> str:
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "cwd", hidden)
    with running(folder / "other", say=print) as other:
        with running(folder, say=print):
            pass
        assert DataFolder(folder).state() is State.DOWN
        pretend_pid(folder, postmaster(folder / "other"))
        with running(folder, say=print):
            pass
        assert ask(other, "SELECT 1") == 1


def test_a_start_waits_for_a_server_that_is_stopping(folder, monkeypatch) -> None:
    """While the server ends, a session of its own still in use, the start says so and waits."""
    monkeypatch.setattr("service.store.embedded.SETTLING_SECONDS", 0.1)
    user = User(folder)
    session = asyncio.Runner()
    connection = session.run(asyncpg.connect(user.dsn))
    os.kill(postmaster(folder), signal.SIGTERM)  # a smart shutdown: it waits for the session
    user.kill()
    said: list[str] = []

    def say(text: str) -> None:
        if not said:
            session.run(connection.close())
        said.append(text)

    with running(folder, say=say) as dsn:
        assert ask(dsn, "SELECT 1") == 1
    session.close()
    assert "trying again" in said[0]


def test_the_watch_survives_any_failure(folder, monkeypatch) -> None:
    """A failure nobody thought of, and one of saying it, do not end the watch."""
    said: list[str] = []
    failures = iter([ValueError("unthought of")])
    state = DataFolder.state

    def failing(self: DataFolder) -> State:
        watches = threading.current_thread().name == "postgres-watch"
        if watches and self.path == folder.resolve():  # other tests' servers are watched as well
            for failure in failures:
                raise failure
        return state(self)

    def say(text: str) -> None:
        said.append(text)
        raise BrokenPipeError

    monkeypatch.setattr(DataFolder, "state", failing)
    with running(folder, say=say) as dsn:
        os.kill(postmaster(folder), signal.SIGKILL)
        assert ask_until_answered(dsn, "SELECT 1") == 1
    assert any("unthought of" in text for text in said)
    assert any("started again" in text for text in said)


def test_a_second_start_is_quick(folder) -> None:
    """Starting on existing data takes less than 1.5 s."""
    with running(folder, say=print):
        pass
    begin = time.monotonic()
    with running(folder, say=print):
        assert time.monotonic() - begin < 1.5


def test_data_of_another_version_is_refused(folder) -> None:
    """Data of another PostgreSQL is refused with both versions named, and left as it was."""
    with running(folder, say=print):
        pass
    record = folder / "postgres" / "PG_VERSION"
    was = record.read_text()
    record.write_text("12\n")
    with (
        pytest.raises(EmbeddedError, match=f"PostgreSQL 12.*is {was.strip()}"),
        running(folder, say=print),
    ):
        pass
    record.write_text(was)


def test_the_server_is_safe_and_private(folder) -> None:
    """Durable, checksummed, UTC, UTF8, and reached by its socket alone."""
    with running(folder, say=print) as dsn:
        wanted = {
            "fsync": "on",
            "full_page_writes": "on",
            "data_checksums": "on",
            "TimeZone": "UTC",
            "server_encoding": "UTF8",
            "listen_addresses": "",
            "max_connections": "100",
        }
        has = {name: ask(dsn, f"SELECT current_setting('{name}')") for name in wanted}
        assert has == wanted
        assert DataFolder(folder).socket_dir.stat().st_mode & 0o777 == 0o700


def test_a_long_path_gets_a_short_socket(folder) -> None:
    """Where the folder's path is too long for a socket, a private short one is made and kept."""
    deep = folder / ("d" * 60) / ("e" * 60)
    for _ in range(2):
        with running(deep, say=print) as dsn:
            assert ask(dsn, "SELECT 1") == 1
    DataFolder(deep).socket_dir.rmdir()
