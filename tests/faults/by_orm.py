"""The ORM from the loop of a row."""

import asyncio

from django.db import connection


async def by_orm(function, *arguments):
    """`function(*arguments)`, in a thread, whose connection is given back."""

    def run():
        try:
            return function(*arguments)
        finally:
            connection.close()

    return await asyncio.to_thread(run)
