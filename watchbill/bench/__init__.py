"""`make bench`: what Watchbill costs, measured by itself; claims of speed come from here and from nowhere else."""
