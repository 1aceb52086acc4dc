"""Work that is described first and carried out later, in processes or on Ray; a finished job is never repeated."""
