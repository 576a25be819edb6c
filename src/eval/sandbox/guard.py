# Runs programs one after another, each in a namespace of its own, and tells if they left Python unchanged.
# Everything it uses is bound here, before any program runs, and cannot be reached by name afterwards.
import builtins
import sys
import types


def _make():
    blocked = ("js", "pyodide_js", "pyodide", "_pyodide", "_pyodide_core", "ctypes", "_ctypes")
    is_blocked = lambda name: name.split(".")[0] in blocked
    for name in [name for name in sys.modules if is_blocked(name)]:
        del sys.modules[name]

    class Blocker:
        def find_spec(self, name, path=None, target=None):
            if is_blocked(name):
                raise ModuleNotFoundError("No module named %r" % name)

    sys.meta_path[:] = [Blocker()] + [f for f in sys.meta_path if "_pyodide" not in type(f).__module__]

    names = dict(builtins.__dict__)
    modules, finders = dict(sys.modules), list(sys.meta_path)
    stdout, stderr, stdin, limit = sys.stdout, sys.stderr, sys.stdin, sys.getrecursionlimit()
    Base, Type, make, run, code, text, length, whole = (
        BaseException, type, dict, exec, compile, str, len, all)
    restore, trace, profile = sys.setrecursionlimit, sys.settrace, sys.setprofile
    name_of = type.__dict__["__name__"].__get__

    def message(error):
        # An exception's texts belong to the program: only values whose type is exactly str are used.
        name, what = name_of(Type(error)), ""
        try:
            what = text(error)
        except Base:
            pass
        parts = [part for part in (name, what) if Type(part) is text and part]
        return " ".join(": ".join(parts).split())[:300]

    def attempt(program):
        """Returns None when the program ends without an exception, else the error as one line."""
        space = make(__name__="__main__", __builtins__=builtins)
        try:
            run(code(program, "<program>", "exec"), space)
        except Base as error:
            return message(error)
        finally:
            trace(None)
            profile(None)
            sys.stdout, sys.stderr, sys.stdin = stdout, stderr, stdin
            restore(limit)

    def health():
        """Returns "tampered" for changed builtins, "changed" for changed modules or finders, else "well"."""
        kept = length(names) == length(builtins.__dict__) and whole(
            [key in builtins.__dict__ and builtins.__dict__[key] is names[key] for key in names])
        if not kept:
            return "tampered"
        held = whole([sys.modules.get(key) is modules[key] for key in modules]) and sys.meta_path == finders
        return "well" if held else "changed"

    return types.SimpleNamespace(run=attempt, health=health)


_make()
