"""psql on a site's cluster: as `supervisor` (what the promise is about), or as another role to look behind it."""
import json
import os
import pathlib
import subprocess

kRoot = pathlib.Path(os.environ.get("HOTLINE_ROOT") or pathlib.Path(__file__).resolve().parents[2])


class Refused(AssertionError):
    """PostgreSQL said no."""


class Database:
    def __init__(self, data):
        self.data = str(data)

    def rows(self, query, role="supervisor"):
        """The query's rows as dictionaries; times and numbers as JSON gives them."""
        text = self.run(f"select coalesce(json_agg(r), '[]') from ({query}) r", role)
        return json.loads(text)

    def row(self, query, role="supervisor"):
        """The first row, or None."""
        rows = self.rows(query, role)
        return rows[0] if rows else None

    def value(self, query, role="supervisor"):
        row = self.row(query, role)
        return next(iter(row.values())) if row else None

    def table(self, query, role="supervisor"):
        """The query's answer as psql draws it for a person."""
        return self.run(query, role, "-P", "footer=off")

    def run(self, sql, role="supervisor", *form):
        """psql's output; without `form` the bare values, a line a row."""
        done = subprocess.run([str(kRoot / "dev"), "psql", "--data", self.data, "--as", role, "-qX", *(form or ("-At",)), "-v", "ON_ERROR_STOP=1",
                               "-c", sql],
                              capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise Refused(done.stderr.strip() or f"psql ended with {done.returncode}")
        return done.stdout
