"""Figures: what each needs done (jobs), what comes of it (rows of a CSV) and how it is drawn from those rows alone."""
