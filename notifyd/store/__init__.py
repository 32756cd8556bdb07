"""What is kept: every table and all SQL. Nothing outside this package sees a row.

All functions are plain and synchronous, and use the calling thread's own connection
(`database.connect_thread`): edges call them from named executors, never on an event loop,
where two coroutines would share one connection and so one transaction.
"""
