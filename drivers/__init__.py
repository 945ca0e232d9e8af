"""Everything that speaks to hardware: one folder per protocol, and ``api``, the only door to them."""
