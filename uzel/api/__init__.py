"""HTTP endpoints, one module per noun: parse, call, render."""
