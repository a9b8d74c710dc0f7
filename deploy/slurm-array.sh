#!/bin/sh
# Make a folder in 64 parts, each on one GPU, with no more than 16 at once.
#   sbatch deploy/slurm-array.sh
#SBATCH --job-name=srcli
#SBATCH --array=1-64%16
#SBATCH --gres=gpu:1
#SBATCH --cpus-per-task=4
#SBATCH --mem=16G
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --output=srcli-%A-%a.log

# Each part writes into a folder of its own and keeps its record there: SQLite wants a file system
# that locks reliably, and not every shared one does. A part that is killed and queued again goes on.
# Afterwards the results are moved together, and `srcli manifest merge` joins the records.
set -eu
in="${SRCLI_IN:-photos}"
out="${SRCLI_OUT:-large}"
part="$SLURM_ARRAY_TASK_ID/${SLURM_ARRAY_TASK_COUNT:-64}"
exec srcli upscale "$in" -o "$out/part-$SLURM_ARRAY_TASK_ID" --scale 2 --shard "$part" --offline
