"""The decision bench: Slipway's gates and machine beside other tools' rules, on simulated releases."""
