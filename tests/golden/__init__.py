"""What may not change while the code moves: numbers, conclusions, ids and digests of data.

``story`` makes the fixed inputs and knows nothing of the product, ``product`` is the only module that
imports it, ``scenario`` runs both lines on the inputs, and ``marks`` writes and compares. The answers
lie in ``golden.json``; ``python -m tests.golden`` prints what differs from it, and with ``--write``
writes it again. ``ledger.json`` is a ledger recorded once; nothing writes it.
"""
