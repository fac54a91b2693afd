"""What stands on every page of a doctor for whom a critical finding waits."""

from xinglin.kernel.notice import Notice

waiting = Notice(
    name="critical.waiting",
    view="critical.mine",
    template="critical/bar.html",
)
