"""What hearing wearables costs, and how soon a call for help is a siren; run it with ``python -m bench.ble``."""
