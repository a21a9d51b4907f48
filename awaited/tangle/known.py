"""What is known of Python's own modules, functions and methods, and of some packages that are much used."""

from __future__ import annotations

import sys


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


REMOVED_MODULES = words(
    "aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib "
    "ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib"
)
"""Standard modules of some Python versions only; with them, names do not depend on the version that tangles."""
STANDARD_MODULES = sys.stdlib_module_names | REMOVED_MODULES | {"annotationlib", "compression"}

MAKES_VALUES = words(
    "abs all any ascii bin bool bytes callable chr complex divmod float format hasattr hash hex id input int "
    "isinstance issubclass len oct ord pow print range repr round str type"
)
"""Builtins whose results cannot change."""
MAKES_CONTAINERS = words("bytearray dict frozenset list set slice sorted tuple")
MAKES_ITERATORS = words("enumerate filter iter map open reversed zip")
CHANGES_ARGUMENTS = words("anext delattr eval exec next setattr")
ACTS = words("__import__ anext breakpoint compile eval exec help input next open print")
"""Builtins that one notices: a module that calls them when it is imported has side effects."""

READING_METHODS = words(
    "cancelled copy count decode done empty encode endswith exception find format full get_coro "
    "get_name getvalue hex index is_alive is_closed is_running is_set isalpha isdigit isoformat issubset items "
    "join keys locked lower maxsize partition qsize removeprefix removesuffix replace result rfind rsplit split "
    "splitlines startswith strftime strip time title total_seconds upper values zfill"
)
LOGGING_METHODS = words("critical debug error exception info log warning")
VALUE_METHODS = READING_METHODS - words("copy items keys partition result rsplit split splitlines values exception")
"""Methods whose results cannot change."""
CONTAINER_METHODS = words(
    "add append appendleft clear difference_update discard extend extendleft insert intersection_update move_to_end "
    "pop popitem popleft remove reverse rotate setdefault sort subtract symmetric_difference_update update"
)
"""Methods that change a container, but not what is in it."""

PLAIN_PACKAGES = words(
    "abc aiohttp anyio argparse ast asyncio base64 bisect calendar cmath collections concurrent contextlib "
    "contextvars copy dataclasses datetime decimal difflib enum fractions functools gc graphlib hashlib html httpx "
    "inspect io itertools json logging math numbers numpy operator os pandas pathlib platform pprint queue re secrets "
    "statistics string struct sys textwrap threading time timeit traceback types typing typing_extensions urllib uuid "
    "weakref yaml zoneinfo"
)
"""Packages whose functions change neither the package nor their arguments, but for those in ``CHANGING_WORDS``."""
CHANGING_WORDS = (
    *("set", "install", "add", "remove", "register", "patch", "update", "insort", "shuffle", "fill", "put"),
    *("basicConfig", "capture", "dictConfig", "disable", "fileConfig", "chdir"),
)
ACTING_PACKAGES = words(
    "aiohttp anyio asyncio concurrent gc httpx os platform pprint secrets sys threading time timeit traceback urllib"
)
"""Those of them whose functions one notices, or that depend on when they are called."""
STATEFUL_MODULES = ("random.", "numpy.random.")
"""Modules that every call changes: a generator of random numbers moves on."""
CACHES = words("functools.cache functools.cached_property functools.lru_cache functools.singledispatch")
QUIET_FUNCTIONS = ("os.path.", "os.environ.get", "os.getenv", "os.cpu_count", "sys.getsizeof", "platform.system")
NEEDS_LOOP = words(
    "aiohttp.ClientSession aiohttp.TCPConnector asyncio.all_tasks asyncio.as_completed asyncio.create_task "
    "asyncio.current_task asyncio.ensure_future asyncio.Future asyncio.gather asyncio.get_event_loop "
    "asyncio.get_running_loop asyncio.shield asyncio.Task asyncio.timeout asyncio.timeout_at asyncio.wrap_future"
)
"""Callables that only work where an event loop runs."""
STARTS_TASKS = words(
    "call_at call_later call_soon call_soon_threadsafe create_task ensure_future run_coroutine_threadsafe "
    "run_in_executor start_server start_unix_server submit"
)
SINGLETONS = ("get", "current", "all_tasks")
"""How the names of functions begin that give a part of their package, such as the event loop."""
RELEASED = words("BoundedSemaphore Condition Lock RLock Semaphore")
"""Context managers that are after a ``with`` what they were before."""
