# Prepares the interpreter whose memory every program starts from: the usual modules, an event loop, and a hook that
# refuses what only debuggers need. Nothing here takes part in a verdict, so nothing here is worth reaching.
def _prepare():
    import array, bisect, cmath, collections, contextlib, copy, dataclasses, datetime, decimal, enum, fractions
    import functools, gc, hashlib, heapq, inspect, io, itertools, json, math, operator, os, random, re, statistics
    import string, sys, textwrap, time, types, typing, warnings
    import asyncio
    class Waiter:
        """Waits for timers. There are no sockets and no threads, so nothing else can end a wait."""

        def select(self, timeout):
            if timeout is None:
                raise RuntimeError("every task waits for another: the sandbox has no threads, sockets or processes")
            if timeout > 0:
                time.sleep(timeout)
            return ()

    class SandboxEventLoop(asyncio.BaseEventLoop):
        def __init__(self):
            super().__init__()
            self._selector = Waiter()

        def _process_events(self, events):
            pass

        def _write_to_self(self):
            pass

    class SandboxEventLoopPolicy(asyncio.events._BaseDefaultEventLoopPolicy):
        _loop_factory = SandboxEventLoop

    asyncio.events._set_event_loop_policy(SandboxEventLoopPolicy())

    def refuse(event, args):
        # A set of constants: no name is looked up that a program could replace.
        if event in {
            "sys.settrace", "sys.setprofile", "sys.monitoring.register_callback", "gc.get_objects",
            "gc.get_referrers", "code.__new__", "sys.addaudithook",
        }:
            raise RuntimeError(event + " is not available in the sandbox")

    def with_nothing(set_hook):
        """Keeps `set_hook(None)`, which doctest calls: there is no hook to take away."""
        return lambda hook: None if hook is None else set_hook(hook)

    sys.settrace, sys.setprofile = with_nothing(sys.settrace), with_nothing(sys.setprofile)
    sys.addaudithook(refuse)
    for name in ("js", "pyodide_js", "pyodide", "_pyodide", "_pyodide_core"):
        sys.modules[name] = None  # the import fails and says that the module is missing
    gc.collect()


_prepare()
del _prepare
