"""Reports on many machines: the same jobs handed to a Dask scheduler, the documents written here, whole.

Data travel by content, so workers need no shared file system; what they must have is the same govkit and the same
packages, which is checked before anything is sent. Only this side writes the documents, so that a report that had to
be made twice, because a worker was lost, still comes once.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govkit import catalogue
from govkit.batch.cluster.placing import Placing
from govkit.batch.cluster.remote_jobs import Delivery, bring_home, pack, travelling
from govkit.batch.plan.jobs import Job, failed
from govkit.batch.record.manifest import Outcome
from govkit.errors import ClusterError, GovkitError

if TYPE_CHECKING:
    from distributed import Client, Future

_LOCAL = re.compile(r"local:([1-9]\d{0,2})")
_ADDRESS = re.compile(r"((tcp|tls|ws|wss)://)?[^\s/:]+:\d{1,5}|(tcp|tls)://\[[0-9a-fA-F:]+\]:\d{1,5}")
# A run's data with the workers are known by this, a digest, and its client's id.
_PLUGIN = "govkit-"
_ALLOWED = "调度器地址（如 tcp://10.0.0.1:8786、tls://…）、调度器文件（….json），或试用的 local:4"


def run_on_cluster(
    jobs: Sequence[Job], *, zone: Path, address: str, period: str = "", edition: str = "", memory_mb: int | None = None
) -> Iterator[tuple[Job, Outcome]]:
    """Yield each job with its outcome, in the order they end; the documents are then in the job's folder.

    ``address`` is a scheduler's (``tcp://host:port``, ``tls://…``), a scheduler file's, or ``local:4`` for four workers
    on this machine. What all reports of ``period`` share each worker finds once; ``memory_mb`` is what one report may
    use (None: the worker's share of its machine). Raises ClusterError before any report is made if the scheduler
    cannot be reached, has no worker, or a worker's versions differ.
    """
    clock = time.monotonic()
    with _connected(address) as client:
        from govkit.batch.cluster.worker import ZonePlugin, run_remote, versions

        expected = versions()
        _check_workers(client, expected)
        parcel = pack(zone, {job.notebook for job in jobs})
        _sweep(client)
        name = f"{_PLUGIN}{parcel.sha256[:12]}-{client.id}"
        plugin = ZonePlugin(parcel, expected, period=period, edition=edition, memory_mb=memory_mb)
        client.register_plugin(plugin, name=name)
        sent = travelling(jobs, zone)

        def send(at: int, worker: str) -> Future:
            return client.submit(run_remote, name, sent[at], key=f"{name}-{uuid.uuid4().hex}", workers=[worker])

        placing = Placing(client, len(jobs), send)
        try:
            for at, found in placing.results():
                outcome = _brought_home(found, jobs[at])
                yield jobs[at], outcome if isinstance(outcome, Outcome) else failed(jobs[at], outcome, clock)
        finally:
            placing.abandoned()
            with suppress(Exception):  # the scheduler may be gone; nothing is left to be done about it
                client.unregister_worker_plugin(name)


def _sweep(client: Client) -> None:
    """Take away the data of runs that were killed: of clients that are no longer there."""

    def left(dask_scheduler: Any) -> list[str]:
        names = [name for name in dask_scheduler.worker_plugins if name.startswith(_PLUGIN)]
        return [name for name in names if not name.endswith(tuple(dask_scheduler.clients))]

    for name in client.run_on_scheduler(left):
        client.unregister_worker_plugin(name)


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    """A client of the scheduler at ``address``; raises ClusterError if there is none."""
    local = _LOCAL.fullmatch(address)
    if not local and (address.startswith("local") or not (address.endswith(".json") or _ADDRESS.fullmatch(address))):
        raise ClusterError(f"看不懂集群地址 {address!r}", allowed=_ALLOWED)
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        raise ClusterError("没有安装多机运行所需的程序包。", todo="请运行 pip install 'govkit[cluster]'。") from None
    if address.startswith("tls:") and not dask.config.get("distributed.comm.tls.ca-file", None):
        raise ClusterError("用 tls:// 要有证书，Dask 的设置里没有。", where=address, todo="写法见 docs/cluster.md。")
    # What Dask says in English about lost workers is said here in Chinese, once
    for name in ("distributed", "distributed.client", "distributed.core", "distributed.comm", "distributed.nanny"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    settings = catalogue.load("cluster")
    with ExitStack() as stack:
        try:
            where: dict[str, Any] = {"address": address}
            if local:
                quiet = {"dashboard_address": None, "silence_logs": logging.CRITICAL}
                cluster = LocalCluster(n_workers=int(local[1]), threads_per_worker=1, processes=True, **quiet)
                where = {"address": stack.enter_context(cluster)}
            elif address.endswith(".json"):
                path = Path(address)
                if not path.is_file():
                    raise ClusterError(
                        "没有这个调度器文件。", where=address, todo="请先用 dask scheduler --scheduler-file 启动。"
                    )
                where = {"scheduler_file": str(path)}
            client = stack.enter_context(Client(**where, timeout=settings["connect_s"], set_as_default=False))
        except (OSError, RuntimeError, ValueError) as error:
            reason = "" if isinstance(error, OSError) else f"：{_first_line(error)}"
            raise ClusterError(
                f"连不上调度器（最多等 {settings['connect_s']} 秒）{reason}",
                where=address,
                todo="请确认调度器已经启动、地址和端口正确、防火墙放行；调度器用了 TLS 时，"
                "地址要写成 tls://，本机的证书要由同一个 CA 签发。",
            ) from None
        yield client


def _check_workers(client: Client, expected: Mapping[str, str]) -> None:
    """Wait for a worker; raise ClusterError that names each worker on which something differs."""
    from govkit.batch.cluster.worker import differences, versions

    wait = catalogue.load("cluster")["first_worker_s"]
    try:
        client.wait_for_workers(1, timeout=wait)
    except TimeoutError:
        raise ClusterError(f"调度器上没有工作节点（等了 {wait} 秒）。", todo="请先启动工作节点。") from None
    defects, cannot_run = [], catalogue.load("cluster")["words"]["cannot_run"]
    for worker, found in sorted(client.run(versions, on_error="return").items()):
        if isinstance(found, Exception):
            defects.append(f"{worker}：{cannot_run.format(error=_first_line(found))}")
        elif different := differences(expected, found):
            defects.append(f"{worker}：{'；'.join(different)}")
    if defects:
        raise ClusterError(
            "工作节点的环境与本机不一致，做出的报告会不一样，没有开始：\n" + "\n".join(f"  - {one}" for one in defects),
            todo="请在每个节点上按同一份 requirements.lock 安装同一版本的 govkit，然后重启工作节点。",
        )


def _brought_home(found: Delivery | Exception | str, job: Job) -> Outcome | str:
    """Write what a job has brought forth and return its outcome; a text says why there is none."""
    from distributed.scheduler import KilledWorker

    words = catalogue.load("cluster")["words"]
    if isinstance(found, str):
        return found
    if isinstance(found, KilledWorker):
        return str(words["killer"])
    try:
        if isinstance(found, Exception):
            raise found
        return bring_home(found, job) or str(words["died"])
    except GovkitError as error:
        return str(error)
    except Exception as error:  # a defect of ours must not take the other reports with it
        return f"程序内部错误：{type(error).__name__}: {error}"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0] or type(error).__name__
