#!/usr/bin/env bash
# A sweep as a Slurm array: each task does one part, then one task joins them.
#
#   sbatch examples/slurm_sweep.sh
#   sbatch --array=0-63 examples/slurm_sweep.sh     # more parts
#
# What is simulated stands below. Parts and results are in $RESULTS, by default the folder sweep-JOB. The
# results are the same for any number of tasks and cores. A task that was lost can be done again alone, with
# the same folder and the same number of parts; it is the third of sixteen here:
#
#   RESULTS=sweep-4711 SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=16 SLURM_ARRAY_JOB_ID=4711 \
#       bash examples/slurm_sweep.sh
#   RESULTS=sweep-4711 bash examples/slurm_sweep.sh merge

#SBATCH --job-name=tickchain-sweep
#SBATCH --array=0-15
#SBATCH --cpus-per-task=8
#SBATCH --mem=8G
#SBATCH --time=04:00:00

set -euo pipefail

# Where the program is, if it is not on the path.
tickchain=${TICKCHAIN:-tickchain}
results=${RESULTS:-sweep-${SLURM_ARRAY_JOB_ID:-local}}
mkdir -p "$results"

if [ "${1:-}" = merge ]; then
    "$tickchain" sim merge "$results"/part-*.json \
        --out "$results/all.json" --csv "$results/all.csv" --report "$results/all.html"
    exit
fi

# The first task has the parts joined once all tasks have ended well.
if command -v sbatch >/dev/null && [ "${SLURM_ARRAY_TASK_ID:-}" = "${SLURM_ARRAY_TASK_MIN:-0}" ]; then
    RESULTS=$results sbatch --dependency="afterok:$SLURM_ARRAY_JOB_ID" --array=0 --cpus-per-task=1 "$0" merge
fi

# Which part this is, and of how many, is taken from SLURM_ARRAY_TASK_ID, _COUNT and _MIN.
"$tickchain" sim sweep --preset simblock-bitcoin-2019 \
    --vary interval_s=60,150,600 --vary compact_blocks=true,false --replications 20 \
    --threads "${SLURM_CPUS_PER_TASK:-1}" --out "$results/part-${SLURM_ARRAY_TASK_ID:-0}.json"
