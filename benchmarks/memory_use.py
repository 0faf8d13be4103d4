"""What worker processes hold in memory."""

from app.live.footprint import ProcessMemory, process_memory

_MIB = 2**20


def memory_of(pid: int) -> ProcessMemory:
    """Return what the kernel counts for a process; raise RuntimeError where it does not."""
    memory = process_memory(pid)
    if memory is None:
        raise RuntimeError(f"/proc/{pid}/smaps_rollup cannot be read")
    return memory


def tell_memory(workers: list[ProcessMemory]) -> None:
    """Print a line a worker, and what one more adds."""
    print("  worker   resident   proportional   private  MiB")
    for number, worker in enumerate(workers, 1):
        figures = (worker.resident, worker.proportional, worker.private)
        resident, proportional, private = (figure / _MIB for figure in figures)
        print(f"  {number:<6} {resident:10,.0f} {proportional:14,.0f} {private:9,.0f}")
    # alone, a worker would hold what it shares as well: its resident memory
    added = sum(worker.private for worker in workers) / len(workers)
    alone = sum(worker.resident for worker in workers) / len(workers)
    print(f"  a second worker adds {added / alone:.0%} of what one alone holds")
