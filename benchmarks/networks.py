"""Compare each network with its direct form: ``python benchmarks/networks.py``.

``--memory SIZE`` runs our form alone, on one picture of that size, and prints the peak of the
whole process: what a machine must have.
"""

from __future__ import annotations

import torch
from compare import arguments, compare, resident, run
from direct import direct_form

from srcli.networks import csnln, panet, san

BUILD = {
    "CSNLN x2": lambda: csnln.Csnln(csnln.PAPER),
    "PANet x2": lambda: panet.Panet(panet.PAPER),
    "SAN x2": lambda: san.San(san.PAPER),
}


def main() -> None:
    parser = arguments("networks against their direct form", 96)
    parser.add_argument("--memory", type=int, metavar="SIZE", default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for title, build in BUILD.items():
        if options.only not in title:
            continue
        torch.manual_seed(0)
        network = build().eval()
        side = options.memory or options.size
        picture = torch.rand(1, 3, side, side)
        if options.memory:
            seconds = run(network, picture).wall
            peak = resident("VmHWM") / 1e9
            print(f"{title:10} {side}x{side}: peak {peak:.2f} GB, {seconds:.0f} s", flush=True)
        else:
            compare(title, network, direct_form(network), picture, options.runs)


if __name__ == "__main__":
    main()
