"""The server and the worker: assembled here, and nothing else."""

from xinglin.server.app import create_app
from xinglin.server.worker import run_worker

__all__ = ["create_app", "run_worker"]
