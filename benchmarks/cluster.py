"""How long a job in shards takes on many machines that are unequally fast and fail, and which shard length is best.

    python -m benchmarks.cluster --images 1000000 --workers 70 --rate 25 [--mtbf 24] [--spread 0.2] [--lengths 200 2000]

A simulation, whose numbers of one machine are measured (`benchmarks.shards`). Assumed:

- a worker begins `--start` seconds late and takes the next shard when it is free; a shard costs `--overhead` seconds,
  and its images at the pace of the worker;
- paces differ: a worker's own is log-normal with `--spread` (as a share), and so is that of every shard on it, with
  half as much: busy disks, images of other sizes. Shards have the lengths that a hash gives them;
- a worker fails after a time that is exponential with mean `--mtbf` hours, whatever it does; its shard is lost whole,
  and comes back to the others after `--notice` seconds; the worker is back after `--repair` seconds;
- disks and network are fast enough for all: look at the bytes, which are printed.

Time is that of the last shard. Waste is the share of the workers' time until then that did not go into images that
count: shards that were lost, overhead, starts and repairs, and idling at the end while others still work.
"""

import argparse
import heapq
from typing import NamedTuple

import numpy as np

HOUR = 3600.0


class Plan(NamedTuple):
    """What is simulated; seconds, images a second, and shares."""

    images: int
    workers: int
    rate: float
    start: float
    overhead: float
    mtbf: float
    notice: float
    repair: float
    spread: float


class Outcome(NamedTuple):
    """Seconds until the last shard; share of the workers' time that was wasted; share that was lost with shards."""

    seconds: float
    waste: float
    lost: float


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=float, default=1e6)
    parser.add_argument("--workers", type=int, default=70)
    parser.add_argument("--rate", type=float, default=25.0, help="images a second of a worker")
    parser.add_argument("--start", type=float, default=60.0)
    parser.add_argument("--overhead", type=float, default=1.0)
    parser.add_argument("--mtbf", type=float, default=24.0, help="hours")
    parser.add_argument("--notice", type=float, default=30.0)
    parser.add_argument("--repair", type=float, default=300.0)
    parser.add_argument("--spread", type=float, default=0.2)
    parser.add_argument("--lengths", type=int, nargs="+", default=[100, 250, 500, 1000, 2000, 5000, 10_000, 50_000])
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--read", type=float, default=0.2, help="MB of an image")
    parser.add_argument("--written", type=float, default=0.05, help="MB of its outputs")
    asked = parser.parse_args()
    plan = Plan(
        int(asked.images), asked.workers, asked.rate, asked.start, asked.overhead, asked.mtbf * HOUR, asked.notice,
        asked.repair, asked.spread,
    )  # fmt: skip
    ideal = plan.images / plan.rate / plan.workers
    print(f"{plan}\nwithout any loss: {duration(ideal)}; reads {plan.images * asked.read / 1e3:,.0f} GB, ", end="")
    pace = plan.workers * plan.rate
    print(f"writes {plan.images * asked.written / 1e3:,.0f} GB: {pace * asked.read:,.0f} and ", end="")
    print(f"{pace * asked.written:,.0f} MB/s of all workers together\n")
    print("| images a shard | shards | seconds a shard | time (5 to 95 %) | waste, % | lost with shards, % |")
    print("|---:|---:|---:|---:|---:|---:|")
    for length in asked.lengths:
        rng = np.random.default_rng(0)
        found = [simulate(plan, length, rng) for _ in range(asked.repeats)]
        low, middle, high = np.quantile([each.seconds for each in found], [0.05, 0.5, 0.95])
        waste, lost = (100 * np.mean([each[place] for each in found]) for place in (1, 2))
        shards, each_takes = -(-plan.images // length), length / plan.rate + plan.overhead
        times = f"{duration(middle)} ({duration(low)} to {duration(high)})"
        print(f"| {length:,} | {shards:,} | {each_takes:.0f} | {times} | {waste:.1f} | {lost:.2f} |", flush=True)


def simulate(plan: Plan, length: int, rng: np.random.Generator) -> Outcome:
    """One run, from event to event: a worker is free, and takes a shard, waits for one, or finds that it has failed."""
    shards = -(-plan.images // length)
    sizes = rng.multinomial(plan.images, np.full(shards, 1 / shards))
    pace = plan.rate * np.exp(rng.normal(0, plan.spread, plan.workers) - plan.spread**2 / 2)
    fails_at = rng.exponential(plan.mtbf, plan.workers)
    # all shards, with when they can be had: at once, or when it is noticed that one was lost
    waiting = [(0.0, shard) for shard in range(shards)]
    free = [(plan.start, worker) for worker in range(plan.workers)]
    good = lost = last = 0.0

    def fail(worker: int) -> None:
        back = fails_at[worker] + plan.repair
        heapq.heappush(free, (back, worker))
        fails_at[worker] = back + rng.exponential(plan.mtbf)

    while waiting:
        now, worker = heapq.heappop(free)
        from_then, shard = waiting[0]
        if now >= fails_at[worker]:  # while it waited
            fail(worker)
        elif from_then > now:
            heapq.heappush(free, (from_then, worker))
        else:
            heapq.heappop(waiting)
            work = sizes[shard] / pace[worker] * np.exp(rng.normal(0, plan.spread / 2) - plan.spread**2 / 8)
            end = now + plan.overhead + work
            if end > fails_at[worker]:
                lost += fails_at[worker] - now
                heapq.heappush(waiting, (fails_at[worker] + plan.notice, shard))
                fail(worker)
            else:
                good += work
                last = max(last, end)
                heapq.heappush(free, (end, worker))
    total = plan.workers * last
    return Outcome(last, 1 - good / total, lost / total)


def duration(seconds: float) -> str:
    """In words of a human."""
    if seconds < 2 * HOUR:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / HOUR:.1f} h" if seconds < 72 * HOUR else f"{seconds / HOUR / 24:.1f} days"


if __name__ == "__main__":
    main()
