"""The pool of connections to PostgreSQL; each is asked whether it lives before it is used."""

import psycopg


class PooledConnection(psycopg.Connection):
    def execute(self, query, params=None, **options):
        """As psycopg's. An empty query is the pool's question: a trip to the server for each use of
        the database. Here what has arrived is read instead, which tells as well that the server
        has hung up: its last words are read first, then that there is nothing more."""
        if query != "":
            return super().execute(query, params, **options)
        for _ in range(2):
            self.pgconn.consume_input()  # raises `OperationalError` of a connection that is over
        return self.cursor()


POOL = {
    "connection_class": PooledConnection,
    "min_size": 1,
    "max_size": 12,
    "timeout": 5,
    # After an outage, a fresh try at once rather than ever rarer ones.
    "reconnect_timeout": 4,
}
