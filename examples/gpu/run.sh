#!/usr/bin/env bash
# Train asdn wide on a GPU in parts of a few minutes, each a call of this script:
#
#     bash examples/gpu/run.sh SECONDS [OPTIONS OF SRCLI TRAIN]
#
# With 0 seconds it only unpacks pictures. All must be there before the first step: a run goes on
# with its own pictures only. All parts but the last keep the learning rate. The last one, with
# FALL=1, lets it fall to zero, and makes as many steps as fit into its seconds at the speed of the
# steps before; if it is the only one, it measures that for a minute first. Those seconds are of its
# steps alone: reading pictures and validations come on top, which is a minute or less.
#
# Variables, and what they are by default:
#   PACKS=packs        folder of train*.tar and val*.tar, which pack.py makes
#   WORK=runs/gpu      where pictures are unpacked, beside those of earlier calls, and the run is kept
#   START=weights/asdn-fast.safetensors   weights to begin with; what they lack above ratio 2 is solved for
#   EARLIER=           the OUT of the part before, if its WORK is lost
#   OUT=$WORK/out      where weights, state and metrics are copied in the end
#   FALL=0
#   PYTHON=python3
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=$1
shift
packs=${PACKS:-packs} work=${WORK:-runs/gpu} start=${START:-weights/asdn-fast.safetensors}
out=${OUT:-$work/out} earlier=${EARLIER:-} fall=${FALL:-0} python=${PYTHON:-python3}
run=$work/run
kept="state.pt best.safetensors last.safetensors metrics.jsonl run.toml"
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1

copy_run() { # from a folder to another
    for file in $kept; do
        if [ -e "$1/$file" ]; then
            cp "$1/$file" "$2/"
        fi
    done
}

train() { # for some seconds, with further options: of two that are alike the last one counts
    local minutes
    minutes=$("$python" -c "print($1 / 60)")
    shift
    "$python" -m srcli train --resume --data "$work/train" --val "$work/val" --out "$run" \
        --network asdn --preset wide --init "$start" --batch 64 --patch 96 --lr 1e-3 \
        --validate-every 10000 --val-pictures 20 --steps 1000000 --hold 1 \
        --max-minutes "$minutes" "$@"
}

mkdir -p "$work/train" "$work/val" "$run" "$out"
for kind in train val; do
    for pack in "$packs/$kind"*.tar; do
        if [ -e "$pack" ]; then
            tar -xf "$pack" -C "$work/$kind"
        fi
    done
done
if [ "$seconds" = 0 ]; then
    exit
fi
if [ -n "$earlier" ] && [ ! -e "$run/state.pt" ]; then
    copy_run "$earlier" "$run"
fi
if [ "$fall" = 1 ]; then
    if [ ! -e "$run/metrics.jsonl" ]; then
        train 60 "$@"
        seconds=$((seconds - 60))
    fi
    length=$("$python" examples/gpu/last_part.py "$run" "$seconds")
    read -r steps hold <<<"$length"
    train $((2 * seconds + 60)) "$@" --steps "$steps" --hold "$hold"
else
    train "$seconds" "$@"
fi
copy_run "$run" "$out"
ls -l "$out"
