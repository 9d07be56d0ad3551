"""The load that rooms put on each part of a deployment: arithmetic on what was measured.

One PostgreSQL, and identical processes behind one address, over which sockets are spread evenly.
"""

from dataclasses import dataclass

from .group_commits import Cost

CANDIDATES, SUPERVISORS = 30, 2.1  # of a room: 50,000 and 3,500 are 1,667 of them
PACE = 1.0  # changes of each candidate a minute
BUSY = 0.6  # how full a core may be on average: the rest is for bursts and arrivals
POOL = 13  # connections of a process at most: its pool, and the one that listens
MOST_CONNECTIONS = 400  # `max_connections`, with some memory for each
SYSTEM_BYTES = 0.5e9  # of a machine, before anything of ours
DATABASE_BYTES = 1.0e9  # for PostgreSQL and its cache, on the machine where it runs
DISK_BYTES = 100e6  # of log a second that any disk of a server takes


@dataclass(frozen=True)
class Input:
    """Where a figure comes from, and how it is told."""

    told: str
    unit: str
    row: str


INPUTS = {
    "change_us": Input("a process computes for each change", "µs", "B6"),
    "socket_us": Input("a process computes for each socket and second at rest", "µs", "B6"),
    "socket_kb": Input("memory of a socket", "kB", "B6"),
    "base_mb": Input("memory of a process without sockets", "MB", "B6"),
    "heard_us": Input("a process computes to hear of another’s change", "µs", "B8"),
    "database_us": Input("PostgreSQL computes for each change", "µs", "B6"),
    "database_rest_us": Input(
        "PostgreSQL computes for each process, candidate and second at rest", "µs", "B6"
    ),
    "wal_bytes": Input("log of PostgreSQL for each change", "bytes", "B6"),
    "notifying_per_s": Input("commits with NOTIFY, of eight clients", "/s", "B8"),
    "commits_per_s": Input("commits without, of eight clients", "/s", "B8"),
}


@dataclass(frozen=True)
class Measured:
    """One field for each of INPUTS."""

    change_us: float
    socket_us: float
    socket_kb: float
    base_mb: float
    heard_us: float
    database_us: float
    database_rest_us: float
    wal_bytes: float
    notifying_per_s: float
    commits_per_s: float


def read(rows: dict) -> Measured:
    """Out of the JSON of a run of the bench; raises `KeyError` when B6 or B8 is not in it."""
    many, flat = rows["B6"], rows["B8"]
    busy = many["busy_percent"] - many["idle_percent"]
    rest = 1e4 * many["database_idle_percent"]
    return Measured(
        change_us=1e4 * busy / many["changes_per_s"],
        socket_us=1e4 * many["idle_percent"] / many["sockets"],
        socket_kb=many["kb_each"],
        base_mb=many["base_mb"],
        heard_us=flat["heard_us"],
        database_us=many["database_us"] - rest / many["changes_per_s"],
        database_rest_us=rest / many["candidates"],
        wal_bytes=many["wal_bytes"],
        notifying_per_s=flat["notifying_per_s"],
        commits_per_s=flat["commits_per_s"],
    )


@dataclass(frozen=True)
class Deployment:
    """So many rooms on so many processes; `pace`: changes of each candidate a minute."""

    measured: Measured
    rooms: int
    processes: int
    pace: float = PACE

    @property
    def candidates(self) -> float:
        return self.rooms * CANDIDATES

    @property
    def sockets(self) -> float:
        return self.rooms * (CANDIDATES + SUPERVISORS)

    @property
    def changes(self) -> float:
        """A second, in all rooms."""
        return self.candidates * self.pace / 60

    @property
    def process_cores(self) -> float:
        """Computing of each process, in cores: its sockets, its changes, those of the others."""
        own, sockets = self.changes / self.processes, self.sockets / self.processes
        measured = self.measured
        rest = sockets * measured.socket_us
        heard = (self.changes - own) * measured.heard_us
        return (rest + own * measured.change_us + heard) / 1e6

    @property
    def database_cores(self) -> float:
        """Computing of PostgreSQL: the changes, and what each process asks about everybody."""
        asked = self.processes * self.candidates * self.measured.database_rest_us
        return (self.changes * self.measured.database_us + asked) / 1e6

    @property
    def memory(self) -> float:
        """Bytes of all processes."""
        measured = self.measured
        return self.processes * measured.base_mb * 1e6 + self.sockets * measured.socket_kb * 1e3

    @property
    def connections(self) -> int:
        return self.processes * POOL

    @property
    def commit_cost(self) -> Cost:
        """Of one group: what PostgreSQL computes for it, and the commit that others wait for."""
        each = self.measured.database_us / 1e6
        return Cost(group=each / 2, each=each / 2, commit=1 / self.measured.notifying_per_s)

    @property
    def full(self) -> dict[str, float]:
        """How full each part is; 1 is all that it can give, PostgreSQL having four cores."""
        return {
            "computing of a process": self.process_cores,
            "computing of PostgreSQL (4 cores)": self.database_cores / 4,
            "commits with NOTIFY, one change each": self.changes / self.measured.notifying_per_s,
            "hearing of all changes": self.changes * self.measured.heard_us / 1e6,
            "connections": self.connections / MOST_CONNECTIONS,
            "log to the disk": self.changes * self.measured.wal_bytes / DISK_BYTES,
        }


def processes_for(measured: Measured, rooms: int, pace: float = PACE) -> int:
    """As few as keep each of them under BUSY; raises `ValueError` when hearing alone is more."""
    for processes in range(1, 1 + rooms):
        if Deployment(measured, rooms, processes, pace).process_cores <= BUSY:
            return processes
    raise ValueError(f"no number of processes carries {rooms} rooms")


def largest(measured: Measured, cores: int, memory: float) -> tuple[Deployment, str]:
    """All that one machine carries, with PostgreSQL on it too, and what is full first."""
    rooms, best, full = 0, Deployment(measured, 0, 1), ""
    while True:
        rooms += 5
        try:
            more = Deployment(measured, rooms, processes_for(measured, rooms))
        except ValueError:
            return best, "hearing"
        full = _full_first(more, cores, memory)
        if full:
            return best, full
        best = more


def _full_first(day: Deployment, cores: int, memory: float) -> str:
    """Which part of the machine these rooms are too much for; empty for none."""
    if day.processes * day.process_cores + day.database_cores > BUSY * cores:
        return "computing"
    if day.memory + SYSTEM_BYTES + DATABASE_BYTES > memory:
        return "memory"
    return ""
