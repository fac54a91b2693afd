"""`python -m bench NAME` runs the measurement NAME; without a name it lists them."""

import importlib
import pkgutil
import sys

import bench

HELPERS = ("__main__", "bulk", "fhir_requests", "load", "money", "multiply", "raw", "report", "steady")


def main() -> int:
    """Runs the measurement named on the command line."""
    names = sorted(m.name for m in pkgutil.iter_modules(bench.__path__) if m.name not in HELPERS)
    chosen = sys.argv[1:2]
    if not chosen or chosen[0] not in names:
        print(f"usage: ./run bench NAME, where NAME is one of: {', '.join(names)}")
        return 2 if chosen else 0
    module = importlib.import_module(f"bench.{chosen[0]}")
    result: int = module.main()
    return result


if __name__ == "__main__":
    sys.exit(main())
