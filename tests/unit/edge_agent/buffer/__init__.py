"""The buffer keeps what it took, over crashes, bad disks and full ones, and never says otherwise."""
