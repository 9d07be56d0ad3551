"""The threads in which the hub of a process asks the database."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from django.db import connections

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")


async def in_database(function: Callable, *args, threads: ThreadPoolExecutor | None = None):
    """Run `function` in a thread of the hub, or of `threads`, and give its connection back."""

    def run():
        try:
            return function(*args)
        finally:
            for each in connections.all(initialized_only=True):
                if not each.in_atomic_block:
                    each.close()

    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(threads or _threads, copy_context().run, run)
