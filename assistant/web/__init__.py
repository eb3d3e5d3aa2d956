"""HTTP in and out: opens the transaction, calls one service, renders."""
