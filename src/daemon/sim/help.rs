//! The longer texts of `tickchain sim … --help`.

pub(super) const RUN: &str = "\
Examples:
  tickchain sim run --preset simblock-bitcoin-2019 --set nodes=6000 --set blocks=100
  tickchain sim presets selfish-mining > mine.toml
  tickchain sim run mine.toml --seed 7 --report mine.html --trace mine.jsonl.gz
  tickchain sim run mine.toml --json | jq .fork_rate

A network:
    nodes = 50
    blocks = 200            # or time_s = 3600
    interval_s = 60
    [topology]
    kind = \"random-regular\"
    degree = 8
    [network]
    latency = { kind = \"log-normal\", median_ms = 80, sigma = 0.5 }
All keys are in docs/simulator.md. A key that is unknown, or that changes nothing, is an error.

The same file and seed give the same figures and the same digest on every machine. Ctrl-C ends a run \
early and tells what is known so far.

Exit codes: 0 done, 1 interrupted or failed, 2 a file or an option cannot be used.";

pub(super) const SWEEP: &str = "\
Examples:
  tickchain sim sweep --preset simblock-bitcoin-2019 --vary interval_s=60,600 --vary compact_blocks=true,false \\
      --replications 10 --csv sweep.csv --report sweep.html
  tickchain sim sweep mine.toml --vary miners.share=0.2,0.3,0.4 --json

On several machines, each with one part, in any order:
  tickchain sim sweep mine.toml --vary nodes=100,1000 --shard 1/2 --out part1.json
  tickchain sim sweep mine.toml --vary nodes=100,1000 --shard 2/2 --out part2.json
  tickchain sim merge part1.json part2.json --out all.json
examples/slurm_sweep.sh and examples/kubernetes_sweep.yaml do this on clusters: the part is taken from \
SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT, or from JOB_COMPLETION_INDEX and JOB_COMPLETIONS.

The table has the mean of each figure over the replications and its 95 % confidence interval. The figures \
do not depend on the number of threads or parts. Ctrl-C ends a sweep early and tells what is done.

Exit codes: 0 done, 1 interrupted or failed, 2 a file or an option cannot be used.";

pub(super) const MERGE: &str = "\
Examples:
  tickchain sim merge part*.json --out all.json
  tickchain sim merge part*.json --csv all.csv --report all.html

What is written is byte for byte what one machine would have written. Parts of different sweeps, parts \
that are missing and parts given twice are refused, and named.";

pub(super) const VALIDATE: &str = "\
Examples:
  tickchain sim validate --quick     a small version, in seconds
  tickchain sim validate             all of it, in minutes

Each line is one check: what was measured, what it is held against, and how far it may be off.

Ctrl-C ends it after the measurements that are under way, a second one at once.

Exit codes: 0 all hold, 1 one does not, or it was interrupted.";
