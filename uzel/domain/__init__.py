"""Pure rules: no I/O, no Django, no clock of their own. Facts come in, decisions go out."""
